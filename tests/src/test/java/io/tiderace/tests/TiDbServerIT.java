package io.tiderace.tests;

import io.tiderace.cli.TiDbServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A TiDB can be had, and its committed rows survive a crash: the fault tests rest on that. */
class TiDbServerIT {
    @Test
    void servesSql() throws SQLException {
        try (Connection connection = connect(Servers.tidb());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT TIDB_VERSION()")) {
            result.next();
            assertThat(result.getString(1)).contains("Edition");
        }
    }

    @Test
    void committedRowsSurviveKill() throws SQLException {
        Servers.tidb(); // builds it if need be
        try (TiDbServer server = Servers.need(
                "TiDB", TiDbServer.start(Servers.checkout().resolve("tests/tidb"), false, (what, done, total) -> {}))) {
            if (!server.canRestart()) {
                return;
            }
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE d");
                statement.execute("CREATE TABLE d.t (id INT PRIMARY KEY)");
                statement.execute("INSERT INTO d.t VALUES (1), (2)");
            }
            server.kill();
            server.startAgain();
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT COUNT(*) FROM d.t")) {
                result.next();
                assertThat(result.getInt(1)).isEqualTo(2);
            }
        }
    }

    private static Connection connect(TiDbServer server) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), "root", "");
    }
}
