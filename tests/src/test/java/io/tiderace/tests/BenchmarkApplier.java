package io.tiderace.tests;

import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkRouter.Routed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The applier alone: a backlog from the apply topic into a target, from the first row to the last, against multi-row statements made beforehand of
 * the same changes, compacted 500 at a time, on as many connections, in turns. A round before warms up the JVM.
 */
final class BenchmarkApplier {
    static final int CONNECTIONS = 16;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkApplier(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    void measure(BenchmarkBacklog backlog, Routed routed, String targetName, int repeats) throws Exception {
        List<List<String>> statements = BenchmarkBaselines.statements(
                stand.kafka(),
                new RecordCodec(
                        new RegistryClient(Map.of("schema.registry.url", stand.registry())), routed.applyTopic()),
                routed.applyTopic(),
                CONNECTIONS);
        List<Double> byHand = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        for (int i = repeats > 1 ? -1 : 0; i < repeats; i++) {
            try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
                BenchmarkWorkload.createTables(target.jdbcUrl(), backlog.schema(), backlog.shape());
                double seconds = BenchmarkBaselines.execute(target.jdbcUrl(), backlog.schema(), statements);
                BenchmarkWorkload.createTables(target.jdbcUrl(), backlog.schema(), backlog.shape());
                double rate = apply(backlog, routed.task(), target);
                if (i >= 0) {
                    byHand.add(backlog.changes() / seconds);
                    ours.add(rate);
                }
            }
        }
        report.figure(
                "applier to " + targetName,
                "changes/s",
                new Runs(ours),
                new Ceiling("multi-row JDBC by hand", new Runs(byHand)),
                Goal.ratioAtLeast(0.8));
    }

    private double apply(BenchmarkBacklog backlog, BenchmarkTask routed, BenchmarkTarget target) throws Exception {
        BenchmarkTask task = new BenchmarkTask(routed.name(), routed.sources(), target, CONNECTIONS);
        double rate;
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.APPLIER))) {
            pipeline.awaitMark(target, backlog.schema(), 0);
            long begin = System.nanoTime();
            pipeline.awaitDone(target, backlog.schema());
            rate = backlog.changes() / ((System.nanoTime() - begin) / 1e9);
        }
        BenchmarkStand.requireEqual(backlog.source(), target, backlog.schema());
        return rate;
    }
}
