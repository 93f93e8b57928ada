package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.Tiderace;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: values of 64 MiB arrive, and one that a part of the pipeline does not take is an error with key, place and cure, after which it goes on. Method:
 * everything in one process with the heap that the launcher gives it, to MySQL and to TiDB; only updates of 64 MiB values, which log 128 MiB, have twice the heap.
 */
@Timeout(600)
class LargeValuesIT {
    private static final int MIB = 1 << 20;
    private static final List<String> AS_LAUNCHED =
            List.of("-Xms256m", "-Xmx1g", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError");
    private static final AtomicInteger RUNS = new AtomicInteger();

    @TempDir
    Path folder;

    private MySqlServer source;

    @BeforeEach
    void begin() throws SQLException {
        source = MySqlServer.start("--max-allowed-packet=1G");
        Command.sql(
                source.jdbcUrl(),
                "CREATE DATABASE large",
                "CREATE TABLE large.b (id INT PRIMARY KEY, v LONGBLOB, t LONGTEXT)",
                "CREATE TABLE large.k (n INT, v LONGBLOB)");
    }

    @AfterEach
    void end() {
        source.close();
    }

    @Test
    void valuesOf64MebibytesArriveInMySql() throws Exception {
        try (MySqlServer target = MySqlServer.start("--skip-log-bin", "--max-allowed-packet=16M")) {
            Path task = task(target.port(), "{}");
            Command.sql(source.jdbcUrl(), insert("b", 1, 64));
            requireTooLarge(run(task), "large.b", "max_allowed_packet");
            Command.sql(
                    source.jdbcUrl(), insert("b", 2, 64), insertText(4, 64), insert("b", 5, 32), insert("k", 1, 64));
            Command.sql(target.jdbcUrl(), "SET GLOBAL max_allowed_packet = 67108864 + 1024");
            requireSynced(run(task));
            assertThat(rows(target.jdbcUrl())).isEqualTo(rows(source.jdbcUrl()));
            Command.sql(
                    source.jdbcUrl(),
                    insert("b", 3, 64),
                    "UPDATE large.b SET v = REVERSE(v) WHERE id = 5",
                    "DELETE FROM large.b WHERE id = 2",
                    insert("k", 2, 64),
                    "DELETE FROM large.k WHERE n = 1");
            requireSynced(run(task));
            assertThat(rows(target.jdbcUrl())).isEqualTo(rows(source.jdbcUrl()));
            Command.sql(
                    source.jdbcUrl(),
                    "UPDATE large.b SET v = REVERSE(v) WHERE id = 1",
                    "UPDATE large.b SET t = CONCAT('ü', SUBSTR(t, 3)) WHERE id = 4",
                    "UPDATE large.k SET v = REVERSE(v)");
            requireSynced(run(task, "-Xmx2g"));
            assertThat(rows(target.jdbcUrl())).isEqualTo(rows(source.jdbcUrl())).hasSize(5);
        }
    }

    @Test
    void tiDbTakesThemWhenToldTo() throws Exception {
        Command.sql(source.jdbcUrl(), insert("b", 1, 7));
        requireTooLarge(run(task(Servers.tidb().port(), "{}")), "large.b", "tidb_txn_entry_size_limit");
        Path task = task(Servers.tidb().port(), "{tidb_txn_entry_size_limit: 125829120}");
        Command.sql(
                source.jdbcUrl(),
                insertText(2, 7),
                insert("b", 3, 7),
                "UPDATE large.b SET v = REVERSE(v) WHERE id = 1");
        requireSynced(run(task));
        assertThat(rows(Servers.tidb().jdbcUrl()))
                .isEqualTo(rows(source.jdbcUrl()))
                .hasSize(3);
    }

    private static void requireTooLarge(JavaProcess run, String... words) throws InterruptedException {
        assertThat(run.end(Duration.ofSeconds(240))).as(run::output).isEqualTo(5);
        assertThat(run.output())
                .contains("TR-A025", "row of large.b, id = 1, transaction ")
                .contains(words);
    }

    private static String insert(String table, int id, int mebibytes) {
        return "INSERT INTO large." + table + " (" + (table.equals("b") ? "id" : "n") + ", v) VALUES (" + id
                + ", REPEAT(RANDOM_BYTES(1024), " + mebibytes * 1024 + "))";
    }

    private static String insertText(int id, int mebibytes) {
        return "INSERT INTO large.b (id, t) VALUES (" + id + ", REPEAT('aé''\\\\😀?;-- ', " + mebibytes * MIB / 16
                + "))";
    }

    private static List<String> rows(String url) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(
                    "SELECT 'b', id, LENGTH(v), SHA2(v, 256), LENGTH(t), SHA2(t, 256) FROM large.b ORDER BY id",
                    "SELECT 'k', n, LENGTH(v), SHA2(v, 256), 0, 0 FROM large.k ORDER BY n")) {
                try (ResultSet row = statement.executeQuery(sql)) {
                    while (row.next()) {
                        StringBuilder text = new StringBuilder();
                        for (int i = 1; i <= 6; i++) {
                            text.append(row.getString(i)).append(' ');
                        }
                        result.add(text.toString());
                    }
                }
            }
        }
        return result;
    }

    private Path task(int port, String session) throws Exception {
        return Files.writeString(folder.resolve("task.yaml"), """
                name: large
                task-mode: all
                online-ddl: false
                target-database: {host: 127.0.0.1, port: %d, user: root, password: "", session: %s}
                mysql-instances: [{source-id: large, block-allow-list: rules}]
                block-allow-list: {rules: {do-dbs: [large]}}
                """.formatted(port, session));
    }

    /** @param options of the JVM besides what the launcher has */
    private JavaProcess run(Path task, String... options) throws Exception {
        List<String> all = new ArrayList<>(AS_LAUNCHED);
        all.addAll(List.of(options));
        Path from = Command.source(folder, "large", source.port(), "root", "");
        Path config = Files.writeString(
                folder.resolve("tiderace.yaml"),
                "data-dir: " + folder.resolve("state") + "\nmax-message-bytes: " + 192 * MIB + "\n");
        return new JavaProcess(
                all,
                Tiderace.class,
                folder.resolve("run" + RUNS.incrementAndGet() + ".log"),
                "run",
                "--config",
                config.toString(),
                "--source",
                from.toString(),
                "--task",
                task.toString(),
                "--until-synced");
    }

    private static void requireSynced(JavaProcess run) throws InterruptedException {
        int code = run.end(Duration.ofSeconds(240));
        String log = run.output();
        assertThat(code)
                .as(() -> log.substring(Math.max(0, log.length() - 5000)))
                .isZero();
        assertThat(log).doesNotContain("ERROR");
    }
}
