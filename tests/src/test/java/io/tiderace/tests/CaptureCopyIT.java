package io.tiderace.tests;

import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.TideraceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
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
            assertThat(CopiedRows.applied(events, "keyed", 1)).isEqualTo(CopiedRows.source(source, schema, "keyed", 1));
            assertThat(CopiedRows.applied(events, "pairs", 2)).isEqualTo(CopiedRows.source(source, schema, "pairs", 2));
            assertThat(CopiedRows.counted(events, "bag")).isEqualTo(CopiedRows.sourceCounted(source, schema, "bag"));
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
            assertThat(CopiedRows.applied(events, "keyed", 1)).isEqualTo(CopiedRows.source(source, schema, "keyed", 1));
            assertThat(CopiedRows.counted(events, "bag")).isEqualTo(CopiedRows.sourceCounted(source, schema, "bag"));
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
            assertThat(CopiedRows.applied(events, "pairs", 2)).isEqualTo(CopiedRows.source(source, schema, "pairs", 2));
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
}
