package io.tiderace.tests;

import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: an operator gets through rows that the target refuses, and rows that it does not hold as the source did, with the built commands
 * alone. Method: {@code run} with its own Kafka, again and again on one data folder, and {@code quarantine} in between.
 */
@Timeout(240)
class QuarantineRunIT {
    private static final String TARGET = Servers.mysqlTarget().jdbcUrl();

    @TempDir
    Path folder;

    private final String schema = Servers.freshName("held");
    private String meta = "";

    @BeforeEach
    void createTables() throws SQLException {
        String source = Servers.source().jdbcUrl();
        String table = "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v VARCHAR(%d))";
        Command.sql(source, "CREATE DATABASE " + schema, table.formatted(50));
        Command.sql(TARGET, "CREATE DATABASE " + schema, table.formatted(5));
        List<String> status = rows(source, "SHOW MASTER STATUS");
        String[] place = status.get(0).split("\\|", -1);
        meta = "    meta: {binlog-name: " + place[0] + ", binlog-pos: " + place[1] + "}\n";
    }

    private static List<String> rows(String url, String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                result.add(rows.getString(1) + "|" + rows.getString(2));
            }
        }
        return result;
    }

    private List<String> targetRows() throws SQLException {
        return rows(TARGET, "SELECT id, v FROM " + schema + ".t ORDER BY id");
    }

    private void atSource(String... statements) throws SQLException {
        for (String statement : statements) {
            Command.sql(Servers.source().jdbcUrl(), statement.replace("@t", schema + ".t"));
        }
    }

    private Path task(String syncer) throws Exception {
        Path file = Command.task(
                folder,
                schema,
                "s1",
                schema,
                "incremental",
                Servers.mysqlTarget().port());
        return Files.writeString(
                file,
                Files.readString(file)
                        .replace(
                                "allow-list: rules\nblock",
                                "allow-list: rules\n" + meta + "    syncer: {" + syncer + "}\nblock"));
    }

    private Result run(Path task) throws Exception {
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        return Command.run("run", "--source", source, "--task", task, "--data-dir", data(), "--until-synced");
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static void require(Result result, int exitCode, String... words) {
        assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(exitCode);
        for (String word : words) {
            assertThat(result.out() + result.err()).contains(word);
        }
    }

    @Test
    void refusedRowsAreReplayedOrLetGo() throws Exception {
        Path task = task("on-data-error: quarantine, on-mismatch: stop");
        atSource(
                "INSERT INTO @t VALUES (1, 'ok'), (2, 'too long')",
                "UPDATE @t SET v = 'again too long' WHERE id = 2",
                "UPDATE @t SET v = 'new' WHERE id = 1");
        require(run(task), 5, "TR-L019", "s1=2", "quarantine replay");
        assertThat(targetRows()).containsExactly("1|new");

        Result list = Command.run("quarantine", "list", "--task", task);
        require(list, 0, "2 changes", "id = 2", "too long", "1 in quarantine");
        String id = list.out().substring(0, list.out().indexOf(' '));
        require(Command.run("quarantine", "discard", "--task", task, "--id", id + "9"), 5, "TR-L018", id + "9");
        require(replay(task, id), 5, "refused " + id, "TR-A022");
        Command.sql(TARGET, "ALTER TABLE " + schema + ".t MODIFY v VARCHAR(20)");
        require(replay(task, id), 0, "replayed " + id + "  2 changes");
        assertThat(targetRows()).containsExactly("1|new", "2|again too long");

        atSource("INSERT INTO @t VALUES (3, 'much more than twenty characters')", "INSERT INTO @t VALUES (4, 'ok')");
        require(run(task), 5, "TR-L019");
        String checkpoint = "UPDATE tiderace_meta.checkpoint SET task = '%s' WHERE task = '%s'";
        Command.sql(TARGET, checkpoint.formatted("lost " + schema, schema));
        require(run(task), 5, "TR-A028", "quarantine discard --all");
        Command.sql(TARGET, checkpoint.formatted(schema, "lost " + schema));
        require(Command.run("quarantine", "discard", "--task", task, "--all"), 0, "discarded s1:");
        require(run(task), 0);
        assertThat(targetRows()).containsExactly("1|new", "2|again too long", "4|ok");
    }

    private Result replay(Path task, String id) {
        return Command.run("quarantine", "replay", "--task", task, "--data-dir", data(), "--id", id);
    }

    @Test
    void rowsThatDifferStopTheTaskOrAreTold() throws Exception {
        atSource("INSERT INTO @t VALUES (1, 'a'), (2, 'b')");
        require(run(task("on-mismatch: stop")), 0);
        Command.sql(TARGET, "DELETE FROM " + schema + ".t WHERE id = 1");
        atSource("UPDATE @t SET v = 'new' WHERE id = 1");
        require(run(task("on-mismatch: stop")), 5, "TR-A024", "id = 1", schema + ".t");
        assertThat(targetRows()).containsExactly("2|b");
        require(run(task("on-mismatch: warn")), 0);
        assertThat(targetRows()).containsExactly("1|new", "2|b");

        Command.sql(TARGET, "INSERT INTO " + schema + ".t VALUES (3, 'x')");
        atSource("INSERT INTO @t VALUES (3, 'c')");
        require(run(task("on-mismatch: warn")), 5, "TR-A023", "id = 3");
        require(run(task("on-mismatch: upsert, commit-order: source")), 0);
        assertThat(targetRows()).containsExactly("1|new", "2|b", "3|c");
    }
}
