package io.tiderace.tests;

import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkPipeline.Filled;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkTask.From;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Capture alone: a backlog from the binlog into the relay topic, against the bare binlog client that decodes the same part of the log, in turns. Two
 * rounds before warm up the JVM. CPU is all of this process's, and so Kafka's too.
 */
final class BenchmarkCapture {
    private static final int WARM_UPS = 2;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkCapture(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    void measure(BenchmarkBacklog backlog, int repeats) throws Exception {
        List<Double> bare = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        int warmUps = repeats > 1 ? WARM_UPS : 0;
        for (int i = -warmUps; i < repeats; i++) {
            double client = BenchmarkBaselines.binlogClient(backlog.source(), backlog.from(), backlog.to());
            BenchmarkTask task = task(backlog);
            Filled filled = capture(backlog, task);
            if (i >= 0) {
                bare.add(client);
                double rowsOfRecords = (double) backlog.changes() / backlog.records();
                ours.add(filled.perSecond() * rowsOfRecords);
                cpu.add(filled.cpuMicros() / rowsOfRecords);
            }
        }
        report.figure(
                "capture into relay",
                "rows/s",
                new Runs(ours),
                new Ceiling("bare binlog client", new Runs(bare)),
                Goal.ratioAtLeast(0.4));
        report.figure("CPU of capture and Kafka a row", "µs/row", new Runs(cpu), null, Goal.atMost(9));
    }

    /** Captures without measuring; what a router may read then. */
    From fill(BenchmarkBacklog backlog) throws Exception {
        BenchmarkTask task = task(backlog);
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE))) {
            pipeline.awaitFilled(pipeline.relayTopic(), backlog.records());
        }
        return task.source();
    }

    private BenchmarkTask task(BenchmarkBacklog backlog) {
        String name = stand.fresh("captured");
        return new BenchmarkTask(name, List.of(backlog.as(name)), BenchmarkTarget.none(backlog.source()), 0);
    }

    private Filled capture(BenchmarkBacklog backlog, BenchmarkTask task) throws Exception {
        String relay;
        Filled filled;
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE))) {
            relay = pipeline.relayTopic();
            filled = pipeline.awaitFilled(relay, backlog.records());
        }
        stand.delete(relay);
        return filled;
    }
}
