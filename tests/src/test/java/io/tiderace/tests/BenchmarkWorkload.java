package io.tiderace.tests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The changes that every figure is about: transactions of five inserts, three updates and two deletes of single rows, over four tables with one
 * secondary index, some 390 bytes of binlog a change. A row of {@code mark} comes first, the table {@code done} last.
 */
final class BenchmarkWorkload {
    static final int TABLES = 4;
    static final int CHANGES_A_TRANSACTION = 10;
    static final String DONE = "done";

    private static final int FIRST_ROWS = 1_000;
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

    private BenchmarkWorkload() {}

    static Connection connect(String jdbcUrl) throws SQLException {
        return DriverManager.getConnection(jdbcUrl + "&allowMultiQueries=true", "root", "");
    }

    /** Creates the tables; the same at source and target, so that a run of changes alone has something to change. */
    static void createTables(String jdbcUrl, String schema, int firstRows) throws SQLException {
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS " + schema);
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            statement.execute("CREATE TABLE mark (id INT PRIMARY KEY)");
            for (int table = 1; table <= TABLES; table++) {
                statement.execute(
                        "CREATE TABLE rows" + table
                                + " (id INT PRIMARY KEY, k INT NOT NULL, c VARCHAR(200) NOT NULL, pad VARCHAR(60) NOT NULL, KEY k (k))");
                Random random = new Random(table);
                for (int from = 0; from < firstRows; from += 1_000) {
                    List<String> rows = new ArrayList<>();
                    for (int id = from; id < Math.min(firstRows, from + 1_000); id++) {
                        rows.add(row(id, random));
                    }
                    statement.execute("INSERT INTO rows" + table + " VALUES " + String.join(",", rows));
                }
            }
        }
    }

    static void createTables(String jdbcUrl, String schema) throws SQLException {
        createTables(jdbcUrl, schema, FIRST_ROWS);
    }

    /** Commits that many changes, a fourth of them on each table, a mark before them and a DDL, which waits for all, after them. */
    static void write(String jdbcUrl, String schema, int changes) throws Exception {
        mark(jdbcUrl, schema, 0);
        ExecutorService writers = Executors.newFixedThreadPool(TABLES);
        List<Future<?>> results = new ArrayList<>();
        for (int table = 1; table <= TABLES; table++) {
            int number = table;
            results.add(writers.submit(() -> {
                try (Connection connection = connect(jdbcUrl);
                        Statement statement = connection.createStatement()) {
                    statement.execute("USE " + schema);
                    Writer writer = new Writer(number);
                    for (int done = 0; done < changes / TABLES; done += CHANGES_A_TRANSACTION) {
                        statement.execute(writer.transaction());
                    }
                }
                return null;
            }));
        }
        writers.shutdown();
        for (Future<?> result : results) {
            try {
                result.get();
            } catch (ExecutionException e) {
                throw new SQLException(e.getCause());
            }
        }
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE " + schema + "." + DONE + " (id INT PRIMARY KEY)");
        }
    }

    static void mark(String jdbcUrl, String schema, int id) throws SQLException {
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + schema + ".mark VALUES (" + id + ")");
        }
    }

    /** One table's transactions, always the same; rows are deleted in the order of their ids and updated anywhere between. */
    static final class Writer {
        private final String table;
        private final Random random;
        private int lowest;
        private int next = FIRST_ROWS;

        Writer(int table) {
            this.table = "rows" + table;
            this.random = new Random(100 + table);
        }

        String transaction() {
            StringBuilder sql = new StringBuilder("BEGIN;");
            for (int i = 0; i < 5; i++) {
                sql.append("INSERT INTO ")
                        .append(table)
                        .append(" VALUES ")
                        .append(row(next++, random))
                        .append(';');
            }
            for (int i = 0; i < 3; i++) {
                int id = lowest + 2 + random.nextInt(next - lowest - 2);
                sql.append("UPDATE ")
                        .append(table)
                        .append(" SET k = k + 1, pad = '")
                        .append(text(40, random))
                        .append("' WHERE id = ")
                        .append(id)
                        .append(';');
            }
            for (int i = 0; i < 2; i++) {
                sql.append("DELETE FROM ")
                        .append(table)
                        .append(" WHERE id = ")
                        .append(lowest++)
                        .append(';');
            }
            return sql.append("COMMIT").toString();
        }
    }

    private static String row(int id, Random random) {
        return "(" + id + "," + random.nextInt(1_000_000) + ",'" + text(170, random) + "','" + text(40, random) + "')";
    }

    private static String text(int length, Random random) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
