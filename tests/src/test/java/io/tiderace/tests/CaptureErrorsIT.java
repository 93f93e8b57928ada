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
