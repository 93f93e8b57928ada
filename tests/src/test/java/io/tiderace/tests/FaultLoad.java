package io.tiderace.tests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sustained load on the source: transfers between three tables whose sum stays, some of which leave two rows in a table without a key; random changes
 * of {@link RandomLoad}'s tables; DDL; and a beat that tells how far the target is. Goes on when the source is away for a while.
 *
 * <p>What a transaction whose COMMIT was not answered has done the source knows: it is what the target is compared with.
 */
final class FaultLoad implements AutoCloseable {
    static final int ACCOUNTS_EACH = 200;
    static final int TABLES = 3;
    static final long BALANCE = 1_000;
    static final int SLOTS = 16;
    private static final int TRANSFERS_PER_SECOND = 40;
    private static final int BEATS_PER_SECOND = 20;
    private static final int LEGS_MAX = 2_000;
    private static final long DDL_PAUSE_MS = 4_000;
    private static final int COLUMN_THERE = 1060;
    private static final int COLUMN_MISSING = 1091;

    private final String jdbcUrl;
    private final String schema;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicLong statements = new AtomicLong();
    private final AtomicLong beat = new AtomicLong();
    private final Object ddlLock = new Object();
    private volatile int slower = 1;
    private volatile boolean isStopping;
    private volatile @Nullable Throwable failure;

    private FaultLoad(String jdbcUrl, String schema) {
        this.jdbcUrl = jdbcUrl + "&connectTimeout=5000&socketTimeout=20000";
        this.schema = schema;
    }

    static void createSchema(String jdbcUrl, String schema) throws SQLException {
        RandomLoad.createSchema(jdbcUrl, schema);
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            for (int table = 0; table < TABLES; table++) {
                statement.execute("CREATE TABLE bank" + table
                        + " (id INT PRIMARY KEY, balance BIGINT NOT NULL, version BIGINT NOT NULL)");
                List<String> rows = new ArrayList<>();
                for (int id = 0; id < ACCOUNTS_EACH; id++) {
                    rows.add("(" + id + ", " + BALANCE + ", 0)");
                }
                statement.execute("INSERT INTO bank" + table + " VALUES " + String.join(", ", rows));
            }
            statement.execute("CREATE TABLE legs (txn VARCHAR(40) NOT NULL, amount BIGINT NOT NULL)");
            statement.execute("CREATE TABLE slots (id INT PRIMARY KEY, n BIGINT NOT NULL)");
            for (int slot = 0; slot < SLOTS; slot++) {
                statement.execute("INSERT INTO slots VALUES (" + slot + ", 0)");
            }
            statement.execute("CREATE TABLE beat (id INT PRIMARY KEY, n BIGINT NOT NULL)");
            statement.execute("INSERT INTO beat VALUES (1, 0)");
            statement.execute("CREATE TABLE shape (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(60))");
            statement.execute("INSERT INTO shape (v) VALUES ('a'), ('b'), ('c'), ('d')");
            for (int doubling = 0; doubling < 11; doubling++) {
                statement.execute("INSERT INTO shape (v) SELECT CONCAT(v, id) FROM shape");
            }
        }
    }

    static FaultLoad start(String jdbcUrl, String schema, long seed) {
        FaultLoad load = new FaultLoad(jdbcUrl, schema);
        load.run("transfers-0", TRANSFERS_PER_SECOND, new Random(seed), load::transfer);
        load.run("transfers-1", TRANSFERS_PER_SECOND, new Random(seed + 1), load::transfer);
        load.run("changes", TRANSFERS_PER_SECOND / 2, new Random(seed + 2), FaultLoad::changes);
        load.run("beat", BEATS_PER_SECOND, new Random(seed + 3), load::beat);
        return load;
    }

    /** DDL too from now on. */
    void startDdl(long seed) {
        start("ddl", () -> alter(new Random(seed)));
    }

    /** So many times fewer transactions and statements from now on; 1 for all of them. */
    void ease(int times) {
        slower = times;
    }

    /** Committed at the source, as far as it has said so. */
    long transactions() {
        return transactions.get();
    }

    long ddlStatements() {
        return statements.get();
    }

    /** The last beat that the source has committed. */
    long lastBeat() {
        return beat.get();
    }

    /** Executes a statement, no other DDL being under way; again until the source has done it. */
    void execute(String sql) throws InterruptedException {
        synchronized (ddlLock) {
            while (!isStopping) {
                try (Connection connection = connect();
                        Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                    statements.incrementAndGet();
                    return;
                } catch (SQLException e) {
                    if (e.getErrorCode() == COLUMN_THERE || e.getErrorCode() == COLUMN_MISSING) {
                        return;
                    }
                    requireAway(e);
                    Thread.sleep(200);
                }
            }
        }
    }

    private interface Work {
        void commit(Statement statement, Random random) throws SQLException;
    }

    private void run(String name, int perSecond, Random random, Work work) {
        long interval = 1_000_000_000L / perSecond;
        start(name, () -> {
            while (!isStopping) {
                try (Connection connection = connect();
                        Statement statement = connection.createStatement()) {
                    connection.setAutoCommit(false);
                    long next = System.nanoTime();
                    while (!isStopping) {
                        work.commit(statement, random);
                        if (random.nextInt(50) == 0 && !name.equals("beat")) {
                            connection.rollback();
                        } else {
                            connection.commit();
                            transactions.incrementAndGet();
                        }
                        next = Math.max(next + interval * slower, System.nanoTime() - interval * 20);
                        LockSupport.parkNanos(next - System.nanoTime());
                    }
                } catch (SQLException e) {
                    requireAway(e);
                    LockSupport.parkNanos(200_000_000);
                }
            }
        });
    }

    private void start(String name, Runnable work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException | Error e) {
                        failure = e;
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Deadlocks, and a source that is away, are part of the load; anything else is a mistake in it. */
    private static void requireAway(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        boolean isAway = state.startsWith("08") || state.startsWith("40") || state.startsWith("70");
        if (!isAway && e.getErrorCode() != 1205 && e.getErrorCode() != 1053 && e.getErrorCode() != 1412) {
            throw new IllegalStateException(e);
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
        connection.setCatalog(schema);
        return connection;
    }

    private void transfer(Statement statement, Random random) throws SQLException {
        int transfers = 1 + random.nextInt(4);
        for (int i = 0; i < transfers; i++) {
            long amount = random.nextInt(100);
            // in the order of tables and ids, so that two transfers seldom wait for each other
            int table = random.nextInt(TABLES - 1);
            move(statement, table, random.nextInt(ACCOUNTS_EACH), -amount);
            move(statement, table + 1, random.nextInt(ACCOUNTS_EACH), amount);
        }
        if (random.nextInt(5) == 0) {
            String txn = Long.toHexString(random.nextLong());
            long amount = 1 + random.nextInt(100);
            statement.executeUpdate("INSERT INTO legs VALUES ('" + txn + "', " + amount + ")");
            statement.executeUpdate("INSERT INTO legs VALUES ('" + txn + "', " + -amount + ")");
            statement.executeUpdate("UPDATE slots SET n = n + 1 WHERE id = " + random.nextInt(SLOTS));
            forget(statement, random);
        }
    }

    private static void move(Statement statement, int table, int id, long amount) throws SQLException {
        statement.executeUpdate("UPDATE bank" + table + " SET balance = balance + " + amount
                + ", version = version + 1 WHERE id = " + id);
    }

    /** Keeps the table without a key small: a whole transaction's two rows go. */
    private static void forget(Statement statement, Random random) throws SQLException {
        String txn = null;
        try (ResultSet row = statement.executeQuery("SELECT COUNT(*), MIN(txn) FROM legs")) {
            row.next();
            if (row.getLong(1) > LEGS_MAX) {
                txn = row.getString(2);
            }
        }
        if (txn != null && statement.executeUpdate("DELETE FROM legs WHERE txn = '" + txn + "'") == 2) {
            statement.executeUpdate("UPDATE slots SET n = n - 1 WHERE id = " + random.nextInt(SLOTS));
        }
    }

    private static void changes(Statement statement, Random random) throws SQLException {
        int changes = 1 + random.nextInt(19);
        for (int i = 0; i < changes; i++) {
            statement.executeUpdate(RandomLoad.change(random));
        }
    }

    private void beat(Statement statement, Random random) throws SQLException {
        long next = beat.get() + 1;
        statement.executeUpdate("UPDATE beat SET n = " + next + " WHERE id = 1");
        statement.getConnection().commit();
        beat.set(next);
    }

    /** Each statement can be executed whatever the ones before it have become. */
    private void alter(Random random) {
        try {
            for (int number = 1; !isStopping; number++) {
                String name = "made" + random.nextInt(3);
                switch (random.nextInt(7)) {
                    case 0 -> execute("ALTER TABLE shape ADD COLUMN c" + random.nextInt(8) + " INT DEFAULT " + number);
                    case 6 -> execute("ALTER TABLE shape DROP COLUMN c" + random.nextInt(8));
                    case 1 -> execute("ALTER TABLE bank" + random.nextInt(TABLES) + " COMMENT 'number " + number + "'");
                    case 2 -> execute("ALTER TABLE shape MODIFY v VARCHAR(" + (100 + random.nextInt(100)) + ")");
                    case 3 -> execute("CREATE TABLE IF NOT EXISTS " + name + " (id INT PRIMARY KEY, v INT DEFAULT 7)");
                    case 4 -> execute("DROP TABLE IF EXISTS " + name);
                    default -> execute("TRUNCATE TABLE items");
                }
                execute("INSERT INTO shape (v) VALUES ('" + number + "')");
                for (long slept = 0; slept < DDL_PAUSE_MS * slower && !isStopping; slept += 100) {
                    Thread.sleep(100);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops after what is under way. */
    @Override
    public void close() {
        isStopping = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (failure != null) {
            throw new IllegalStateException("the load failed", failure);
        }
    }
}
