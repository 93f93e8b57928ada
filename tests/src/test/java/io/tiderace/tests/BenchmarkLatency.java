package io.tiderace.tests;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Commit at the source to visible, under a steady load of 500 transactions a second: at the target (asked every 2 ms, which counts) and
 * in the relay topic (read committed). Every tenth transaction is looked for; those of the warm-up do not count.
 */
final class BenchmarkLatency {
    private static final int TRANSACTIONS_PER_SECOND = 500;
    private static final int RATE_LEAST = 490;
    /** Then the JIT compiler, which takes half of a core meanwhile, is through with most. */
    private static final int WARM_UP_SECONDS_MAX = 80;

    private static final int WARM_UP_TIMES = 4;
    private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final BenchmarkStand stand;
    private final BenchmarkReport report;
    private final int seconds;
    private final int warmUpSeconds;
    private final String schema;
    private final Shape shape;

    /**
     * @param seconds that count; four times as many, 80 at most, go before
     * @param transactionChanges of each transaction
     */
    BenchmarkLatency(BenchmarkStand stand, BenchmarkReport report, int seconds, int transactionChanges) {
        this.stand = stand;
        this.report = report;
        this.seconds = seconds;
        this.warmUpSeconds = Math.min(WARM_UP_SECONDS_MAX, WARM_UP_TIMES * seconds);
        this.schema = stand.fresh("steady");
        this.shape = Shape.ofTransactions(transactionChanges);
    }

    /** Where the time goes: the same marks, read from both topics on their way, which costs some time itself. No figure. */
    void byStage(String targetName) throws Exception {
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            BenchmarkTask task = prepare(target);
            try (BenchmarkPipeline pipeline = stand.pipeline(task, BenchmarkPipeline.all());
                    BenchmarkMarks relay = new BenchmarkMarks(stand, pipeline.relayTopic());
                    BenchmarkMarks apply = new BenchmarkMarks(stand, pipeline.applyTopic())) {
                begin(pipeline, target);
                Histogram atTarget = watchTarget(pipeline, target, load -> {
                    relay.await(load.lastMark(), pipeline);
                    apply.await(load.lastMark(), pipeline);
                    report.histogram("to the relay topic, on the way to " + targetName, delays(load, relay.seen()));
                    report.histogram("to the apply topic, on the way to " + targetName, delays(load, apply.seen()));
                });
                report.histogram("to " + targetName + " with readers on the way", atTarget);
                end(pipeline, target);
            }
            stand.requireEqual(target, schema);
        }
    }

    private BenchmarkTask prepare(BenchmarkTarget target) throws SQLException {
        BenchmarkWorkload.createTables(stand.source().jdbcUrl(), schema, shape);
        BenchmarkWorkload.createTables(target.jdbcUrl(), schema, shape);
        return BenchmarkTask.of(stand.fresh("latency"), stand.source().port(), schema, target, stand.position());
    }

    private void begin(BenchmarkPipeline pipeline, BenchmarkTarget target) throws SQLException, InterruptedException {
        BenchmarkWorkload.mark(stand.source().jdbcUrl(), schema, 0);
        pipeline.awaitMark(target, schema, 0);
    }

    private void end(BenchmarkPipeline pipeline, BenchmarkTarget target) throws SQLException, InterruptedException {
        BenchmarkWorkload.finish(stand.source().jdbcUrl(), schema);
        pipeline.awaitDone(target, schema);
    }

    /** What is to be done with a load that has ended, and of which all marks are at the target. */
    @FunctionalInterface
    private interface AtEnd {
        void take(BenchmarkLoad load) throws InterruptedException;
    }

    void toTarget(String targetName) throws Exception {
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            BenchmarkTask task = prepare(target);
            Histogram histogram;
            double[] rate = new double[1];
            BenchmarkProfile.Result profiled;
            try (BenchmarkPipeline pipeline = stand.pipeline(task, BenchmarkPipeline.all())) {
                begin(pipeline, target);
                BenchmarkProfile profile =
                        new BenchmarkProfile(pipeline, BenchmarkCatchUp.childNames(stand.source(), target));
                histogram = watchTarget(pipeline, target, load -> rate[0] = transactionsPerSecond(load));
                end(pipeline, target);
                long transactions = (long) (seconds + warmUpSeconds) * TRANSACTIONS_PER_SECOND;
                profiled = profile.end(transactions * shape.transactionChanges(), transactions);
            }
            stand.requireEqual(target, schema);
            String name = "latency to " + targetName;
            report.histogram(name, histogram);
            report.figure(
                    "transactions meanwhile, to " + targetName, "/s", Runs.of(rate[0]), null, Goal.atLeast(RATE_LEAST));
            report.figure("latency p50 to " + targetName, "ms", percentile(histogram, 50), null, Goal.atMost(15));
            report.figure("latency p99 to " + targetName, "ms", percentile(histogram, 99), null, Goal.atMost(50));
            report.usage(name, profiled);
        }
    }

    private static Runs percentile(Histogram histogram, double percentile) {
        return Runs.of(histogram.getValueAtPercentile(percentile) / 1e3);
    }

    private BenchmarkLoad load() {
        return BenchmarkLoad.start(
                stand.source().jdbcUrl(),
                schema,
                shape,
                TRANSACTIONS_PER_SECOND,
                seconds + warmUpSeconds,
                warmUpSeconds);
    }

    private Histogram watchTarget(BenchmarkPipeline pipeline, BenchmarkTarget target, AtEnd atEnd) throws Exception {
        Map<Integer, Long> visible = new HashMap<>();
        try (BenchmarkLoad load = load();
                Connection connection = BenchmarkWorkload.connect(target.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            int below = 1; // all marks before it are visible
            long newest = System.nanoTime();
            while (load.isRunning() || below <= load.lastMark()) {
                pipeline.check();
                long asked = System.nanoTime();
                if (look(statement, below, load.lastMark(), visible)) {
                    newest = asked;
                }
                while (visible.containsKey(below)) {
                    below++;
                }
                if (asked - newest > PATIENCE_NANOS) {
                    throw new IllegalStateException("mark " + below + " does not come to the target");
                }
                LockSupport.parkNanos(ASK_NANOS - (System.nanoTime() - asked));
            }
            load.await();
            atEnd.take(load);
            return delays(load, visible);
        }
    }

    /** Lanes commit in any order: each mark is looked for by itself, by its key, which costs the target least. */
    private static boolean look(Statement statement, int from, int to, Map<Integer, Long> visible) throws SQLException {
        String missing = IntStream.rangeClosed(from, to)
                .filter(mark -> !visible.containsKey(mark))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(","));
        if (missing.isEmpty()) {
            return false;
        }
        try (ResultSet rows = statement.executeQuery("SELECT id FROM mark WHERE id IN (" + missing + ")")) {
            long now = System.nanoTime();
            boolean isNew = false;
            while (rows.next()) {
                isNew |= visible.putIfAbsent(rows.getInt(1), now) == null;
            }
            return isNew;
        }
    }

    void toRelay() throws Exception {
        BenchmarkWorkload.createTables(stand.source().jdbcUrl(), schema, shape);
        SourcePosition from = stand.position();
        String name = stand.fresh("relayed");
        BenchmarkTask task =
                BenchmarkTask.of(name, stand.source().port(), schema, BenchmarkTarget.none(stand.source()), from);
        Histogram histogram;
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE));
                BenchmarkMarks marks = new BenchmarkMarks(stand, pipeline.relayTopic())) {
            BenchmarkWorkload.mark(stand.source().jdbcUrl(), schema, 0);
            marks.await(0, pipeline);
            try (BenchmarkLoad load = load()) {
                load.await();
                marks.await(load.lastMark(), pipeline);
                histogram = delays(load, marks.seen());
            }
        }
        report.histogram("latency to the relay topic", histogram);
        report.figure("latency p50 to the relay topic", "ms", percentile(histogram, 50), null, Goal.atMost(6));
        report.figure("latency p99 to the relay topic", "ms", percentile(histogram, 99), null, Goal.atMost(25));
    }

    /** Fewer than were wanted, where the machine has no time for them: then the delays are those of a smaller load. */
    private double transactionsPerSecond(BenchmarkLoad load) {
        int first = BenchmarkLoad.marksIn(warmUpSeconds, TRANSACTIONS_PER_SECOND) + 1;
        long nanos = load.committed().get(load.lastMark()) - load.committed().get(first);
        int marks = load.lastMark() - first;
        return marks
                * (double) TRANSACTIONS_PER_SECOND
                / BenchmarkLoad.marksIn(1, TRANSACTIONS_PER_SECOND)
                / nanos
                * 1e9;
    }

    private Histogram delays(BenchmarkLoad load, Map<Integer, Long> visible) {
        Histogram histogram = new Histogram(3);
        int warmUp = BenchmarkLoad.marksIn(warmUpSeconds, TRANSACTIONS_PER_SECOND);
        load.committed().forEach((mark, at) -> {
            if (mark > warmUp) {
                long nanos = visible.get(mark) - at;
                // it may be there before its writer is told
                histogram.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)));
            }
        });
        return histogram;
    }
}
