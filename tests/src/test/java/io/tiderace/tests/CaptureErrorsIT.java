package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what cannot be carried stops capture with one error that names the place and the cure; what does not concern it does not. */
class CaptureErrorsIT {
    @TempDir
    Path folder;

    private CaptureStand stand() throws SQLException {
        MySqlServer server = Servers.source();
        return new CaptureStand(folder, server.jdbcUrl(), server.port());
    }

    private static void require(TideraceException found, String code, Class<? extends TideraceException> kind) {
        assertThat(found.code()).as(found.getMessage()).isEqualTo(code);
        assertThat(found).isInstanceOf(kind);
        assertThat(found.problem()).contains("source ");
        assertThat(found.cure()).isNotEmpty();
    }

    @Test
    void aWrongPasswordIsRefused() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.start(stand.source().as("root", "wrong"));
            require(stand.failure(), "TR-C015", SourceException.class);
        }
    }

    @Test
    void aMissingPrivilegeIsNamed() throws Exception {
        try (CaptureStand stand = stand()) {
            String user = stand.schema() + "_user";
            stand.execute(
                    "CREATE USER " + user + "@'%' IDENTIFIED BY 'secret'", "GRANT SELECT ON *.* TO " + user + "@'%'");
            stand.start(stand.source().as(user, "secret"));
            TideraceException noClient = stand.failure();
            require(noClient, "TR-C016", SourceException.class);
            assertThat(noClient.getMessage()).doesNotContain("secret");
            stand.execute("GRANT REPLICATION CLIENT ON *.* TO " + user + "@'%'");
            stand.start(stand.source().as(user, "secret"));
            require(stand.failure(), "TR-C016", SourceException.class);
            stand.execute("GRANT REPLICATION SLAVE ON *.* TO " + user + "@'%'");
            stand.start(stand.source().as(user, "secret"));
            stand.readAll();
        }
    }

    @Test
    void aServerWithoutALogIsRefused() throws Exception {
        MySqlServer server = Servers.mysqlTarget();
        try (CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.start();
            require(stand.failure(), "TR-C010", SourceException.class);
        }
    }

    @Test
    void sessionsThatLogLessThanWholeRowsStopOnlyTheirTables() throws Exception {
        try (CaptureStand stand = stand();
                Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            stand.execute(
                    "CREATE TABLE left_out (id INT PRIMARY KEY, v TEXT, j JSON)",
                    "CREATE TABLE t (id INT PRIMARY KEY, v TEXT, j JSON)",
                    "INSERT INTO left_out VALUES (1, 'a', '{}')",
                    "INSERT INTO t VALUES (1, 'a', '{\"a\": \"long enough to be worth a partial update\"}')");
            stand.start();
            session.execute("USE " + stand.schema());
            session.execute("SET binlog_format = STATEMENT");
            session.execute("UPDATE left_out SET v = 'b'");
            session.execute("SET binlog_format = ROW, binlog_row_image = MINIMAL");
            session.execute("UPDATE left_out SET v = 'c'");
            session.execute("XA START 'a'");
            session.execute("UPDATE left_out SET v = 'd'");
            session.execute("XA END 'a'");
            session.execute("XA PREPARE 'a'");
            session.execute("XA ROLLBACK 'a'");
            session.execute("CREATE TABLE left_out_too (a INT, b INT AS (INTERVAL(a, 1, 10)))");
            stand.readAll();
            assertThat(stand.reader().rows("left_out")).isEmpty();
            assertThat(stand.reader().statements()).isEmpty();

            session.execute("UPDATE t SET v = 'b'");
            TideraceException minimal = stand.failure();
            require(minimal, "TR-C032", DataException.class);
            assertThat(minimal.problem()).contains("GTID ").contains("binlog.").contains(stand.schema() + ".t");
            // it stays an error, until the operator acts
            stand.start();
            require(stand.failure(), "TR-C032", DataException.class);
        }
    }

    @Test
    void aChangeLoggedAsAStatementStops() throws Exception {
        try (CaptureStand stand = stand();
                Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES (1, 'a')");
            stand.start();
            session.execute("USE " + stand.schema());
            session.execute("SET binlog_format = STATEMENT");
            session.execute("UPDATE t SET v = 'b'");
            require(stand.failure(), "TR-C034", DataException.class);
        }
    }

    @Test
    void anUpdateWithPartsOfJsonStops() throws Exception {
        try (CaptureStand stand = stand();
                Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            stand.execute(
                    "CREATE TABLE t (id INT PRIMARY KEY, j JSON)",
                    "INSERT INTO t VALUES (1, JSON_OBJECT('a', REPEAT('x', 1000), 'b', 'y'))");
            stand.start();
            session.execute("USE " + stand.schema());
            session.execute("SET binlog_row_value_options = PARTIAL_JSON");
            session.execute("UPDATE t SET j = JSON_SET(j, '$.b', 'z')");
            require(stand.failure(), "TR-C037", DataException.class);
        }
    }

    @Test
    void aTableChangedBehindTheLogsBackStops() throws Exception {
        try (CaptureStand stand = stand();
                Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
            stand.start();
            session.execute("USE " + stand.schema());
            session.execute("SET sql_log_bin = 0");
            session.execute("ALTER TABLE t MODIFY v BIGINT");
            session.execute("SET sql_log_bin = 1");
            session.execute("INSERT INTO t VALUES (1, 2)");
            require(stand.failure(), "TR-C031", DataException.class);
        }
    }

    @Test
    void aLogThatTellsTheNamesIsHeldAgainstThem() throws Exception {
        try (MySqlServer server = MySqlServer.start("--binlog-row-metadata=FULL");
                CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
                Connection connection = stand.connect();
                Statement session = connection.createStatement()) {
            stand.start();
            stand.execute(
                    "CREATE TABLE t (a INT UNSIGNED, b INT UNSIGNED, e ENUM('x', 'é', 'it''s') CHARACTER SET gbk,"
                            + " s SET('1','2','3','4','5','6','7','8','9') NOT NULL, c CHAR(255) CHARACTER SET utf8mb4,"
                            + " nc NCHAR(3), bin BINARY(255), d DECIMAL(20,3) UNSIGNED, f FLOAT, ts TIMESTAMP(6) NOT NULL"
                            + " DEFAULT CURRENT_TIMESTAMP(6), y YEAR, j JSON, g INT AS (a + 1), h INT INVISIBLE,"
                            + " v VARCHAR(7) CHARACTER SET ucs2, bits BIT(9), t MEDIUMTEXT, p POINT, m INT, n INT,"
                            + " PRIMARY KEY (a, v(3)))",
                    "INSERT INTO t (a, b, e, s, c, v) VALUES (1, 2, 'é', '9', 'c', 'ab')",
                    "ALTER TABLE t CONVERT TO CHARACTER SET latin1",
                    "ALTER TABLE t RENAME COLUMN h TO i, DROP PRIMARY KEY, ADD PRIMARY KEY (b)",
                    "UPDATE t SET b = 3");
            assertThat(stand.readAll().rows("t")).hasSize(2);
            session.execute("USE " + stand.schema());
            session.execute("SET sql_log_bin = 0");
            session.execute("ALTER TABLE t RENAME COLUMN m TO n, RENAME COLUMN n TO m");
            session.execute("SET sql_log_bin = 1");
            session.execute("UPDATE t SET s = '1'");
            TideraceException renamed = stand.failure();
            require(renamed, "TR-C031", DataException.class);
            assertThat(renamed.problem()).contains(" is n in the log, known is m");
        }
    }

    @Test
    void aPurgedLogIsAClearError() throws Exception {
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.start();
            stand.readAll();
            stand.stop();
            stand.execute("INSERT INTO marker VALUES (-1)", "FLUSH LOGS");
            String last = stand.query("SHOW MASTER STATUS").get(0).get(0);
            stand.execute("PURGE BINARY LOGS TO '" + last + "'");
            stand.start();
            require(stand.failure(), "TR-C017", SourceException.class);
        }
    }

    @Test
    void aPositionThatIsNotThereIsAClearError() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.start(stand.source().from(new TaskConfig.Start("binlog.999999", 4, null)));
            require(stand.failure(), "TR-C050", SourceException.class);
        }
    }

    @Test
    void aRowLargerThanARecordMayBeIsNamedAndCarriedWhenItMayBeLarger() throws Exception {
        String schema = Servers.freshName("toolarge");
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v LONGTEXT CHARACTER SET latin1)",
                "INSERT INTO " + schema + ".t VALUES (6, 'a'), (7, REPEAT('é', 1100000))");
        try (Captured captured = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            requireTooLarge(
                    captured.maxMessageBytes(2 << 20).begin().failure(),
                    "copy as of binlog.",
                    "table " + schema + ".t",
                    "id='7'");
            captured.maxMessageBytes(4 << 20).begin();
            captured.readUntil(event -> event instanceof RowChange row && row.after()[0].equals(7));
            captured.execute("UPDATE t SET v = CONCAT(v, 'ü') WHERE id = 7");
            requireTooLarge(captured.failure(), "GTID ", "binlog.", "table " + schema + ".t", "id=7");
            captured.maxMessageBytes(8 << 20).begin();
            captured.readUntil(event -> event instanceof RowChange row
                    && row.op() == Op.UPDATE
                    && row.after()[1].equals("é".repeat(1_100_000) + "ü"));
            captured.end();
        }
    }

    private static void requireTooLarge(Throwable failure, String... places) {
        assertThat(failure).isInstanceOf(DataException.class);
        DataException found = (DataException) failure;
        require(found, "TR-C062", DataException.class);
        assertThat(found.problem()).contains(places);
        assertThat(found.cure()).contains("max-message-bytes");
    }
}
