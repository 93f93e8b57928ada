package io.tiderace.tests;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.TaskConfig.Apply;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a transaction that has too many rows, or that the target does not take whole, arrives exactly once in pieces, whatever breaks between them.
 * Method: a server with little room; whenever the checkpoint tells of another piece, the applier's connections are killed or the source is
 * claimed by somebody else. Unique values are swapped all the time, so that pieces end between the steps of a swap, and equal rows of a table
 * without a key tell what was applied twice.
 */
abstract class ApplierSplitContract extends ApplierStand {
    private static final String PAD = "x".repeat(90);
    private static final int ROWS = 60;
    private static final int SMALL = 40;

    private final int room;
    private final int rowTooLarge;
    private final Random random = new Random(11);
    private final Map<Integer, Object[]> rows = new TreeMap<>();
    private final List<Object[]> journal = new ArrayList<>();
    private TableStructure keyed;
    private TableStructure bare;

    /**
     * @param room bytes that a transaction may have; a statement may have four times as many
     * @param rowTooLarge bytes of a row that cannot be applied even alone
     */
    ApplierSplitContract(boolean tiDb, int room, int rowTooLarge) {
        super(tiDb);
        this.room = room;
        this.rowTooLarge = rowTooLarge;
    }

    @Test
    void aTransactionTooLargeForTheTargetGoesOnInside() throws Exception {
        write();
        Apply apply = new Apply(4, false, OnMismatch.STOP, OnDataError.STOP, CommitOrder.SOURCE);
        assertThat(applyBreaking(apply)).isGreaterThan(5);
        assertEqual();
    }

    @Test
    void aTransactionOfTooManyRowsGoesOnInside() throws Exception {
        write();
        Apply apply = new Apply(4, false, OnMismatch.STOP, OnDataError.STOP, CommitOrder.ANY, steps() / 8);
        assertThat(applyBreaking(apply)).isGreaterThan(5);
        assertEqual();
    }

    @Test
    void onlyWhatIsTooLargeByItselfIsSplit() throws Exception {
        write();
        Running applier = start(task(new Apply(2, false, OnMismatch.STOP, OnDataError.STOP)));
        awaitTxn(topic.txn());
        applier.stop();
        assertEqual();
        assertThat(reports.stream().mapToLong(ApplierSplitContract::split).max())
                .hasValue(1);
    }

    @Test
    void aRowThatIsTooLargeIsNamed() throws Exception {
        TableStructure wide = create(
                "wide", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"a", "mediumtext"}, {"b", "mediumtext"}});
        topic.insert(wide, 1, "a", "b");
        topic.insert(wide, 2, "a", "y".repeat(rowTooLarge));
        topic.commit();
        topic.flush();
        assertThat(failureOf(start(2, false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A025")
                .hasMessageContaining(
                        "wide, id = 2, transaction 1 row 2 from bin.000001:1000 (" + ApplyTopic.UUID + ":101)");
    }

    private static long split(StatusReport report) {
        return report.figures().getOrDefault("transactionsSplit", 0L);
    }

    /** Small transactions, which come in groups that are too large together, a large one, and small ones again. */
    private void write() throws Exception {
        keyed = create("swaps", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {
            {"k", "int"}, {"u", "int"}, {"v", "varchar(100)"}
        });
        bare = create("journal", "", new String[][] {{"n", "int"}, {"v", "varchar(100)"}});
        for (int k = 1; k <= ROWS; k++) {
            Object[] row = {k, k, PAD};
            rows.put(k, row);
            topic.insert(keyed, row);
        }
        topic.commit();
        for (int i = 0; i < SMALL; i++) {
            change(10);
        }
        topic.flush();
        change(steps());
        for (int i = 0; i < SMALL; i++) {
            change(10);
        }
        topic.flush();
    }

    /** That make several times as many bytes as there is room for. */
    private int steps() {
        return room / 8;
    }

    private void change(int steps) {
        for (int i = 0; i < steps; i++) {
            int kind = random.nextInt(20);
            if (kind < 12) {
                Object[] row = {random.nextInt(3), PAD};
                journal.add(row);
                topic.insert(bare, row);
            } else if (kind == 12 && !journal.isEmpty()) {
                topic.delete(bare, journal.remove(random.nextInt(journal.size())));
            } else if (kind < 16) {
                int k = 1 + random.nextInt(ROWS);
                Object[] row = rows.get(k);
                topic.delete(keyed, row);
                topic.insert(keyed, row);
            } else {
                swap(1 + random.nextInt(ROWS), 1 + random.nextInt(ROWS));
            }
        }
        topic.commit();
    }

    private void swap(int one, int other) {
        if (one == other) {
            return;
        }
        Object[] first = rows.get(one);
        Object[] second = rows.get(other);
        Object[] without = {one, null, PAD};
        Object[] firstAfter = {one, second[1], PAD};
        Object[] secondAfter = {other, first[1], PAD};
        topic.update(keyed, first, without);
        topic.update(keyed, second, secondAfter);
        topic.update(keyed, without, firstAfter);
        rows.put(one, firstAfter);
        rows.put(other, secondAfter);
    }

    /** How many pieces were seen, and answered with a break. */
    private int applyBreaking(Apply apply) throws Exception {
        String user = Servers.freshName("split");
        sql("CREATE USER '" + user + "'@'%'");
        sql("GRANT ALL ON *.* TO '" + user + "'@'%'");
        Running applier =
                start(task(apply, false, new DatabaseConfig(host(), port(), user, new Secret(""), Map.of(), null)));
        int breaks = 0;
        String seen = "";
        String ofTask = " FROM tiderace_meta.checkpoint WHERE task = " + quoted(task);
        while (!metaExists()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            while (value(statement, "SELECT COALESCE(MAX(low_txn), 0)" + ofTask).compareTo(String.valueOf(topic.txn()))
                    != 0) {
                String piece = value(
                        statement,
                        "SELECT COALESCE(MAX(applied_ranges), '')" + ofTask + " AND applied_ranges LIKE '%#%'");
                if (!piece.isEmpty() && !piece.equals(seen)) {
                    seen = piece;
                    if (++breaks % 8 == 0) {
                        statement.execute(
                                "UPDATE tiderace_meta.checkpoint SET epoch = epoch + 1 WHERE task = " + quoted(task));
                    } else {
                        kill(statement, user);
                    }
                }
                assertThat(applier.failure.get()).isNull();
                assertThat(System.nanoTime()).as("in time, after " + breaks).isLessThan(deadline);
            }
        }
        applier.stop();
        System.err.println("breaks " + breaks);
        return breaks;
    }

    private static String value(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void kill(Statement statement, String user) throws SQLException {
        List<Long> sessions = new ArrayList<>();
        try (ResultSet rows =
                statement.executeQuery("SELECT id FROM information_schema.processlist WHERE user = '" + user + "'")) {
            while (rows.next()) {
                sessions.add(rows.getLong(1));
            }
        }
        for (long session : sessions) {
            try {
                statement.execute("KILL " + session);
            } catch (SQLException gone) {
                assertThat(gone.getMessage()).contains("Unknown thread id");
            }
        }
    }

    private void assertEqual() throws SQLException {
        assertThat(query("SELECT CONCAT(k, '|', u) FROM " + schema + ".swaps"))
                .containsExactlyInAnyOrderElementsOf(
                        rows.values().stream().map(row -> row[0] + "|" + row[1]).toList());
        assertThat(query("SELECT n FROM " + schema + ".journal"))
                .containsExactlyInAnyOrderElementsOf(
                        journal.stream().map(row -> String.valueOf(row[0])).toList());
    }
}
