package io.tiderace.tests;

import io.tiderace.applier.AppliedTopic;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkRouter.Routed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the checkpoint costs: the applier's parts on a backlog, with and without the statement that writes a lane's row of the checkpoint, in turns,
 * who is first changing. Processor time of everybody tells it better than the rate, which varies more than the goal.
 */
final class BenchmarkCheckpoint {
    private static final double GOAL = 1.02;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkCheckpoint(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    private record Cost(double seconds, double cpuMicros) {}

    void measure(BenchmarkBacklog backlog, Routed routed, String targetName, int repeats) throws Exception {
        AppliedTopic topic = new AppliedTopic(
                stand.kafka(),
                new RecordCodec(
                        new RegistryClient(Map.of("schema.registry.url", stand.registry())), routed.applyTopic()),
                routed.applyTopic());
        List<Double> cpuWith = new ArrayList<>();
        List<Double> cpuWithout = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        List<Double> without = new ArrayList<>();
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            for (int i = repeats > 1 ? -2 : 0; i < 2 * repeats; i++) {
                boolean isWriting = i % 4 == 0 || i % 4 == 3;
                Cost cost = apply(topic, backlog, routed, target, isWriting);
                if (i >= 0) {
                    (isWriting ? with : without).add(cost.seconds());
                    (isWriting ? cpuWith : cpuWithout).add(cost.cpuMicros());
                }
            }
        }
        report.figure(
                "applying to " + targetName + " with checkpoints, CPU",
                "µs/change",
                new Runs(cpuWith),
                new Ceiling("the same without", new Runs(cpuWithout)),
                Goal.ratioAtMost(GOAL));
        report.figure(
                "applying to " + targetName + " with checkpoints, time",
                "s",
                new Runs(with),
                new Ceiling("the same without", new Runs(without)),
                Goal.ratioAtMost(GOAL));
    }

    private Cost apply(
            AppliedTopic topic, BenchmarkBacklog backlog, Routed routed, BenchmarkTarget target, boolean isWriting)
            throws Exception {
        BenchmarkWorkload.createTables(target.jdbcUrl(), backlog.schema(), backlog.shape());
        BenchmarkTask task = new BenchmarkTask(
                stand.fresh("checkpoint"), routed.task().sources(), target, BenchmarkApplier.CONNECTIONS);
        TaskConfig config = task.load(stand.folder(), stand.kafka(), stand.registry())
                .tasks()
                .get(0);
        long rows = backlog.changes() + 1L; // and the mark
        long before = cpuNanos();
        double seconds = topic.apply(config, rows, isWriting);
        double cpu = (cpuNanos() - before) / 1e3 / backlog.changes();
        BenchmarkWorkload.finish(target.jdbcUrl(), backlog.schema());
        BenchmarkStand.requireEqual(backlog.source(), target, backlog.schema());
        return new Cost(seconds, cpu);
    }

    /** Of this process and of those that it has started. */
    private static long cpuNanos() {
        return BenchmarkProfile.processCpuNanos()
                + ProcessHandle.current()
                        .children()
                        .mapToLong(child -> child.info()
                                .totalCpuDuration()
                                .map(java.time.Duration::toNanos)
                                .orElse(0L))
                        .sum();
    }
}
