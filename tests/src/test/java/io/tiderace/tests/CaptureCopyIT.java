package io.tiderace.tests;

import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.TideraceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: copy and stream together give the source, exactly once, whenever capture is stopped. Method: tables with and without a key are copied while
 * they change, capture is stopped and started again, the relay topic is applied to maps, and these are compared with the source.
 */
class CaptureCopyIT {
    @Test
    void aCopyThatIsInterruptedEndsEqual() throws Exception {
        String schema = Servers.freshName("copy");
        Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null);
        prepare(source, schema);
        AtomicBoolean isOver = new AtomicBoolean();
        Thread changes = new Thread(() -> change(source, schema, isOver));
        changes.start();
        try (source) {
            for (int restart = 0; restart < 2; restart++) {
                source.begin();
                for (int i = 0; i < 500 && !source.isCopying(); i++) {
                    Thread.sleep(20);
                }
                source.end();
            }
            source.begin();
            source.readUntil(
                    event -> event instanceof SnapshotProgress progress && progress.progress() == Progress.COPY_END);
            Thread.sleep(1000);
            isOver.set(true);
            changes.join();
            source.execute("CREATE TABLE done (id int)");
            List<ChangeEvent> events = source.readUntil(event ->
                    event instanceof SchemaChange change && change.statement().contains("TABLE done"));
            assertThat(events)
                    .as("a transaction between the first and the last time that tables were read")
                    .anyMatch(event -> event instanceof Commit commit && commit.replay());
            assertThat(applied(events, "keyed")).isEqualTo(rows(source, schema, "keyed"));
            assertThat(applied(events, "pairs")).isEqualTo(rows(source, schema, "pairs"));
            assertThat(counted(events)).isEqualTo(bag(source, schema));
        } finally {
            isOver.set(true);
            changes.join();
        }
    }

    @Test
    void aTaskThatOnlyCopiesEndsByItself() throws Exception {
        String schema = Servers.freshName("full");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.FULL, null)) {
            prepare(source, schema);
            source.begin();
            assertThat(source.failure()).isNull();
            assertThat(source.isRunning()).isFalse();
            List<ChangeEvent> events = source.readUntil(event -> event instanceof Commit commit
                    && commit.snapshot()
                    && commit.gtidSet() != null
                    && commit.rows() == 1);
            assertThat(applied(events, "keyed")).isEqualTo(rows(source, schema, "keyed"));
            assertThat(counted(events)).isEqualTo(bag(source, schema));
        }
    }

    @Test
    void withoutThePrivilegeToLockTheCopyWorksToo() throws Exception {
        String schema = Servers.freshName("nolock");
        try (Captured source =
                new Captured(Servers.source(), schema, TaskConfig.Mode.FULL, null, "u_" + schema, "secret")) {
            prepare(source, schema);
            source.execute(
                    "CREATE USER 'u_" + schema + "'@'%' IDENTIFIED BY 'secret'",
                    "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'u_" + schema + "'@'%'");
            source.begin();
            assertThat(source.failure()).isNull();
            List<ChangeEvent> events = source.readUntil(event -> event instanceof Commit commit
                    && commit.snapshot()
                    && commit.gtidSet() != null
                    && commit.rows() == 1);
            assertThat(applied(events, "pairs")).isEqualTo(rows(source, schema, "pairs"));
        }
    }

    @Test
    void aWrongPasswordAndAMissingPrivilegeAreSaid() throws Exception {
        String schema = Servers.freshName("denied");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null, "root", "wrong")) {
            source.begin();
            assertThat(source.failure()).isInstanceOfSatisfying(TideraceException.SourceException.class, e -> {
                assertThat(e.code()).isEqualTo("TR-C015");
                assertThat(e.cure()).contains("GRANT SELECT");
            });
        }
        try (Captured source =
                new Captured(Servers.source(), schema, TaskConfig.Mode.INCREMENTAL, null, "u_" + schema, "secret")) {
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE USER 'u_" + schema + "'@'%' IDENTIFIED BY 'secret'");
                statement.execute("GRANT SELECT ON *.* TO 'u_" + schema + "'@'%'");
            }
            source.begin();
            assertThat(source.failure())
                    .isInstanceOfSatisfying(TideraceException.SourceException.class, e -> assertThat(e.code())
                            .isEqualTo("TR-C016"));
        }
    }

    private static void prepare(Captured source, String schema) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
        }
        source.execute(
                "CREATE TABLE keyed (id int primary key auto_increment, v varchar(200), n int)",
                "CREATE TABLE pairs (a varchar(20) character set latin1, b decimal(10,2), v int, primary key (a, b))",
                "CREATE TABLE bag (v int, w varchar(20))",
                "CREATE TABLE skipped (v int)",
                "SET SESSION cte_max_recursion_depth = 1000000",
                "INSERT INTO keyed (v, n) WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 60000)"
                        + " SELECT repeat('x', i % 150), i FROM s",
                "INSERT INTO pairs SELECT concat('é', n % 300), n / 7, n FROM keyed LIMIT 30000",
                "INSERT INTO bag SELECT n % 1000, 'w' FROM keyed LIMIT 30000",
                "INSERT INTO keyed (v, n) SELECT v, n FROM keyed",
                "INSERT INTO keyed (v, n) SELECT v, n FROM keyed");
    }

    private static void change(Captured source, String schema, AtomicBoolean isOver) {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            connection.setAutoCommit(false);
            for (int i = 0; !isOver.get(); i++) {
                statement.execute("UPDATE keyed SET n = n + 1 WHERE id = " + (i * 7919 % 240000 + 1));
                statement.execute("DELETE FROM keyed WHERE id = " + (i * 104729 % 240000 + 1));
                statement.execute("INSERT INTO keyed (v, n) VALUES ('new', " + i + ")");
                statement.execute("UPDATE pairs SET v = v + 1 WHERE a = 'é" + i % 300 + "' LIMIT 2");
                statement.execute("INSERT INTO bag VALUES (" + i % 1000 + ", 'live')");
                statement.execute("DELETE FROM bag WHERE v = " + i % 997 + " LIMIT 1");
                connection.commit();
                Thread.sleep(5);
            }
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The table's rows after all changes, by key, with the tolerance that replayed transactions ask for. */
    private static Map<String, String> applied(List<ChangeEvent> events, String table) {
        Map<String, String> rows = new TreeMap<>();
        Set<Long> replayed = new HashSet<>();
        events.forEach(event -> {
            if (event instanceof Commit commit && commit.replay()) {
                replayed.add(commit.txn());
            }
        });
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals(table)) {
                String removed = row.before() == null ? null : rows.remove(key(table, row.before()));
                if (row.before() != null && !replayed.contains(row.txn())) {
                    assertThat(removed).as("before image of %s", event).isEqualTo(shown(row.before()));
                }
                if (row.after() != null) {
                    String before = rows.put(key(table, row.after()), shown(row.after()));
                    if (!replayed.contains(row.txn())) {
                        assertThat(before).as("what %s overwrites", event).isNull();
                    }
                }
            }
        }
        return rows;
    }

    private static Map<String, Integer> counted(List<ChangeEvent> events) {
        Map<String, Integer> rows = new HashMap<>();
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals("bag")) {
                if (row.before() != null) {
                    rows.merge(shown(row.before()), -1, Integer::sum);
                }
                if (row.after() != null) {
                    rows.merge(shown(row.after()), 1, Integer::sum);
                }
            }
        }
        rows.values().removeIf(count -> count == 0);
        return new TreeMap<>(rows);
    }

    private static String key(String table, Object[] image) {
        return table.equals("keyed") ? String.valueOf(image[0]) : image[0] + "/" + image[1];
    }

    private static String shown(Object[] image) {
        return java.util.Arrays.toString(image);
    }

    private static Map<String, String> rows(Captured source, String schema, String table) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT * FROM " + schema + "." + table)) {
            while (result.next()) {
                Object[] image = {result.getString(1), result.getString(2), result.getString(3)};
                rows.put(key(table, image), shown(image));
            }
        }
        return rows;
    }

    private static Map<String, Integer> bag(Captured source, String schema) throws SQLException {
        Map<String, Integer> rows = new TreeMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT v, w FROM " + schema + ".bag")) {
            while (result.next()) {
                rows.merge(shown(new Object[] {result.getString(1), result.getString(2)}), 1, Integer::sum);
            }
        }
        return rows;
    }
}
