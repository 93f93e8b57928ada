package io.tiderace.tests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Random transactions of about ten changes on three tables of a schema: one with a unique key besides its primary key, one with a key of two
 * columns, one without a key. Values change keys, swap unique values and come back after being deleted.
 */
final class RandomLoad implements AutoCloseable {
    private static final int KEYS = 500;

    private final String jdbcUrl;
    private final String schema;
    private final Random random;
    private final long intervalNanos;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile long transactions;
    private volatile @Nullable SQLException failure;

    private RandomLoad(String jdbcUrl, String schema, long seed, int transactionsPerSecond) {
        this.jdbcUrl = jdbcUrl;
        this.schema = schema;
        this.random = new Random(seed);
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / transactionsPerSecond;
        this.thread = new Thread(this::run, "load");
    }

    /** Creates the schema with its tables and some rows. */
    static void createSchema(String jdbcUrl, String schema) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            statement.execute(
                    "CREATE TABLE accounts (id INT PRIMARY KEY, owner VARCHAR(40) NOT NULL, balance DECIMAL(14,2),"
                            + " UNIQUE KEY owner (owner))");
            statement.execute(
                    "CREATE TABLE items (a INT, b VARCHAR(20), payload VARBINARY(200), changed TIMESTAMP(3) NULL,"
                            + " PRIMARY KEY (a, b))");
            statement.execute("CREATE TABLE journal (at DATETIME(6), what VARCHAR(40), n INT)");
            for (int i = 0; i < KEYS / 2; i++) {
                statement.execute("INSERT INTO accounts VALUES (" + i + ", 'owner" + i + "', " + i + ".25)");
            }
        }
    }

    static RandomLoad start(String jdbcUrl, String schema, long seed, int transactionsPerSecond) {
        RandomLoad load = new RandomLoad(jdbcUrl, schema, seed, transactionsPerSecond);
        load.thread.start();
        return load;
    }

    long transactions() {
        return transactions;
    }

    /** Stops after the transaction under way. */
    @Override
    public void close() throws SQLException {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void run() {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("USE " + schema);
            long next = System.nanoTime();
            while (!stopping) {
                int changes = 1 + random.nextInt(19);
                for (int i = 0; i < changes; i++) {
                    statement.executeUpdate(change(random));
                }
                if (random.nextInt(50) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
                transactions++;
                next += intervalNanos;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    /** One statement on the tables. */
    static String change(Random random) {
        int key = random.nextInt(KEYS);
        int other = random.nextInt(KEYS);
        return switch (random.nextInt(9)) {
            // a REPLACE may delete two rows: the one with the id and the one with the owner
            case 0, 1 ->
                "REPLACE INTO accounts VALUES (" + key + ", 'owner" + other + "', " + random.nextInt(1000) + ".5)";
            case 2 -> "UPDATE accounts SET balance = balance + 1 WHERE id IN (" + key + ", " + other + ")";
            case 3 -> "UPDATE IGNORE accounts SET id = " + other + " WHERE id = " + key;
            case 4 -> "DELETE FROM accounts WHERE id = " + key;
            case 5 ->
                "REPLACE INTO items VALUES (" + key % 20 + ", 'b" + other % 20 + "', '"
                        + Long.toHexString(random.nextLong()) + "', CURRENT_TIMESTAMP(3))";
            case 6 -> "DELETE FROM items WHERE a = " + key % 20 + " AND b > 'b" + other % 20 + "' LIMIT 3";
            case 7 -> "INSERT INTO journal VALUES (CURRENT_TIMESTAMP(6), 'what" + key % 5 + "', " + other % 3 + ")";
            default -> "DELETE FROM journal WHERE n = " + key % 3 + " LIMIT 1";
        };
    }
}
