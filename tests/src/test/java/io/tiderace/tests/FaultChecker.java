package io.tiderace.tests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Reads the target all the time, each look in one snapshot: it never holds a part of a transaction of {@link FaultLoad}, no row of it ever goes back, and
 * the beat tells how far it is. Goes on when the target is away for a while.
 */
final class FaultChecker implements AutoCloseable {
    private static final long PAUSE_MS = 30;
    private static final int ROWS = FaultLoad.TABLES * FaultLoad.ACCOUNTS_EACH;
    private static final long SUM = ROWS * FaultLoad.BALANCE;

    private final String jdbcUrl;
    private final String schema;
    private final Thread thread = new Thread(this::run, "checker");
    private final List<String> findings = new CopyOnWriteArrayList<>();
    private final Map<String, Long> versions = new HashMap<>();
    private volatile boolean isStopping;
    private volatile boolean isCopied;
    private volatile long looks;
    private volatile long beat;

    FaultChecker(String jdbcUrl, String schema) {
        this.jdbcUrl = jdbcUrl + "&connectTimeout=3000&socketTimeout=5000";
        this.schema = schema;
        thread.setDaemon(true);
        thread.start();
    }

    /** The last beat that the target had. */
    long beat() {
        return beat;
    }

    /** Times that all of it was looked at. */
    long looks() {
        return looks;
    }

    /** What was wrong; empty in a good run. */
    List<String> findings() {
        return findings;
    }

    private void run() {
        while (!isStopping) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                    Statement statement = connection.createStatement()) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                connection.setAutoCommit(false);
                while (!isStopping) {
                    look(statement);
                    connection.rollback();
                    Thread.sleep(PAUSE_MS);
                }
            } catch (SQLException e) {
                // away, or a table is being altered, or not there yet: look again
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Statement statement) throws SQLException {
        statement.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
        Map<String, Long> seen = new HashMap<>();
        long sum = 0;
        for (int table = 0; table < FaultLoad.TABLES; table++) {
            try (ResultSet rows =
                    statement.executeQuery("SELECT id, balance, version FROM " + schema + ".bank" + table)) {
                while (rows.next()) {
                    sum += rows.getLong(2);
                    seen.put(table + "." + rows.getInt(1), rows.getLong(3));
                }
            }
        }
        long[] legs = row(statement, "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM " + schema + ".legs");
        long[] slots = row(statement, "SELECT COUNT(*), COALESCE(SUM(n), 0) FROM " + schema + ".slots");
        long[] now = row(statement, "SELECT COUNT(*), COALESCE(SUM(n), 0) FROM " + schema + ".beat");
        if (!isCopied) {
            // the first copy comes in chunks; these tables have as many rows at all times
            isCopied = seen.size() == ROWS && slots[0] == FaultLoad.SLOTS && now[0] == 1;
        }
        if (isCopied) {
            judge(seen, sum, legs, slots);
            beat = now[1];
            looks++;
        }
    }

    private static long[] row(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return new long[] {row.getLong(1), row.getLong(2)};
        }
    }

    private void judge(Map<String, Long> seen, long sum, long[] legs, long[] slots) {
        if (seen.size() != ROWS || sum != SUM) {
            find("accounts: " + seen.size() + " of " + ROWS + ", sum " + sum + " and not " + SUM);
        }
        if (legs[0] != 2 * slots[1] || legs[1] != 0) {
            find("legs: " + legs[0] + " and not " + 2 * slots[1] + ", sum " + legs[1] + " and not 0");
        }
        seen.forEach((account, version) -> {
            Long before = versions.put(account, version);
            if (before != null && before > version) {
                find("account " + account + " went back from version " + before + " to " + version);
            }
        });
    }

    private void find(String what) {
        if (findings.size() < 20) {
            findings.add("look " + looks + ": " + what);
        }
    }

    @Override
    public void close() {
        isStopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
