package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: whatever a session sets, its changes come as they are or stop capture with an error that names table and place. */
class CaptureSessionsIT {
    private static MySqlServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = MySqlServer.start("--secure-file-priv=", "--max-execution-time=1", "--default-time-zone=+05:30");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private CaptureStand stand() throws SQLException {
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))");
        return stand;
    }

    private static List<Object> ids(RelayReader relay, String table) {
        return relay.rows(table).stream()
                .map(row -> (row.after() == null ? row.before() : row.after())[0])
                .toList();
    }

    @Test
    void savepoints() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.start();
            stand.execute(
                    "BEGIN",
                    "INSERT INTO t VALUES (1, 'a')",
                    "SAVEPOINT one",
                    "INSERT INTO t VALUES (2, 'b')",
                    "ROLLBACK TO SAVEPOINT one",
                    "INSERT INTO t VALUES (3, 'c')",
                    "SAVEPOINT `two x`",
                    "UPDATE t SET v = 'd'",
                    "RELEASE SAVEPOINT `two x`",
                    "SAVEPOINT one",
                    "DELETE FROM t",
                    "ROLLBACK TO one",
                    "COMMIT");
            RelayReader relay = stand.readAll();
            assertThat(ids(relay, "t")).containsExactly(1, 3, 1, 3);
            assertThat(relay.commits()).extracting(Commit::rows).contains(4L);
        }
    }

    @Test
    void loadData() throws Exception {
        Path file = folder.resolve("rows.txt");
        Files.writeString(file, "1\tone\n2\tzwei mit ü\n3\t\\N\n");
        file.toFile().setReadable(true, false);
        folder.toFile().setExecutable(true, false);
        try (CaptureStand stand = stand()) {
            stand.start();
            String load = "LOAD DATA INFILE '" + file + "' REPLACE INTO TABLE t CHARACTER SET utf8mb4";
            stand.execute(load);
            RelayReader relay = stand.readAll();
            assertThat(relay.rows("t"))
                    .extracting(RowChange::after)
                    .containsExactly(new Object[] {1, "one"}, new Object[] {2, "zwei mit ü"}, new Object[] {3, null});
            stand.execute("SET SESSION binlog_format = STATEMENT", load);
            require(stand.failure(), "TR-C034", "table t");
        }
    }

    private static void require(TideraceException error, String code, String named) {
        assertThat(error).isInstanceOf(DataException.class);
        assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
        assertThat(error.problem()).contains("GTID ").contains("binlog.").contains(named);
        assertThat(error.cure()).isNotEmpty();
    }

    @Test
    void statementsInsteadOfRows() throws Exception {
        for (String change : List.of(
                "INSERT INTO t VALUES (7, 'x')",
                "REPLACE INTO t VALUES (8, 'x')",
                "DELETE FROM t",
                "UPDATE t SET v = 'y'",
                "CREATE TABLE made AS SELECT id FROM t")) {
            try (CaptureStand stand = stand()) {
                stand.execute("INSERT INTO t VALUES (1, 'a')", "CREATE TABLE left_out (id INT PRIMARY KEY)");
                stand.start();
                stand.execute("SET SESSION binlog_format = MIXED", "INSERT INTO left_out VALUES (1)");
                stand.execute("CREATE TABLE left_out_too AS SELECT * FROM left_out");
                assertThat(stand.readAll().statements()).isEmpty();
                stand.execute(change);
                require(stand.failure(), "TR-C034", change.startsWith("CREATE") ? "made" : "table t");
            }
        }
    }

    @Test
    void rowImagesWithoutBlobs() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute("CREATE TABLE b (id INT PRIMARY KEY, v INT, doc TEXT)", "INSERT INTO b VALUES (1, 1, 'd')");
            stand.start();
            stand.execute(
                    "SET SESSION binlog_row_image = NOBLOB",
                    "INSERT INTO t VALUES (1, 'whole: there is no blob')",
                    "UPDATE t SET v = 'as well'");
            assertThat(stand.readAll().rows("t")).hasSize(2);
            stand.execute("UPDATE b SET v = 2");
            require(stand.failure(), "TR-C032", stand.schema() + ".b");
        }
    }

    @Test
    void partsOfJson() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute(
                    "CREATE TABLE j (id INT PRIMARY KEY, j JSON)",
                    "CREATE TABLE left_out (id INT PRIMARY KEY, j JSON)",
                    "INSERT INTO j VALUES (1, JSON_OBJECT('a', REPEAT('x', 1000), 'b', 'y'))",
                    "INSERT INTO left_out SELECT * FROM j");
            stand.start();
            stand.execute(
                    "SET SESSION binlog_row_value_options = PARTIAL_JSON",
                    "UPDATE left_out SET j = JSON_SET(j, '$.b', 'z')");
            stand.readAll();
            stand.execute("UPDATE j SET j = JSON_SET(j, '$.b', 'z')");
            require(stand.failure(), "TR-C037", stand.schema() + ".j");
        }
    }

    @Test
    void temporaryTablesOfTheSameName() throws Exception {
        for (String format : List.of("ROW", "STATEMENT")) {
            try (CaptureStand stand = stand()) {
                stand.start();
                useTemporaryTables(stand, format);
                stand.execute("INSERT INTO t VALUES (2, 'real')");
                RelayReader relay = stand.readAll();
                assertThat(relay.statements()).isEmpty();
                assertThat(ids(relay, "t")).endsWith(2).hasSize(format.equals("ROW") ? 2 : 1);
            }
        }
    }

    private static void useTemporaryTables(CaptureStand stand, String format) throws SQLException {
        try (Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            session.execute("USE " + stand.schema());
            session.execute("SET SESSION binlog_format = " + format);
            session.execute("CREATE TEMPORARY TABLE t (a VARCHAR(10), b DATE)");
            session.execute("ALTER TABLE t ADD COLUMN c INT, DROP COLUMN b");
            session.execute("CREATE INDEX i ON t (a)");
            session.execute("TRUNCATE TABLE t");
            session.execute("DROP INDEX i ON t");
            if (format.equals("ROW")) {
                session.execute("INSERT INTO t VALUES ('hidden', 1)");
                session.execute("CREATE TEMPORARY TABLE u SELECT * FROM t");
                session.execute("DROP TABLE t");
                session.execute("INSERT INTO t VALUES (1, 'real')");
            }
            session.execute("CREATE TEMPORARY TABLE left_to_the_server (a INT)");
        }
    }

    @Test
    void timeZonesAndSqlModes() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.start();
            stand.execute(
                    "SET time_zone = '-07:00'",
                    "CREATE TABLE z (id INT PRIMARY KEY, ts TIMESTAMP(3) NULL, d DATETIME(3),"
                            + " e TIMESTAMP NULL DEFAULT '2024-01-01 00:00:00')",
                    "INSERT INTO z (id, ts, d) VALUES (1, '2024-06-30 20:00:00.5', '2024-06-30 20:00:00.5')",
                    "SET time_zone = '+13:00'",
                    "INSERT INTO z (id, ts, d) VALUES (2, '2024-07-01 16:00:00.5', '2024-06-30 20:00:00.5')",
                    "SET GLOBAL time_zone = '-03:30'",
                    "UPDATE z SET ts = ts + INTERVAL 1 SECOND",
                    "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,NO_BACKSLASH_ESCAPES'",
                    "CREATE TABLE \"m o\" (\"id\" INT PRIMARY KEY, \"a\" VARCHAR(9) DEFAULT 'x\\', e ENUM('\\','\"'))",
                    "INSERT INTO \"m o\" (\"id\", e) VALUES (1, '\\')",
                    "ALTER TABLE \"m o\" ADD COLUMN \"b\" VARCHAR(9) DEFAULT '\\' AFTER \"id\"",
                    "INSERT INTO \"m o\" (\"id\") VALUES (2)",
                    "SET SESSION sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'",
                    "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, c CHAR(5), d DATE)",
                    "INSERT INTO p VALUES (0, 'a', '2024-02-31'), (NULL, 'b ', '0000-00-00')",
                    "SET SESSION sql_mode = 'REAL_AS_FLOAT'",
                    "CREATE TABLE r (id INT PRIMARY KEY, r REAL, d DOUBLE)",
                    "INSERT INTO r VALUES (1, 0.1, 0.1)",
                    "SET SESSION sql_mode = ''",
                    "SET GLOBAL time_zone = '+05:30'",
                    "SET time_zone = '+00:00'");
            RelayReader relay = stand.readAll();
            String zoned = "2024-01-01 07:00:00"; // the default of the session that made the table
            assertThat(relay.rows("z"))
                    .extracting(RowChange::after)
                    .containsExactly(
                            new Object[] {1, "2024-07-01 03:00:00.500", "2024-06-30 20:00:00.500", zoned},
                            new Object[] {2, "2024-07-01 03:00:00.500", "2024-06-30 20:00:00.500", zoned},
                            new Object[] {1, "2024-07-01 03:00:01.500", "2024-06-30 20:00:00.500", zoned},
                            new Object[] {2, "2024-07-01 03:00:01.500", "2024-06-30 20:00:00.500", zoned});
            assertThat(relay.rows("m o"))
                    .extracting(RowChange::after)
                    .containsExactly(new Object[] {1, "x\\", "\\"}, new Object[] {2, "\\", "x\\", null});
            assertThat(relay.rows("p"))
                    .extracting(RowChange::after)
                    .containsExactly(new Object[] {0, "a", "2024-02-31"}, new Object[] {1, "b", "0000-00-00"});
            assertThat(relay.rows("r").get(0).after()).containsExactly(1, 0.1f, 0.1);
            assertThat(relay.statements().get(0).context().timeZone()).isEqualTo("-07:00");
            assertThat(relay.statements())
                    .extracting(change -> change.context().sqlMode())
                    .anyMatch(mode -> mode.contains("NO_BACKSLASH_ESCAPES") && mode.contains("ANSI_QUOTES"));
        }
    }

    @Test
    void ddlOnManyTablesAndOnNone() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute("CREATE TABLE left_out (id INT PRIMARY KEY)", "CREATE TABLE u (id INT PRIMARY KEY)");
            stand.start();
            stand.execute(
                    "CREATE TABLE IF NOT EXISTS t (other INT)",
                    "DROP TABLE IF EXISTS never, left_out_never",
                    "INSERT INTO t VALUES (1, 'a')",
                    "DROP TABLE IF EXISTS left_out, u, never",
                    "CREATE TABLE u (id INT PRIMARY KEY, fresh INT)",
                    "INSERT INTO u VALUES (1, 2)",
                    "DROP VIEW IF EXISTS never",
                    "DROP TABLE IF EXISTS left_out",
                    "ALTER TABLE t RENAME TO left_out_now",
                    "RENAME TABLE left_out_now TO t, u TO left_out_u",
                    "INSERT INTO t VALUES (2, 'b')",
                    "DROP DATABASE IF EXISTS " + stand.schema() + "_new");
            RelayReader relay = stand.readAll();
            assertThat(ids(relay, "t")).containsExactly(1, 2);
            assertThat(relay.rows("u").get(0).after()).containsExactly(1, 2);
            assertThat(relay.statements())
                    .extracting(SchemaChange::statement)
                    .anyMatch(sql -> sql.startsWith("RENAME TABLE left_out_now"))
                    .noneMatch(sql -> sql.contains("VIEW"));
        }
    }

    @Test
    void longQueriesOfACopyAreNotCutOff() throws Exception {
        String schema = Servers.freshName("limited");
        try (Captured source = new Captured(server, schema, TaskConfig.Mode.ALL, null);
                Connection connection = source.connect();
                Statement session = connection.createStatement()) {
            session.execute("CREATE DATABASE " + schema);
            session.execute("USE " + schema);
            session.execute("SET cte_max_recursion_depth = 1000000, max_execution_time = 0");
            session.execute("CREATE TABLE t (id INT, pad VARCHAR(200))"); // no key: read by one query
            session.execute(
                    "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                            + " SELECT i, REPEAT('x', 200) FROM n");
            source.begin();
            long rows = source
                    .readUntil(event -> event instanceof ChangeEvent.SnapshotProgress progress
                            && progress.progress() == ChangeEvent.Progress.COPY_END)
                    .stream()
                    .filter(RowChange.class::isInstance)
                    .count();
            assertThat(rows).isEqualTo(100_000);
        }
    }
}
