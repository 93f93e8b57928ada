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
 * The changes that the figures are about, the same in every run: of ten, five insert, three update and two delete a single row. A row of
 * {@code mark} comes first, the table {@code done} last.
 */
final class BenchmarkWorkload {
    private static final String DONE = "done";

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int KINDS = 10;
    private static final int WRITERS_MAX = 4;
    private static final int SCRIPT_CHARACTERS = 1 << 20;
    private static final int ROWS_A_STATEMENT = 1_000;

    private BenchmarkWorkload() {}

    /**
     * How many tables, and what is written to them.
     *
     * @param rowBytes of a row, about; a row has two integers, one of them in a secondary index, and two texts
     * @param firstRows of each table, at source and target before the changes
     */
    record Shape(int tables, int rowBytes, int transactionChanges, int firstRows) {
        /** Four tables, transactions of ten changes, some 390 bytes of binlog a change. */
        static final Shape STANDARD = new Shape(4, 218, 10, 1_000);

        /** The same but for the size of a transaction. */
        static Shape ofTransactions(int changes) {
            return new Shape(STANDARD.tables, STANDARD.rowBytes, changes, STANDARD.firstRows);
        }

        /** Four tables of that many rows in all, to be copied. */
        static Shape copied(int rows) {
            return new Shape(4, 218, 10, rows / 4);
        }

        private int padLength() {
            return Math.min(40, rowBytes / 4);
        }

        private int textLength() {
            return Math.max(1, rowBytes - padLength() - 8);
        }

        private String textType() {
            return textLength() <= 200 ? "VARCHAR(200)" : "MEDIUMTEXT";
        }

        String row(int id, Random random) {
            return "(" + id + "," + random.nextInt(1_000_000) + ",'" + text(textLength(), random) + "','"
                    + text(padLength(), random) + "')";
        }
    }

    static Connection connect(String jdbcUrl) throws SQLException {
        return DriverManager.getConnection(jdbcUrl + "&allowMultiQueries=true", "root", "");
    }

    /** Creates the tables; the same at source and target, so that a run of changes alone has something to change. */
    static void createTables(String jdbcUrl, String schema, Shape shape) throws SQLException {
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS " + schema);
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            statement.execute("CREATE TABLE mark (id INT PRIMARY KEY)");
            Script script = new Script(statement);
            for (int table = 1; table <= shape.tables(); table++) {
                script.add("CREATE TABLE rows" + table + " (id INT PRIMARY KEY, k INT NOT NULL, c " + shape.textType()
                        + " NOT NULL, pad VARCHAR(60) NOT NULL, KEY k (k)) STATS_PERSISTENT = 0");
                Random random = new Random(table);
                for (int from = 0; from < shape.firstRows(); from += ROWS_A_STATEMENT) {
                    List<String> rows = new ArrayList<>();
                    for (int id = from; id < Math.min(shape.firstRows(), from + ROWS_A_STATEMENT); id++) {
                        rows.add(shape.row(id, random));
                    }
                    script.add("INSERT INTO rows" + table + " VALUES " + String.join(",", rows));
                }
            }
            script.flush();
        }
    }

    /** Commits that many changes from as many connections as make sense, a mark before them and a DDL, which waits for all, after them. */
    static void write(String jdbcUrl, String schema, Shape shape, int changes) throws Exception {
        mark(jdbcUrl, schema, 0);
        int writers =
                Math.max(1, Math.min(Math.min(WRITERS_MAX, shape.tables()), changes / shape.transactionChanges()));
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        List<Future<?>> results = new ArrayList<>();
        for (int number = 0; number < writers; number++) {
            Writer writer = new Writer(shape, number, writers);
            int share = changes / writers;
            results.add(threads.submit(() -> {
                try (Connection connection = connect(jdbcUrl);
                        Statement statement = connection.createStatement()) {
                    statement.execute("USE " + schema);
                    for (int done = 0; done < share; done += shape.transactionChanges()) {
                        writer.transaction(statement);
                    }
                }
                return null;
            }));
        }
        threads.shutdown();
        for (Future<?> result : results) {
            try {
                result.get();
            } catch (ExecutionException e) {
                throw new SQLException(e.getCause());
            }
        }
        finish(jdbcUrl, schema);
    }

    /** Creates a table; when it is at the target, all that was committed before it is there. */
    static void finish(String jdbcUrl, String schema) throws SQLException {
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS " + schema + "." + DONE + " (id INT PRIMARY KEY)");
        }
    }

    /** Gives a row once the table of {@link #finish} is there. */
    static String isFinished(String schema) {
        return "SELECT 1 FROM information_schema.tables WHERE table_schema = '" + schema + "' AND table_name = '" + DONE
                + "'";
    }

    static void mark(String jdbcUrl, String schema, int id) throws SQLException {
        try (Connection connection = connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + schema + ".mark VALUES (" + id + ")");
        }
    }

    /** Transactions on one writer's tables, always the same; rows are deleted in the order of their ids and updated anywhere between. */
    static final class Writer {
        private final Shape shape;
        private final Random random;
        private final int[] tables;
        private final int[] lowest;
        private final int[] next;
        private int changes;

        /** @param number of this writer, from 0; it has every table whose number is as much above a multiple of {@code writers} */
        Writer(Shape shape, int number, int writers) {
            this.shape = shape;
            this.random = new Random(100 + number);
            int count = (shape.tables() - number + writers - 1) / writers;
            tables = new int[count];
            lowest = new int[count];
            next = new int[count];
            for (int i = 0; i < count; i++) {
                tables[i] = 1 + number + i * writers;
                next[i] = shape.firstRows();
            }
        }

        /** Commits one transaction, in one packet unless it is a large one. */
        void transaction(Statement statement) throws SQLException {
            Script script = new Script(statement);
            script.add("BEGIN");
            for (int i = 0; i < shape.transactionChanges(); i++) {
                script.add(change());
            }
            script.add("COMMIT");
            script.flush();
        }

        /** Commits changes of the same kinds in three statements on one table, which costs the source half as much; fewer than ten one by one. */
        void briefTransaction(Statement statement) throws SQLException {
            if (shape.transactionChanges() < KINDS) {
                transaction(statement);
                return;
            }
            int i = random.nextInt(tables.length);
            String table = "rows" + tables[i];
            int updates = shape.transactionChanges() * 3 / KINDS;
            int deletes = shape.transactionChanges() / 5;
            List<String> rows = new ArrayList<>();
            for (int row = updates + deletes; row < shape.transactionChanges(); row++) {
                rows.add(shape.row(next[i]++, random));
            }
            int from = lowest[i] + deletes + random.nextInt(next[i] - lowest[i] - deletes - updates);
            Script script = new Script(statement);
            script.add("BEGIN");
            script.add("INSERT INTO " + table + " VALUES " + String.join(",", rows));
            script.add("UPDATE " + table + " SET k = k + 1, pad = '" + text(shape.padLength(), random)
                    + "' WHERE id >= " + from + " AND id < " + (from + updates));
            script.add("DELETE FROM " + table + " WHERE id >= " + lowest[i] + " AND id < " + (lowest[i] + deletes));
            script.add("COMMIT");
            lowest[i] += deletes;
            script.flush();
        }

        private String change() {
            int kind = changes++ % KINDS;
            int i = random.nextInt(tables.length);
            String table = "rows" + tables[i];
            if (kind < 5 || next[i] - lowest[i] < 4) {
                return "INSERT INTO " + table + " VALUES " + shape.row(next[i]++, random);
            }
            if (kind < 8) {
                int id = lowest[i] + 2 + random.nextInt(next[i] - lowest[i] - 2);
                return "UPDATE " + table + " SET k = k + 1, pad = '" + text(shape.padLength(), random) + "' WHERE id = "
                        + id;
            }
            return "DELETE FROM " + table + " WHERE id = " + lowest[i]++;
        }
    }

    /** Statements sent together, a mebibyte at most before the last of them. */
    private static final class Script {
        private final Statement statement;
        private final StringBuilder sql = new StringBuilder();

        Script(Statement statement) {
            this.statement = statement;
        }

        void add(String one) throws SQLException {
            sql.append(sql.isEmpty() ? "" : ";").append(one);
            if (sql.length() > SCRIPT_CHARACTERS) {
                flush();
            }
        }

        void flush() throws SQLException {
            if (!sql.isEmpty()) {
                statement.execute(sql.toString());
                sql.setLength(0);
            }
        }
    }

    private static String text(int length, Random random) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
