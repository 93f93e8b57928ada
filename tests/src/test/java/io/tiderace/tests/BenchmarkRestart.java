package io.tiderace.tests;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How long nothing comes: {@code tiderace run}, with its Kafka, ended by SIGKILL under load and started again, until the first change from then on is
 * at the target; and capture alone, started with many captured tables, until the first row is in the relay topic.
 */
final class BenchmarkRestart {
    private static final int TRANSACTIONS_PER_SECOND = 200;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
    private static final int TABLES_A_SCRIPT = 100;
    private static final double GOAL_SECONDS = 10;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkRestart(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    void afterKill(String targetName, int repeats) throws Exception {
        String schema = stand.fresh("killed");
        BenchmarkWorkload.createTables(stand.source().jdbcUrl(), schema, Shape.STANDARD);
        Path folder = Files.createDirectory(stand.folder().resolve(schema));
        List<Double> seconds = new ArrayList<>();
        try (BenchmarkTarget target = BenchmarkTarget.start(targetName)) {
            BenchmarkWorkload.createTables(target.jdbcUrl(), schema, Shape.STANDARD);
            BenchmarkTask task = BenchmarkTask.of(schema, stand.source().port(), schema, target, stand.position());
            JavaProcess run = BenchmarkRun.start(task, folder);
            try (BenchmarkLoad load = BenchmarkLoad.start(
                            stand.source().jdbcUrl(),
                            schema,
                            Shape.STANDARD,
                            TRANSACTIONS_PER_SECOND,
                            Integer.MAX_VALUE / 1_000,
                            0);
                    Connection connection = BenchmarkWorkload.connect(target.jdbcUrl());
                    Statement statement = connection.createStatement()) {
                awaitMarkAbove(statement, schema, 0, run);
                for (int i = 0; i < repeats; i++) {
                    awaitMarkAbove(statement, schema, load.lastMark(), run);
                    run.kill();
                    int last = settled(statement, schema);
                    long begin = System.nanoTime();
                    run.start();
                    awaitMarkAbove(statement, schema, last, run);
                    seconds.add((System.nanoTime() - begin) / 1e9);
                }
                load.stop();
                BenchmarkWorkload.finish(stand.source().jdbcUrl(), schema);
                await(statement, BenchmarkWorkload.isFinished(schema), run);
            }
            if (run.stop(Duration.ofSeconds(30)) != 0) {
                throw new IllegalStateException("did not end well:\n" + run.output());
            }
            stand.requireEqual(target, schema);
        }
        report.figure(
                "restart after kill -9 to first change, " + targetName,
                "s",
                new Runs(seconds),
                null,
                Goal.atMost(GOAL_SECONDS));
    }

    private static void awaitMarkAbove(Statement statement, String schema, int id, JavaProcess run)
            throws SQLException, InterruptedException {
        await(statement, "SELECT 1 FROM " + schema + ".mark WHERE id > " + id + " LIMIT 1", run);
    }

    /** Waits for a row. */
    private static void await(Statement statement, String query, JavaProcess run)
            throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try (ResultSet row = statement.executeQuery(query)) {
                if (row.next()) {
                    return;
                }
            }
            if (!run.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException("nothing comes to the target of " + query + ":\n" + run.output());
            }
            Thread.sleep(10);
        }
    }

    /** The last mark once what a killed process had sent is done with. */
    private static int settled(Statement statement, String schema) throws SQLException, InterruptedException {
        int before = -1;
        int now = lastMark(statement, schema);
        while (before != now) {
            Thread.sleep(300);
            before = now;
            now = lastMark(statement, schema);
        }
        return now;
    }

    private static int lastMark(Statement statement, String schema) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT MAX(id) FROM " + schema + ".mark")) {
            row.next();
            return row.getInt(1);
        }
    }

    void withTables(int tables) throws Exception {
        String schema = stand.fresh("many");
        SourcePosition from = stand.position();
        createTables(schema, tables);
        BenchmarkTask task = BenchmarkTask.of(
                stand.fresh("restart"), stand.source().port(), schema, BenchmarkTarget.none(stand.source()), from);
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE))) {
            insert(schema, 1);
            pipeline.awaitFilled(pipeline.relayTopic(), tables + 1L);
        }
        insert(schema, 1 + tables / 2);
        long begin = System.nanoTime();
        double seconds;
        try (BenchmarkPipeline pipeline = stand.pipeline(task, Set.of(Stage.CAPTURE))) {
            pipeline.awaitGrowth(pipeline.relayTopic());
            seconds = (System.nanoTime() - begin) / 1e9;
        }
        report.figure(
                "restart with %,d tables to first row".formatted(tables),
                "s",
                Runs.of(seconds),
                null,
                Goal.atMost(GOAL_SECONDS));
    }

    private void createTables(String schema, int tables) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(stand.source().jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            for (int from = 1; from <= tables; from += TABLES_A_SCRIPT) {
                StringBuilder script = new StringBuilder();
                for (int table = from; table < Math.min(tables + 1, from + TABLES_A_SCRIPT); table++) {
                    script.append("CREATE TABLE t")
                            .append(table)
                            .append(
                                    " (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL,")
                            .append(" state ENUM('new', 'paid', 'sent') NOT NULL DEFAULT 'new', amount DECIMAL(12,2),")
                            .append(" note TEXT, data JSON, made DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),")
                            .append(" changed TIMESTAMP NULL, KEY (name), KEY (state, made)) STATS_PERSISTENT = 0;");
                }
                statement.execute(script.toString());
            }
        }
    }

    private void insert(String schema, int table) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(stand.source().jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + schema + ".t" + table + " (name) VALUES ('one')");
        }
    }
}
