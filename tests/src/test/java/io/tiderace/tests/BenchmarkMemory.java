package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/**
 * One transaction larger than the heap, of rows of 1 MiB, through {@code tiderace run} with a heap of 1 GiB to a MySQL. The process ends with its
 * first OutOfMemoryError, so the figure is there only when there was none. The rows compress well, so that Kafka's disk stays small: the source
 * takes three times the transaction for its table, its log and its log's cache, the target once.
 */
final class BenchmarkMemory {
    private static final int ROW_MIB = 1;
    private static final int ROWS_A_STATEMENT = 32;
    private static final int DISK_TIMES = 5;

    private final BenchmarkStand stand;
    private final BenchmarkReport report;

    BenchmarkMemory(BenchmarkStand stand, BenchmarkReport report) {
        this.stand = stand;
        this.report = report;
    }

    void measure(int transactionMib) throws Exception {
        requireDisk(transactionMib);
        String schema = stand.fresh("large");
        Path folder = Files.createDirectory(stand.folder().resolve(schema));
        try (MySqlServer source = BenchmarkStand.startSource("--innodb-redo-log-capacity=1G");
                BenchmarkTarget target = BenchmarkTarget.start(BenchmarkTarget.MYSQL)) {
            createTables(source.jdbcUrl(), schema);
            createTables(target.jdbcUrl(), schema);
            BenchmarkTask task =
                    BenchmarkTask.of(schema, source.port(), schema, target, BenchmarkStand.position(source));
            JavaProcess run = BenchmarkRun.start(task, folder);
            long begin = System.nanoTime();
            write(source.jdbcUrl(), schema, transactionMib / ROW_MIB);
            double written = (System.nanoTime() - begin) / 1e9;
            awaitMark(target, schema, run);
            double seconds = (System.nanoTime() - begin) / 1e9;
            long resident = peakResidentMib(run);
            if (run.stop(Duration.ofSeconds(30)) != 0) {
                throw new IllegalStateException("did not end well:\n" + run.output());
            }
            BenchmarkStand.requireEqual(source, target, schema);
            double gib = transactionMib / 1024.0;
            report.figure("one transaction with a heap of 1 GiB", "GiB", Runs.of(gib), null, Goal.atLeast(gib));
            report.say(
                    "  committed after %.0f s, at the target after %.0f s; the process had %,d MiB in memory at most",
                    written, seconds, resident);
        }
    }

    private void requireDisk(int transactionMib) throws IOException {
        long needed = (long) DISK_TIMES * transactionMib << 20;
        long free = Files.getFileStore(stand.folder()).getUsableSpace();
        if (free < needed) {
            throw new IllegalStateException("a transaction of %,d MiB needs %,d MiB of disk at %s, there are %,d"
                    .formatted(transactionMib, needed >> 20, stand.folder(), free >> 20));
        }
    }

    private static void createTables(String jdbcUrl, String schema) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("CREATE TABLE " + schema + ".wide (id INT PRIMARY KEY, doc LONGTEXT NOT NULL)");
            statement.execute("CREATE TABLE " + schema + ".mark (id INT PRIMARY KEY)");
        }
    }

    private static void write(String jdbcUrl, String schema, int rows) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            statement.execute("BEGIN");
            for (int from = 0; from < rows; from += ROWS_A_STATEMENT) {
                StringBuilder sql = new StringBuilder("INSERT INTO wide VALUES ");
                for (int id = from; id < Math.min(rows, from + ROWS_A_STATEMENT); id++) {
                    sql.append(id == from ? "" : ",").append("(%1$d, REPEAT(MD5(%1$d), 32768))".formatted(id));
                }
                statement.execute(sql.toString());
            }
            statement.execute("INSERT INTO mark VALUES (1)");
            statement.execute("COMMIT");
        }
    }

    private static void awaitMark(BenchmarkTarget target, String schema, JavaProcess run)
            throws SQLException, InterruptedException {
        try (Connection connection = BenchmarkWorkload.connect(target.jdbcUrl());
                Statement statement = connection.createStatement()) {
            while (true) {
                try (ResultSet row = statement.executeQuery("SELECT 1 FROM " + schema + ".mark")) {
                    if (row.next()) {
                        return;
                    }
                }
                if (!run.isAlive()) {
                    throw new IllegalStateException("ended:\n" + run.output());
                }
                Thread.sleep(100);
            }
        }
    }

    /** 0 where the system does not tell. */
    private static long peakResidentMib(JavaProcess run) throws IOException {
        Path status = Path.of("/proc/" + run.pid() + "/status");
        if (!Files.exists(status)) {
            return 0;
        }
        List<String> lines = Files.readAllLines(status);
        return lines.stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElse(0);
    }
}
