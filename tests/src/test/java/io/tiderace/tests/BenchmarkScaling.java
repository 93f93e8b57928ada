package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.tests.BenchmarkReport.Table;
import io.tiderace.tests.BenchmarkTask.From;
import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How cost grows: the whole pipeline catches up on a backlog of one size after another, all else as in the standard workload. Changes a second count
 * from the first change at the target, our processor time (Kafka included) from the start of the services. Source and target are compared
 * after each.
 */
final class BenchmarkScaling implements AutoCloseable {
    private static final Shape STANDARD = Shape.STANDARD;
    private static final long BYTES_MAX = 256L << 20;
    private static final int FIRST_ROWS = 4_000;
    private static final String SOURCE_MEMORY = "--innodb-buffer-pool-size=64M";

    private final BenchmarkStand stand;
    private final BenchmarkReport report;
    private final String targetName;
    private final int changes;
    private final List<MySqlServer> more = new ArrayList<>();

    /** @param changes of a point, fewer where they are large */
    BenchmarkScaling(BenchmarkStand stand, BenchmarkReport report, String targetName, int changes) {
        this.stand = stand;
        this.report = report;
        this.targetName = targetName;
        this.changes = changes;
    }

    /** @param kind of {@link BenchmarkOptions#SCALING} */
    void measure(String kind, List<Integer> sizes) throws Exception {
        switch (kind) {
            case "tables" -> table(kind, sizes, size -> new Shape(size, STANDARD.rowBytes(), 10, firstRows(size)));
            case "row-size" ->
                table(kind, sizes, size -> new Shape(4, size, 10, Math.max(4, Math.min(1_000, (8 << 20) / size))));
            case "transaction-size" -> table(kind, sizes, size -> new Shape(4, STANDARD.rowBytes(), size, 1_000));
            case "lanes" -> lanes(sizes);
            case "sources" -> sources(sizes);
            default -> throw new IllegalArgumentException(kind);
        }
    }

    private static int firstRows(int tables) {
        return Math.max(4, FIRST_ROWS / tables);
    }

    private record Point(double changesPerSecond, double ownMicros, double targetMicros, String bottleneck) {
        List<String> row(int size, int changes) {
            return List.of(
                    "%,d".formatted(size),
                    "%,d".formatted(changes),
                    BenchmarkFigure.number(changesPerSecond),
                    BenchmarkFigure.number(ownMicros),
                    BenchmarkFigure.number(targetMicros),
                    bottleneck);
        }
    }

    private void tell(String kind, List<List<String>> rows) {
        List<String> columns = List.of(
                kind, "changes", "changes/s", "our CPU, µs a change", "target's CPU, µs a change", "bottleneck");
        report.table(new Table("By " + kind + ", to " + targetName, columns, rows));
    }

    private void table(String kind, List<Integer> sizes, IntFunction<Shape> shapes) throws Exception {
        List<List<String>> rows = new ArrayList<>();
        for (int size : sizes) {
            Shape shape = shapes.apply(size);
            // a change of a large row is a tenth of the budget and more; a large transaction is at least one
            long affordable = Math.max(20, BYTES_MAX / shape.rowBytes() / 10 * 10);
            int count = (int) Math.max(shape.transactionChanges(), Math.min(changes, affordable));
            report.say("  %s %,d: writing %,d changes", kind, size, count);
            BenchmarkBacklog backlog = BenchmarkBacklog.write(stand.source(), stand.fresh("scaled"), shape, count);
            report.say("  %s %,d: catching up", kind, size);
            rows.add(run(List.of(backlog), 0).row(size, count));
            drop(backlog);
            report.say("  %s %,d: %s", kind, size, rows.get(rows.size() - 1));
        }
        tell(kind, rows);
    }

    private void lanes(List<Integer> sizes) throws Exception {
        BenchmarkBacklog backlog = BenchmarkBacklog.write(stand.source(), stand.fresh("scaled"), STANDARD, changes);
        List<List<String>> rows = new ArrayList<>();
        for (int lanes : sizes) {
            rows.add(run(List.of(backlog), lanes).row(lanes, changes));
            report.say("  lanes %d: %s", lanes, rows.get(rows.size() - 1));
        }
        drop(backlog);
        tell("lanes", rows);
    }

    /** The changes are shared out over the sources, each a server of its own with a schema of its own. */
    private void sources(List<Integer> sizes) throws Exception {
        List<List<String>> rows = new ArrayList<>();
        for (int sources : sizes) {
            List<BenchmarkBacklog> backlogs = new ArrayList<>();
            for (int i = 0; i < sources; i++) {
                if (i > more.size()) {
                    more.add(BenchmarkStand.startSource(SOURCE_MEMORY));
                }
                MySqlServer source = i == 0 ? stand.source() : more.get(i - 1);
                backlogs.add(BenchmarkBacklog.write(source, stand.fresh("scaled"), STANDARD, changes / sources));
            }
            rows.add(run(backlogs, 0).row(sources, changes / sources * sources));
            for (BenchmarkBacklog backlog : backlogs) {
                drop(backlog);
            }
            report.say("  sources %d: %s", sources, rows.get(rows.size() - 1));
        }
        tell("sources", rows);
    }

    private static void drop(BenchmarkBacklog backlog) throws Exception {
        try (var connection = BenchmarkWorkload.connect(backlog.source().jdbcUrl());
                var statement = connection.createStatement()) {
            statement.execute("DROP DATABASE " + backlog.schema());
        }
    }

    private Point run(List<BenchmarkBacklog> backlogs, int lanes) throws Exception {
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            String name = stand.fresh("scaling");
            List<From> sources = new ArrayList<>();
            int count = 0;
            long transactions = 0;
            for (BenchmarkBacklog backlog : backlogs) {
                BenchmarkWorkload.createTables(target.jdbcUrl(), backlog.schema(), backlog.shape());
                sources.add(backlog.as(name + "_" + backlog.schema()));
                count += backlog.changes();
                transactions += backlog.transactions();
            }
            BenchmarkProfile.Result result;
            double seconds;
            List<String> topics = new ArrayList<>();
            BenchmarkTask task = new BenchmarkTask(name, sources, target, lanes);
            try (BenchmarkPipeline pipeline = stand.pipeline(task, BenchmarkPipeline.all())) {
                BenchmarkProfile profile = new BenchmarkProfile(
                        pipeline, BenchmarkCatchUp.childNames(backlogs.get(0).source(), target));
                pipeline.awaitMark(target, backlogs.get(0).schema(), 0);
                long begin = System.nanoTime();
                for (BenchmarkBacklog backlog : backlogs) {
                    pipeline.awaitDone(target, backlog.schema());
                }
                seconds = (System.nanoTime() - begin) / 1e9;
                result = profile.end(count, transactions);
                topics.addAll(pipeline.topics());
            }
            stand.delete(topics.toArray(String[]::new));
            for (BenchmarkBacklog backlog : backlogs) {
                BenchmarkStand.requireEqual(backlog.source(), target, backlog.schema());
            }
            double atTarget = result.cpuSeconds().getOrDefault("target " + targetName, 0.0) * 1e6 / count;
            return new Point(count / seconds, result.ownCpuMicros(), atTarget, result.bottleneck());
        }
    }

    @Override
    public void close() {
        more.forEach(MySqlServer::close);
    }
}
