package io.tiderace.tests;

import io.tiderace.cli.MariaDbServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: tables that are added to a running source come whole and exactly once, whatever happens meanwhile, and the stream of the others goes on. Method:
 * all tables are written to while some of them are added, capture is stopped and killed, tables are altered; the relay topic is applied to maps, and
 * these are compared with the source.
 */
@Timeout(300)
class CaptureAddedIT {
    private static final int ROWS = 60_000;

    @TempDir
    Path folder;

    private final String schema = Servers.freshName("added");

    @Test
    void tablesAreAddedUnderLoadWithStopsAndStatements() throws Exception {
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source);
            source.leavesOut("keyed", "pairs", "bag").begin();
            try (Load load = new Load(source)) {
                source.readUntil(CaptureAddedIT::isCopyEnd);
                source.end();
                source.leavesOut("none").begin();
                awaitRows(source, 1);
                source.execute("ALTER TABLE keyed ADD COLUMN w INT NOT NULL DEFAULT 7");
                awaitRows(source, ROWS / 3);
                source.end();
                source.begin();
                awaitRows(source, ROWS / 4);
                source.execute(
                        "RENAME TABLE pairs TO couples",
                        "RENAME TABLE couples TO pairs",
                        "ALTER TABLE pairs COMMENT 'x'");
                source.readUntil(copyEnds(2));
                Thread.sleep(500);
                assertThat(load.transactions).isPositive();
            }
            List<ChangeEvent> events = readToEnd(source);
            requireEqual(source, events);
            assertThat(events)
                    .as("the stream goes on while tables are copied")
                    .anyMatch(event -> event instanceof Commit commit && commit.replay() && !commit.snapshot());
            assertThat(source.report().copy()).isNull();
        }
    }

    @Test
    void aKilledCaptureGoesOnWithTheTablesThatAreMissing() throws Exception {
        long seed = Long.getLong("tiderace.seed", System.nanoTime());
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source);
            source.leavesOut("keyed", "pairs", "bag").begin();
            try (Load load = new Load(source)) {
                source.readUntil(CaptureAddedIT::isCopyEnd);
                source.end();
                JavaProcess process = source.leavesOut("none").process(folder.resolve("capture.log"));
                for (int kill = 0; kill < 5; kill++) {
                    Thread.sleep(1800 + random.nextInt(1200));
                    process.kill();
                    process.start();
                }
                source.readUntil(copyEnds(2));
                assertThat(load.transactions).isPositive();
                process.kill();
            }
            source.begin();
            requireEqual(source, readToEnd(source));
        }
    }

    @Test
    void anIdleSourceIsCopiedToo() throws Exception {
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source);
            source.leavesOut("keyed", "pairs", "bag").begin();
            source.readUntil(CaptureAddedIT::isCopyEnd);
            source.end();
            source.execute("FLUSH LOGS");
            source.leavesOut("none").begin();
            source.readUntil(copyEnds(2));
            source.end();
            // what is whole is not copied again, what is left out and taken in again is
            source.begin();
            source.execute("CREATE TABLE later (id INT PRIMARY KEY)", "INSERT INTO later VALUES (1)");
            List<ChangeEvent> events = readToEnd(source);
            requireEqual(source, events);
            assertThat(events.stream().filter(CaptureAddedIT::isCopyEnd)).hasSize(2);
        }
    }

    @Test
    void aServerWithoutGtidsIsLockedForMoments() throws Exception {
        try (var server = io.tiderace.cli.MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");
                Captured source = new Captured(server, schema, TaskConfig.Mode.ALL, null)) {
            prepare(source);
            source.leavesOut("keyed", "pairs", "bag").begin();
            try (Load load = new Load(source)) {
                source.readUntil(CaptureAddedIT::isCopyEnd);
                source.end();
                source.leavesOut("none").begin();
                source.readUntil(copyEnds(2));
                assertThat(load.transactions).isPositive();
            }
            requireEqual(source, readToEnd(source));
        }
    }

    @Test
    void aMariaDbSaysWhereItsSnapshotsAre() throws Exception {
        try (MariaDbServer server = MariaDbServer.start("11.4.5");
                Captured source = new Captured(server, schema, TaskConfig.Mode.ALL)) {
            prepare(source, "max_recursive_iterations");
            source.leavesOut("keyed", "pairs", "bag").begin();
            try (Load load = new Load(source)) {
                source.readUntil(CaptureAddedIT::isCopyEnd);
                source.end();
                source.leavesOut("none").begin();
                source.readUntil(copyEnds(2));
                assertThat(load.transactions).isPositive();
            }
            requireEqual(source, readToEnd(source));
        }
    }

    @Test
    void aTaskCannotTakeATableThatAnotherHasHad() throws Exception {
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source);
            source.leavesOut("keyed", "bag").begin();
            source.readUntil(CaptureAddedIT::isCopyEnd);
            source.end();
            source.with("other", "pairs").begin(); // takes what the first one left out
            source.readUntil(copyEnds(2));
            source.end();
            source.leavesOut("bag").begin();
            assertThat(source.failure()).isInstanceOfSatisfying(ConfigException.class, e -> assertThat(e.code())
                    .isEqualTo("TR-C044"));
        }
    }

    private void prepare(Captured source) throws SQLException {
        prepare(source, "cte_max_recursion_depth");
    }

    private void prepare(Captured source, String depth) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
        }
        source.execute(
                "CREATE TABLE base (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "CREATE TABLE keyed (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200), n INT, UNIQUE KEY (n))",
                "CREATE TABLE pairs (a VARCHAR(20) CHARACTER SET latin1, b DECIMAL(10,2), v INT, PRIMARY KEY (a, b))",
                "CREATE TABLE bag (v INT, w VARCHAR(20))",
                "SET SESSION " + depth + " = 1000000",
                "INSERT INTO keyed (v, n) WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < "
                        + ROWS + ") SELECT REPEAT('x', i % 150), -i FROM s",
                "INSERT INTO pairs SELECT CONCAT('é', -n % 300), -n / 7, -n FROM keyed LIMIT " + ROWS / 2,
                "INSERT INTO bag SELECT -n % 1000, 'w' FROM keyed LIMIT " + ROWS / 4);
    }

    /** Changes of all tables, small transactions one after the other. */
    private final class Load implements AutoCloseable {
        private final Captured source;
        private final Thread thread;
        private final AtomicReference<Exception> failure = new AtomicReference<>();
        private volatile boolean isOver;
        private volatile int transactions;

        Load(Captured source) {
            this.source = source;
            thread = new Thread(this::work, "load");
            thread.start();
        }

        private void work() {
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("USE " + schema);
                connection.setAutoCommit(false);
                for (int i = 0; !isOver; i++) {
                    int id = (int) ((long) i * 7919 % ROWS) + 1;
                    statement.execute("INSERT INTO base (v) VALUES (" + i + ")");
                    statement.execute("UPDATE keyed SET v = CONCAT('u', " + i + ") WHERE id = " + id);
                    statement.execute("DELETE FROM keyed WHERE id = " + ((long) i * 104729 % ROWS + 1));
                    statement.execute("UPDATE keyed SET id = " + (-1 - i) + " WHERE id = " + (id / 2));
                    statement.execute("UPDATE IGNORE keyed SET id = " + (id / 2) + " WHERE id = " + (2 - i));
                    statement.execute("INSERT INTO keyed (v, n) VALUES ('new', " + (i + 1) + ")");
                    statement.execute("UPDATE keyed SET n = n + 10000000 WHERE n = " + (i - 20));
                    changePairs(statement, i);
                    statement.execute("INSERT INTO bag VALUES (" + i % 1000 + ", 'live')");
                    statement.execute("DELETE FROM bag WHERE v = " + i % 997 + " LIMIT 1");
                    connection.commit();
                    transactions = i + 1;
                }
            } catch (SQLException e) {
                failure.set(e);
            }
        }

        /** The table is away for moments while it is renamed. */
        private void changePairs(Statement statement, int i) throws SQLException {
            try {
                statement.execute("UPDATE pairs SET v = v + 1, a = UPPER(a) WHERE a = 'é" + i % 300 + "' LIMIT 2");
                statement.execute("DELETE FROM pairs WHERE a = 'é" + i % 293 + "' LIMIT 1");
                statement.execute("INSERT IGNORE INTO pairs VALUES ('É" + i % 293 + "', " + i % 7 + ", 1)");
            } catch (SQLException e) {
                if (e.getErrorCode() != 1146) {
                    throw e;
                }
            }
        }

        @Override
        public void close() {
            isOver = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (failure.get() != null) {
                throw new AssertionError("the load failed", failure.get());
            }
        }
    }

    private static boolean isCopyEnd(ChangeEvent event) {
        return event instanceof SnapshotProgress progress && progress.progress() == Progress.COPY_END;
    }

    private static Predicate<ChangeEvent> copyEnds(int count) {
        Set<Long> ends = new HashSet<>();
        return event -> {
            if (isCopyEnd(event)) {
                ends.add(event.txn());
            }
            return ends.size() == count;
        };
    }

    private static void awaitRows(Captured source, long rows) throws InterruptedException {
        long until = System.nanoTime() + 30_000_000_000L;
        while (source.report() == null
                || source.report().copy() == null
                || source.report().copy().rows() < rows) {
            assertThat(System.nanoTime()).as("%s", source.report()).isLessThan(until);
            if (source.report() != null
                    && source.report().copy() == null
                    && source.report().phase().equals("streaming")) {
                return; // over already
            }
            Thread.sleep(5);
        }
    }

    private List<ChangeEvent> readToEnd(Captured source) throws SQLException {
        source.execute("CREATE TABLE done (id INT)");
        return source.readUntil(event ->
                event instanceof SchemaChange change && change.statement().contains("TABLE done"));
    }

    private void requireEqual(Captured source, List<ChangeEvent> events) throws SQLException {
        for (String table : List.of("base", "keyed", "pairs")) {
            assertThat(applied(events, table)).as(table).isEqualTo(rows(source, table));
        }
        assertThat(counted(events)).isEqualTo(bag(source));
    }

    /** The table's rows after all changes, by key, with the tolerance that replayed transactions ask for. */
    private static Map<String, String> applied(List<ChangeEvent> events, String table) {
        Map<String, List<Object>> rows = new TreeMap<>();
        Set<Long> replayed = new HashSet<>();
        events.forEach(event -> {
            if (event instanceof Commit commit && commit.replay()) {
                replayed.add(commit.txn());
            }
        });
        boolean isKnown = false;
        for (ChangeEvent event : events) {
            if (event instanceof SchemaChange change) {
                isKnown |= change.statement().contains("`" + table + "`")
                        || change.statement().contains("TABLE " + table);
                if (table.equals("keyed") && change.statement().startsWith("ALTER TABLE keyed ADD COLUMN")) {
                    rows.values().forEach(row -> row.add(7));
                }
            }
            if (event instanceof RowChange row && row.table().name().table().equals(table)) {
                assertThat(isKnown).as("the structure comes before the rows").isTrue();
                boolean isReplay = replayed.contains(row.txn());
                List<Object> removed = row.before() == null ? null : rows.remove(key(table, row.before()));
                if (row.before() != null && !isReplay) {
                    assertThat(removed).as("before image of %s", event).isEqualTo(Arrays.asList(row.before()));
                }
                if (row.after() != null) {
                    List<Object> before =
                            rows.put(key(table, row.after()), new ArrayList<>(Arrays.asList(row.after())));
                    if (!isReplay) {
                        assertThat(before).as("what %s overwrites", event).isNull();
                    }
                }
            }
        }
        Map<String, String> shown = new TreeMap<>();
        rows.forEach((key, row) -> shown.put(key, row.toString()));
        return shown;
    }

    private static Map<String, Integer> counted(List<ChangeEvent> events) {
        Map<String, Integer> rows = new TreeMap<>();
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals("bag")) {
                if (row.before() != null) {
                    rows.merge(Arrays.toString(row.before()), -1, Integer::sum);
                }
                if (row.after() != null) {
                    rows.merge(Arrays.toString(row.after()), 1, Integer::sum);
                }
            }
        }
        rows.values().removeIf(count -> count == 0);
        return rows;
    }

    private static String key(String table, Object[] image) {
        return table.equals("pairs") ? image[0] + "/" + image[1] : String.valueOf(image[0]);
    }

    private Map<String, String> rows(Captured source, String table) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT * FROM " + schema + "." + table)) {
            while (result.next()) {
                Object[] image = new Object[result.getMetaData().getColumnCount()];
                for (int i = 0; i < image.length; i++) {
                    image[i] = result.getString(i + 1);
                }
                rows.put(key(table, image), Arrays.toString(image));
            }
        }
        return rows;
    }

    private Map<String, Integer> bag(Captured source) throws SQLException {
        Map<String, Integer> rows = new TreeMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT v, w FROM " + schema + ".bag")) {
            while (result.next()) {
                rows.merge(Arrays.toString(new Object[] {result.getString(1), result.getString(2)}), 1, Integer::sum);
            }
        }
        return rows;
    }
}
