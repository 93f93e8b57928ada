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
 * The router alone: a backlog from the relay topic into the apply topic, one thread, against a bare read-committed consumer with a transactional
 * producer that copies the same topic, in turns. A round before warms up the JVM.
 */
final class BenchmarkRouter {
    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkRouter(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    /** What an applier may read: the task, and the topic with its records. */
    record Routed(BenchmarkTask task, String applyTopic, Filled filled) {}

    void measure(BenchmarkBacklog backlog, From captured, int repeats) throws Exception {
        List<Double> bare = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        for (int i = repeats > 1 ? -1 : 0; i < repeats; i++) {
            Routed routed = route(backlog, captured);
            String copy = stand.scratchTopic();
            double copied = BenchmarkBaselines.copyTopic(stand.kafka(), relay(captured), copy);
            stand.delete(copy, routed.applyTopic());
            if (i >= 0) {
                ours.add(routed.filled().perSecond());
                bare.add(copied);
            }
        }
        report.figure(
                "router to apply topic",
                "records/s",
                new Runs(ours),
                new Ceiling("bare copy of the topic", new Runs(bare)),
                Goal.ratioAtLeast(0.7));
    }

    private static String relay(From captured) {
        return "tiderace.relay." + captured.sourceId();
    }

    Routed route(BenchmarkBacklog backlog, From captured) throws Exception {
        BenchmarkTask task =
                new BenchmarkTask(stand.fresh("routed"), List.of(captured), BenchmarkTarget.none(backlog.source()), 0);
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.ROUTER))) {
            String apply = pipeline.applyTopic();
            return new Routed(task, apply, pipeline.awaitFilled(apply, backlog.records()));
        }
    }
}
