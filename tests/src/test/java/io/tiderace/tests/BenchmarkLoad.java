package io.tiderace.tests;

import io.tiderace.tests.BenchmarkWorkload.Shape;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Transactions at a steady rate from one connection, every tenth of them a mark alone whose moment of commit is noted. What the
 * source holds up is made up for, so the rate stays; only what the warm-up held up is not, or the rate would be a higher one after it.
 */
final class BenchmarkLoad implements AutoCloseable {
    private static final int TRANSACTIONS_A_MARK = 10;

    private final String jdbcUrl;
    private final String schema;
    private final Shape shape;
    private final int perSecond;
    private final int transactions;
    private final int warmUpTransactions;
    private final Map<Integer, Long> committed = new ConcurrentHashMap<>();
    private final Thread thread = new Thread(this::write, "steady");
    private volatile boolean stopping;
    private volatile SQLException failure;
    private volatile int lastMark;

    private BenchmarkLoad(String jdbcUrl, String schema, Shape shape, int perSecond, int seconds, int warmUpSeconds) {
        this.jdbcUrl = jdbcUrl;
        this.schema = schema;
        this.shape = shape;
        this.perSecond = perSecond;
        this.transactions = perSecond * seconds;
        this.warmUpTransactions = perSecond * warmUpSeconds;
    }

    /** Begins to write to tables that are there; ends after that many seconds, the warm-up among them, or when it is closed. */
    static BenchmarkLoad start(
            String jdbcUrl, String schema, Shape shape, int perSecond, int seconds, int warmUpSeconds) {
        BenchmarkLoad load = new BenchmarkLoad(jdbcUrl, schema, shape, perSecond, seconds, warmUpSeconds);
        load.thread.start();
        return load;
    }

    /** The marks committed in the first seconds of a load. */
    static int marksIn(int seconds, int perSecond) {
        return seconds * perSecond / TRANSACTIONS_A_MARK;
    }

    boolean isRunning() {
        return thread.isAlive();
    }

    /** When each mark was committed, by {@link System#nanoTime}; grows. */
    Map<Integer, Long> committed() {
        return committed;
    }

    int lastMark() {
        return lastMark;
    }

    private void write() {
        try (Connection connection = BenchmarkWorkload.connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            BenchmarkWorkload.Writer writer = new BenchmarkWorkload.Writer(shape, 0, 4);
            long interval = 1_000_000_000L / perSecond;
            long next = System.nanoTime();
            for (int i = 1; i <= transactions && !stopping; i++) {
                if (i == warmUpTransactions + 1) {
                    next = System.nanoTime();
                }
                if (i % TRANSACTIONS_A_MARK == 0) {
                    int mark = lastMark + 1;
                    statement.execute("INSERT INTO mark VALUES (" + mark + ")");
                    committed.put(mark, System.nanoTime());
                    lastMark = mark;
                } else {
                    writer.briefTransaction(statement);
                }
                next += interval;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    /** Waits for its end. */
    void await() throws InterruptedException, SQLException {
        thread.join();
        if (failure != null) {
            throw failure;
        }
    }

    /** Commits nothing more. */
    void stop() throws InterruptedException, SQLException {
        stopping = true;
        await();
    }

    @Override
    public void close() throws SQLException {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
