package io.tiderace.tests;

import io.tiderace.tests.BenchmarkRouter.Routed;
import io.tiderace.tests.BenchmarkTask.From;
import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Measures what Tiderace promises about speed, each figure beside its ceiling, in one run on one machine: everything in this process but the databases.
 * {@code tests/benchmark} starts it; docs/performance.md explains the figures. Each of the other classes of this name measures one of them.
 */
final class Benchmark {
    private final BenchmarkOptions options;
    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    private Benchmark(BenchmarkOptions options, BenchmarkStand stand, BenchmarkReport report) {
        this.options = options;
        this.stand = stand;
        this.report = report;
    }

    public static void main(String[] arguments) throws Exception {
        BenchmarkOptions options;
        try {
            options = BenchmarkOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n" + BenchmarkOptions.usage());
            System.exit(2);
            return;
        }
        try {
            measure(options);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    /** Measures all that is wanted; a difference between source and target ends it. */
    static BenchmarkReport measure(BenchmarkOptions options) throws Exception {
        // the bare binlog client logs there
        Logger.getLogger("").setLevel(Level.OFF);
        BenchmarkReport report = new BenchmarkReport(System.out);
        try (BenchmarkStand stand = new BenchmarkStand()) {
            new Benchmark(options, stand, report).run();
        } finally {
            if (!options.json().isEmpty()) {
                report.writeJson(Path.of(options.json()), options);
            }
            if (!options.markdown().isEmpty()) {
                report.writeMarkdown(Path.of(options.markdown()));
            }
        }
        return report;
    }

    private void run() throws Exception {
        if (options.wants("capture", "router", "applier", "checkpoint")) {
            stages(backlog(options.stageChanges()));
        }
        if (options.wants("relay-copy", "copy")) {
            copies();
        }
        if (options.wants("relay-latency")) {
            new BenchmarkLatency(stand, report, options.seconds(), options.transactionChanges()).toRelay();
        }
        if (options.wants("restart")) {
            restarts();
        }
        if (options.wants("catch-up")) {
            BenchmarkBacklog backlog = backlog(options.changes());
            for (String target : options.targets()) {
                new BenchmarkCatchUp(stand, report).measure(backlog, target, options.longRepeats());
            }
        }
        if (options.wants("latency")) {
            for (String target : options.targets()) {
                new BenchmarkLatency(stand, report, options.seconds(), options.transactionChanges()).toTarget(target);
            }
        }
        if (options.wants(BenchmarkOptions.LATENCY_STAGES)) {
            for (String target : options.targets()) {
                new BenchmarkLatency(stand, report, options.seconds(), options.transactionChanges()).byStage(target);
            }
        }
        if (options.wants("memory")) {
            new BenchmarkMemory(stand, report).measure(options.transactionMib());
        }
        if (!options.scaling().isEmpty()) {
            scaling();
        }
    }

    private BenchmarkBacklog backlog(int changes) throws Exception {
        report.say("writing %,d changes", changes);
        return BenchmarkBacklog.write(stand.source(), stand.fresh("bench"), Shape.STANDARD, changes);
    }

    private void stages(BenchmarkBacklog backlog) throws Exception {
        BenchmarkCapture capture = new BenchmarkCapture(stand, report);
        BenchmarkRouter router = new BenchmarkRouter(stand, report);
        if (options.wants("capture")) {
            capture.measure(backlog, options.repeats());
        }
        if (!options.wants("router", "applier", "checkpoint")) {
            return;
        }
        From captured = capture.fill(backlog);
        if (options.wants("router")) {
            router.measure(backlog, captured, options.repeats());
        }
        if (!options.wants("applier", "checkpoint")) {
            return;
        }
        Routed routed = router.route(backlog, captured);
        for (String target : options.targets()) {
            if (options.wants("applier")) {
                new BenchmarkApplier(stand, report).measure(backlog, routed, target, options.repeats());
            }
            if (options.wants("checkpoint")) {
                new BenchmarkCheckpoint(stand, report).measure(backlog, routed, target, options.repeats());
            }
        }
    }

    private void copies() throws Exception {
        report.say("writing %,d rows to copy", options.rows());
        BenchmarkCopy copy = new BenchmarkCopy(stand, report, options.rows());
        if (options.wants("relay-copy")) {
            copy.toRelay(options.repeats());
        }
        if (options.wants("copy")) {
            for (String target : options.targets()) {
                copy.toTarget(target, options.longRepeats());
            }
        }
    }

    private void restarts() throws Exception {
        BenchmarkRestart restart = new BenchmarkRestart(stand, report);
        restart.withTables(options.tables());
        restart.afterKill(options.targets().get(0), options.repeats());
    }

    private void scaling() throws Exception {
        String target = options.targets().get(0);
        try (BenchmarkScaling scaling = new BenchmarkScaling(stand, report, target, options.points())) {
            for (Map.Entry<String, List<Integer>> entry : options.scaling().entrySet()) {
                scaling.measure(entry.getKey(), entry.getValue());
            }
        }
    }
}
