package io.tiderace.tests;

import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkPipeline.Filled;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The first copy of four tables. Into the relay topic alone, after two rounds that warm up the JVM; and to a target by a task of mode {@code full},
 * from the cold start of the services to their end, against DM on another machine of 2 cores, and beside eight connections that read and write
 * the same rows with nothing in between.
 */
final class BenchmarkCopy {
    /** Rows a second of DM, everything on 2 cores and 24 GiB, and how many times that is wanted. */
    private static final Map<String, double[]> DM =
            Map.of(BenchmarkTarget.TIDB, new double[] {27_000, 1.2}, BenchmarkTarget.MYSQL, new double[] {86_000, 0.8});

    private static final int WARM_UPS = 2;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;
    private final String schema;
    private final Shape shape;
    private final int rows;

    /** Makes the tables. */
    BenchmarkCopy(BenchmarkStand stand, BenchmarkReport report, int rows) throws Exception {
        this.stand = stand;
        this.report = report;
        this.schema = stand.fresh("copied");
        this.shape = Shape.copied(rows);
        this.rows = shape.tables() * shape.firstRows();
        BenchmarkWorkload.createTables(stand.source().jdbcUrl(), schema, shape);
    }

    void toRelay(int repeats) throws Exception {
        List<Double> rates = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        for (int i = repeats > 1 ? -WARM_UPS : 0; i < repeats; i++) {
            BenchmarkTask task = BenchmarkTask.of(
                    stand.fresh("relayed"), stand.source().port(), schema, BenchmarkTarget.none(stand.source()), null);
            Filled filled;
            String relay;
            try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE))) {
                relay = pipeline.relayTopic();
                filled = pipeline.awaitFilled(relay, rows);
            }
            stand.delete(relay);
            if (i >= 0) {
                rates.add(filled.perSecond());
                cpu.add(filled.cpuMicros());
            }
        }
        report.figure("copy into relay", "rows/s", new Runs(rates), null, Goal.atLeast(150_000));
        report.figure("CPU of the copy and Kafka a row", "µs/row", new Runs(cpu), null, Goal.atMost(9));
    }

    void toTarget(String targetName, int repeats) throws Exception {
        List<Double> rates = new ArrayList<>();
        List<Double> byHand = new ArrayList<>();
        BenchmarkProfile.Result last = null;
        for (int i = 0; i < repeats; i++) {
            try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
                BenchmarkWorkload.createTables(target.jdbcUrl(), schema, new Shape(4, shape.rowBytes(), 10, 0));
                byHand.add(
                        rows / BenchmarkBaselines.copyRows(stand.source().jdbcUrl(), target.jdbcUrl(), schema, shape));
                stand.requireEqual(target, schema);
            }
            last = copy(targetName);
            rates.add(rows / last.seconds());
        }
        double[] dm = DM.get(targetName);
        report.figure(
                "copy to " + targetName,
                "rows/s",
                new Runs(rates),
                new Ceiling("DM elsewhere", Runs.of(dm[0])),
                Goal.ratioAtLeast(dm[1]));
        Runs hand = new Runs(byHand);
        report.say(
                "  by hand, without a stop in Kafka, %s rows/s: that is %.2f of it",
                BenchmarkFigure.number(hand.median()), new Runs(rates).median() / hand.median());
        report.usage("copy to " + targetName, last);
    }

    private BenchmarkProfile.Result copy(String targetName) throws Exception {
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            BenchmarkTask task =
                    BenchmarkTask.of(stand.fresh("copy"), stand.source().port(), schema, target, null);
            BenchmarkProfile.Result result;
            String[] topics;
            try (BenchmarkPipeline pipeline = stand.pipeline(task, BenchmarkPipeline.all())) {
                BenchmarkProfile profile =
                        new BenchmarkProfile(pipeline, BenchmarkCatchUp.childNames(stand.source(), target));
                topics = new String[] {pipeline.relayTopic(), pipeline.applyTopic()};
                pipeline.awaitEnd();
                result = profile.end(rows, 1);
            }
            stand.delete(topics);
            stand.requireEqual(target, schema);
            return result;
        }
    }
}
