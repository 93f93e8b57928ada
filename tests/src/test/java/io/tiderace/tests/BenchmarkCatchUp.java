package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All services together catching up on a backlog, from their cold start to its last change at the target: against DM, whose figures were measured
 * on a machine of 2 cores, and against the hand-written statements of {@link BenchmarkApplier} where that has run before. Says which stage the
 * others wait for.
 */
final class BenchmarkCatchUp {
    /** Changes a second of DM, everything on 2 cores and 24 GiB, and how many times that is wanted. */
    private static final Map<String, double[]> DM =
            Map.of(BenchmarkTarget.TIDB, new double[] {5_000, 3}, BenchmarkTarget.MYSQL, new double[] {10_500, 2.5});

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkCatchUp(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    void measure(BenchmarkBacklog backlog, String targetName, int repeats) throws Exception {
        List<Double> rates = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        BenchmarkProfile.Result last = null;
        for (int i = 0; i < repeats; i++) {
            last = run(backlog, targetName);
            rates.add(backlog.changes() / last.seconds());
            cpu.add(last.ownCpuMicros());
        }
        String name = "catch-up to " + targetName;
        double[] dm = DM.get(targetName);
        report.figure(
                name,
                "changes/s",
                new Runs(rates),
                new Ceiling("DM elsewhere", Runs.of(dm[0])),
                Goal.ratioAtLeast(dm[1]));
        Ceiling byHand = report.ceilingOf("applier to " + targetName);
        if (byHand != null) {
            report.say(
                    "  that is %.2f of %s",
                    new Runs(rates).median() / byHand.runs().median(), byHand.what());
        }
        report.figure("CPU of our processes, " + name, "µs/change", new Runs(cpu), null, Goal.atMost(50));
        report.profile(name, last);
    }

    private BenchmarkProfile.Result run(BenchmarkBacklog backlog, String targetName) throws Exception {
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            BenchmarkWorkload.createTables(target.jdbcUrl(), backlog.schema(), backlog.shape());
            String name = stand.fresh("catchup");
            BenchmarkTask task = new BenchmarkTask(name, List.of(backlog.as(name)), target, 0);
            BenchmarkProfile.Result result;
            String[] topics;
            try (BenchmarkPipeline pipeline = stand.pipeline(task, BenchmarkPipeline.all())) {
                BenchmarkProfile profile = new BenchmarkProfile(pipeline, childNames(backlog.source(), target));
                pipeline.awaitDone(target, backlog.schema());
                result = profile.end(backlog.changes(), backlog.transactions());
                topics = new String[] {pipeline.relayTopic(), pipeline.applyTopic()};
            }
            stand.delete(topics);
            BenchmarkStand.requireEqual(backlog.source(), target, backlog.schema());
            return result;
        }
    }

    static Map<String, String> childNames(MySqlServer source, BenchmarkTarget target) {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("--port=" + source.port(), "source");
        names.put("--port=" + target.port(), "target " + target.name());
        names.put("tidb", "target TiDB");
        return names;
    }
}
