package io.tiderace.tests;

import io.tiderace.config.TaskConfig;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.schemas.TableStructure;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whoever reads the target sees whole source transactions, and with {@code commit-order: source} the source as it was at some moment.
 * Method: money moves between accounts of three tables, and every transaction notes its number in two of six journals; readers look
 * at all of it in one statement, all the time, while appliers with other numbers of lanes take turns. What the source had after each
 * transaction is known as one sum, in which every account weighs differently.
 */
abstract class ApplierOrderContract extends ApplierStand {
    private static final int TABLES = 3;
    private static final int ACCOUNTS = 700;
    private static final int BALANCE = 1_000;
    private static final int TRANSACTIONS = 6_000;

    private final Random random = new Random(11);
    private final List<TableStructure> accounts = new ArrayList<>();
    private final List<TableStructure> here = new ArrayList<>();
    private final List<TableStructure> there = new ArrayList<>();
    private final int[][] balances = new int[TABLES][ACCOUNTS];
    private final long[] weighed = new long[TRANSACTIONS + 1];

    ApplierOrderContract(boolean tiDb) {
        super(tiDb);
    }

    @Test
    void noPartOfATransactionIsEverSeen() throws Exception {
        move(CommitOrder.ANY);
    }

    @Test
    void theTargetIsAlwaysAsTheSourceWas() throws Exception {
        for (Reader reader : move(CommitOrder.SOURCE)) {
            assertThat(reader.outOfOrder).isZero();
            assertThat(reader.steps).isGreaterThan(5);
        }
    }

    /** Each key goes before the next one comes that the target's column may hold equal: in any other order one is in the way of the other. */
    @Test
    void keysThatTheTargetHoldsEqualStayInOrder() throws Exception {
        String[] keys = {
            "abc", "ABC", "abc ", "\u00e1bc", "Abc", "ss", "\u00df", "SS", "x", "x  ", "X", "\u00c5", "a\u030a", "aa"
        };
        List<String> collations = List.of(
                "utf8mb4_bin", "utf8mb4_0900_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci");
        List<TableStructure> tables = new ArrayList<>();
        for (String collation : collations) {
            sql("CREATE TABLE " + schema + "." + collation + " (k VARCHAR(20) COLLATE " + collation
                    + " PRIMARY KEY, v INT) DEFAULT CHARSET utf8mb4");
            TableStructure table = structure(collation, "k", new String[][] {{"k", "varchar(20)"}, {"v", "int"}});
            tables.add(table);
        }
        int last = 1_500;
        for (int i = 0; i <= last; i++) {
            String before = keys[Math.floorMod(i - 1, keys.length)];
            for (TableStructure table : tables) {
                if (i > 0) {
                    topic.delete(table, before, i - 1);
                    topic.commit();
                }
                topic.insert(table, keys[i % keys.length], i);
                topic.commit();
            }
            if (i % 100 == 0) {
                topic.flush();
            }
        }
        topic.flush();
        start(task(new TaskConfig.Apply(8, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.STOP)));
        awaitTxn(topic.txn());
        for (TableStructure table : tables) {
            assertThat(query("SELECT v FROM " + table.name().quoted())).containsExactly(String.valueOf(last));
        }
    }

    /** Four rows, changed all the time by transactions of their own: unique values go from one to another by way of NULL. */
    @Test
    void hotRowsSwapTheirUniqueValuesFromTransactionToTransaction() throws Exception {
        TableStructure hot = create(
                "hot", "PRIMARY KEY (id), UNIQUE KEY (u)", new String[][] {{"id", "int"}, {"u", "int"}, {"n", "int"}});
        Object[][] rows = new Object[4][];
        for (int id = 0; id < rows.length; id++) {
            rows[id] = new Object[] {id, id, 0};
            topic.insert(hot, rows[id]);
        }
        topic.commit();
        for (CommitOrder order : CommitOrder.values()) {
            Running applier = start(task(
                    new TaskConfig.Apply(8, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.STOP, order)));
            for (int i = 0; i < 600; i++) {
                int one = random.nextInt(rows.length);
                int other = (one + 1 + random.nextInt(rows.length - 1)) % rows.length;
                Object first = rows[one][1];
                Object second = rows[other][1];
                take(hot, rows, one, null);
                take(hot, rows, other, first);
                take(hot, rows, one, second);
                if (i % 20 == 0) {
                    topic.flush();
                }
            }
            topic.flush();
            awaitTxn(topic.txn());
            applier.stop();
        }
        for (Object[] row : rows) {
            assertThat(query("SELECT u, n FROM " + schema + ".hot WHERE id = " + row[0]))
                    .containsExactly(row[1] + "|" + row[2]);
        }
    }

    private void take(TableStructure hot, Object[][] rows, int id, Object value) {
        Object[] after = {id, value, (Integer) rows[id][2] + 1};
        topic.update(hot, rows[id], after);
        topic.commit();
        rows[id] = after;
    }

    private List<Reader> move(CommitOrder order) throws Exception {
        createTables();
        applyAll(1);
        int[] lanes = {16, 5, 9};
        for (int i = 1; i <= TRANSACTIONS; i++) {
            transaction(i);
        }
        List<Reader> readers = List.of(new Reader(), new Reader());
        readers.forEach(Thread::start);
        int done = 0;
        for (int lane : lanes) {
            Running applier = start(task(
                    new TaskConfig.Apply(lane, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.STOP, order)));
            done += TRANSACTIONS / lanes.length;
            topic.flush();
            if (lane == 9) {
                awaitTxn(topic.txn());
            } else {
                awaitTxn(done / 2);
            }
            applier.stop();
        }
        for (Reader reader : readers) {
            reader.end();
        }
        long numbers = (long) TRANSACTIONS * (TRANSACTIONS + 1) / 2;
        assertThat(query(SEEN.replace("?", schema)))
                .containsExactly(String.join(
                        "|",
                        String.valueOf(TABLES * ACCOUNTS * BALANCE),
                        String.valueOf(weighed[TRANSACTIONS]),
                        String.valueOf(TRANSACTIONS),
                        String.valueOf(TRANSACTIONS),
                        String.valueOf(numbers),
                        String.valueOf(numbers)));
        return readers;
    }

    private void createTables() throws SQLException {
        for (int i = 0; i < TABLES; i++) {
            accounts.add(
                    create("accounts" + i, "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"balance", "int"}}));
            here.add(create("here" + i, "PRIMARY KEY (id)", new String[][] {{"id", "int"}}));
            there.add(create("there" + i, "PRIMARY KEY (id)", new String[][] {{"id", "int"}}));
            for (int account = 0; account < ACCOUNTS; account++) {
                balances[i][account] = BALANCE;
                weighed[0] += weight(i, account) * BALANCE;
                topic.insert(accounts.get(i), account, BALANCE);
            }
        }
        topic.commit();
    }

    private static long weight(int table, int account) {
        return (long) table * ACCOUNTS + account + 1;
    }

    private void transaction(int number) {
        weighed[number] = weighed[number - 1];
        for (int transfer = random.nextInt(3); transfer >= 0; transfer--) {
            int amount = random.nextInt(100);
            pay(number, -amount);
            pay(number, amount);
        }
        topic.insert(here.get(random.nextInt(TABLES)), number);
        topic.insert(there.get(random.nextInt(TABLES)), number);
        topic.commit();
    }

    private void pay(int number, int amount) {
        int table = random.nextInt(TABLES);
        int account = random.nextInt(random.nextInt(20) == 0 ? 5 : ACCOUNTS); // some are hot
        int before = balances[table][account];
        int after = before + amount;
        balances[table][account] = after;
        weighed[number] += weight(table, account) * amount;
        topic.update(accounts.get(table), new Object[] {account, before}, new Object[] {account, after});
    }

    private static String sum(String of, String table) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < TABLES; i++) {
            String expression = of.replace("#", String.valueOf(i * ACCOUNTS));
            parts.add("(SELECT COALESCE(" + expression + ", 0) FROM ?." + table + i + ")");
        }
        return String.join(" + ", parts);
    }

    /** Sum, weighed sum, and of the two journals the counts and the sums of numbers. */
    private static final String SEEN = "SELECT " + sum("SUM(balance)", "accounts") + ", "
            + sum("SUM(balance * (id + 1 + #))", "accounts") + ", " + sum("COUNT(*)", "here") + ", "
            + sum("COUNT(*)", "there") + ", " + sum("SUM(id)", "here") + ", " + sum("SUM(id)", "there");

    /** Reads all the time. */
    private final class Reader extends Thread {
        private volatile boolean isEnding;
        private volatile Throwable failure;
        private int steps;
        private int outOfOrder;

        @Override
        public void run() {
            try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false); // one view for all parts of the query
                long last = -1;
                while (!isEnding) {
                    TimeUnit.MILLISECONDS.sleep(3);
                    try (ResultSet row = statement.executeQuery(SEEN.replace("?", schema))) {
                        row.next();
                        long count = row.getLong(3);
                        requireWhole(row, count);
                        if (row.getLong(5) != count * (count + 1) / 2) { // not the first so many
                            outOfOrder++;
                        } else {
                            assertThat(row.getLong(2)).as("after " + count).isEqualTo(weighed[(int) count]);
                        }
                        steps += count == last ? 0 : 1;
                        last = count;
                    }
                    connection.rollback();
                }
            } catch (Throwable e) {
                failure = e;
            }
        }

        private void requireWhole(ResultSet row, long count) throws SQLException {
            assertThat(row.getLong(1)).isEqualTo(TABLES * ACCOUNTS * BALANCE);
            assertThat(row.getLong(4)).isEqualTo(count);
            assertThat(row.getLong(6)).isEqualTo(row.getLong(5));
        }

        private void end() throws InterruptedException {
            isEnding = true;
            join();
            System.err.println("states seen: " + steps + ", out of order: " + outOfOrder);
            assertThat(failure).isNull();
        }
    }
}
