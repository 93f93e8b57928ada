package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.Tiderace;
import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: the built product begins where it is told, also at a source that takes encrypted connections only: SQL, the stream, and the search of
 * the log. Method: a row before the start and one after it.
 */
@Timeout(180)
class RunStartIT {
    private static MySqlServer server;

    @TempDir
    Path folder;

    private final String schema = Servers.freshName("begin");
    private int runs;

    @BeforeAll
    static void startServer() {
        server = MySqlServer.start("--require-secure-transport=ON");
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createTables() throws SQLException {
        String table = "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v VARCHAR(9))";
        atSource("CREATE DATABASE " + schema);
        atSource(table);
        atSource("INSERT INTO " + schema + ".t VALUES (1, 'before')");
        Command.sql(Servers.mysqlTarget().jdbcUrl(), "CREATE DATABASE " + schema, table);
    }

    private static List<String> atSource(String sql) throws SQLException {
        String url = "jdbc:mysql://127.0.0.1:" + server.port() + "/?sslMode=REQUIRED";
        List<String> values = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement()) {
            if (statement.execute(sql)) {
                try (ResultSet row = statement.getResultSet()) {
                    row.next();
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                        values.add(row.getString(i));
                    }
                }
            }
        }
        return values;
    }

    private Path source() throws Exception {
        Path ca = Path.of(atSource("SELECT @@datadir").get(0), "ca.pem");
        Path file = Command.source(folder, "s1", server.port(), "root", "");
        return Files.writeString(
                file,
                Files.readString(file).replace("password: \"\"", "password: \"\", security: {ssl-ca: " + ca + "}"));
    }

    private Path task(String meta) throws Exception {
        Path file = Command.task(
                folder,
                schema,
                "s1",
                schema,
                "incremental",
                Servers.mysqlTarget().port());
        return Files.writeString(
                file,
                Files.readString(file).replace("allow-list: rules\nblock", "allow-list: rules\n" + meta + "block"));
    }

    private void run(Path source, Path task, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of("run", "--source", source.toString(), "--task", task.toString()));
        words.addAll(List.of("--data-dir", folder.resolve("data").toString(), "--until-synced"));
        words.addAll(List.of(more));
        JavaProcess process =
                new JavaProcess(Tiderace.class, folder.resolve("run" + ++runs + ".log"), words.toArray(String[]::new));
        assertThat(process.end(Duration.ofSeconds(60))).as(process.output()).isZero();
        assertThat(process.output()).contains("synced s1 ").doesNotContain("ERROR", "Exception");
    }

    private List<Integer> targetRows() throws SQLException {
        List<Integer> ids = new ArrayList<>();
        try (Connection connection =
                        DriverManager.getConnection(Servers.mysqlTarget().jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM " + schema + ".t ORDER BY id")) {
            while (rows.next()) {
                ids.add(rows.getInt(1));
            }
        }
        return ids;
    }

    private void insert(int id) throws SQLException {
        atSource("INSERT INTO " + schema + ".t VALUES (" + id + ", 'after')");
    }

    @Test
    void atATimeAndWithASchemaHistoryMadeAnew() throws Exception {
        atSource("DO SLEEP(1.1)");
        atSource("FLUSH BINARY LOGS");
        String time = atSource("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')")
                .get(0);
        insert(2);
        Path source = source();
        Path task = task("");
        run(source, task, "--start-time", time);
        assertThat(targetRows()).containsExactly(2);

        insert(3);
        Result rebuilt =
                Command.run("rebuild-schema", "--source", source, "--task", task, "--data-dir", folder.resolve("data"));
        assertThat(rebuilt.exitCode()).as(rebuilt.err()).isZero();
        assertThat(rebuilt.out()).contains("known " + schema + ".t", "1 table");
        atSource("ALTER TABLE " + schema + ".t ADD w INT");
        atSource("INSERT INTO " + schema + ".t VALUES (4, 'after', 5)");
        run(source, task);
        assertThat(targetRows()).containsExactly(2, 3, 4);
    }

    @Test
    void atAFileAndPosition() throws Exception {
        List<String> status = atSource("SHOW MASTER STATUS");
        insert(2);
        run(source(), task("    meta: {binlog-name: " + status.get(0) + ", binlog-pos: " + status.get(1) + "}\n"));
        assertThat(targetRows()).containsExactly(2);
    }

    @Test
    void atAGtidSet() throws Exception {
        String gtids =
                atSource("SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')").get(0);
        insert(2);
        run(source(), task("    meta: {binlog-gtid: \"" + gtids + "\"}\n"));
        assertThat(targetRows()).containsExactly(2);
    }
}
