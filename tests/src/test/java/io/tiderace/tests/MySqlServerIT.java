package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.Progress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The MySQL that tests and the demonstration bring along is a source as capture needs it, and can be crashed at will. */
class MySqlServerIT {
    @TempDir
    Path folder;

    @Test
    void committedRowsSurviveKillAndRestart() throws SQLException {
        try (MySqlServer server = MySqlServer.start(folder, Progress.NONE)) {
            execute(
                    server,
                    "CREATE DATABASE d",
                    "CREATE TABLE d.t (id INT PRIMARY KEY)",
                    "INSERT INTO d.t VALUES (1), (2)");
            server.kill();
            assertThatThrownBy(() -> ask(server, "SELECT 1")).isInstanceOf(SQLException.class);
            server.startAgain();
            assertThat(ask(server, "SELECT COUNT(*) FROM d.t")).isEqualTo("2");
            server.restart();
            assertThat(ask(server, "SELECT COUNT(*) FROM d.t")).isEqualTo("2");
        }
        try (MySqlServer again = MySqlServer.start(folder, Progress.NONE)) {
            assertThat(ask(again, "SELECT COUNT(*) FROM d.t")).isEqualTo("2");
        }
    }

    @Test
    void writesTheBinlogThatCaptureNeedsUnlessToldOtherwise() throws SQLException {
        assertThat(ask(
                        Servers.source(),
                        "SELECT CONCAT_WS(',', @@log_bin, @@binlog_format, @@binlog_row_image, @@gtid_mode)"))
                .isEqualTo("1,ROW,FULL,ON");
        try (MySqlServer server =
                MySqlServer.start("--skip-log-bin", "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")) {
            assertThat(ask(server, "SELECT CONCAT_WS(',', @@log_bin, @@gtid_mode)"))
                    .isEqualTo("0,OFF");
        }
    }

    @Test
    void everyServerHasAnIdentityOfItsOwn() throws SQLException {
        try (MySqlServer other = MySqlServer.start()) {
            assertThat(ask(other, "SELECT @@server_uuid")).isNotEqualTo(ask(Servers.source(), "SELECT @@server_uuid"));
        }
    }

    @Test
    void aServerThatDoesNotStartSaysWhy() {
        assertThatThrownBy(() -> MySqlServer.start("--no-such-option"))
                .hasMessageContaining("TR-L114")
                .hasMessageContaining("no-such-option");
    }

    private static void execute(MySqlServer server, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String ask(MySqlServer server, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }
}
