package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole pipeline in one process, as a user runs it: copies, ends when synced, stops in time, and goes on where it stopped. */
@Timeout(180)
class RunIT {
    @TempDir
    Path folder;

    private final String schema = Servers.freshName("run");
    private int runs;

    private JavaProcess start(Path source, Path task, String... more) {
        String[] words = new String[7 + more.length];
        String[] head = {
            "run",
            "--source",
            source.toString(),
            "--task",
            task.toString(),
            "--data-dir",
            folder.resolve("data").toString()
        };
        System.arraycopy(head, 0, words, 0, head.length);
        System.arraycopy(more, 0, words, head.length, more.length);
        return new JavaProcess(Tiderace.class, folder.resolve("run" + ++runs + ".log"), words);
    }

    private void requireEqual(Path source, Path task) {
        Result compare = Command.run("compare", "--source", source, "--task", task);
        assertThat(compare.out() + compare.err()).contains("equal: ");
        assertThat(compare.exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "tidb"})
    void untilSyncedCopiesAndGoesOnWhereItStopped(String kind) throws Exception {
        int port = kind.equals("mysql")
                ? Servers.mysqlTarget().port()
                : Servers.tidb().port();
        String url = Servers.source().jdbcUrl();
        Command.sql(
                url,
                "CREATE DATABASE " + schema,
                "USE " + schema,
                "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50), n DECIMAL(10,2))",
                "INSERT INTO a (v, n) VALUES ('one', 1.5), ('two', NULL), ('three', -3)",
                "INSERT INTO a (v, n) SELECT a.v, a.n FROM a, a b, a c",
                "CREATE TABLE nokey (v INT)",
                "INSERT INTO nokey VALUES (1), (1), (2)");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(folder, schema, "s1", schema, "all", port);

        JavaProcess first = start(source, task, "--until-synced");
        assertThat(first.end(Duration.ofSeconds(60))).as(first.output()).isZero();
        assertThat(first.output()).contains("synced s1 ").doesNotContain("WARN", "ERROR", "Exception");
        requireEqual(source, task);

        Command.sql(
                url,
                "USE " + schema,
                "UPDATE a SET n = n + 1 WHERE id % 2 = 0",
                "DELETE FROM a WHERE id = 3",
                "DELETE FROM nokey WHERE v = 1 LIMIT 1",
                "ALTER TABLE a ADD COLUMN w INT NOT NULL DEFAULT 4",
                "INSERT INTO a (v, w) VALUES ('more', 7)");
        JavaProcess second = start(source, task, "--until-synced");
        assertThat(second.end(Duration.ofSeconds(60))).as(second.output()).isZero();
        assertThat(second.output()).contains("synced s1 ");
        requireEqual(source, task);
    }

    @Test
    void aRouteOfTablesAloneGetsItsSchemaMade() throws Exception {
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".a (id INT PRIMARY KEY)",
                "INSERT INTO " + schema + ".a VALUES (1), (2)");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(
                folder, schema, "s1", schema, "full", Servers.tidb().port());
        Files.writeString(
                task,
                Files.readString(task).replace("rules\nblock", "rules\n    route-rules: [r]\nblock")
                        + """
                routes:
                  r: {schema-pattern: %s, table-pattern: a, target-schema: elsewhere_%s, target-table: b}
                """.formatted(schema, schema));
        JavaProcess run = start(source, task);
        assertThat(run.end(Duration.ofSeconds(60))).as(run.output()).isZero(); // a full copy ends by itself
        requireEqual(source, task);
    }

    @Test
    void aSignalStopsItInTimeUnderLoadAndNothingIsLost() throws Exception {
        String url = Servers.source().jdbcUrl();
        Command.sql(
                url,
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".pairs (id INT AUTO_INCREMENT PRIMARY KEY, txn INT, half INT)");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(
                folder, schema, "s1", schema, "all", Servers.mysqlTarget().port());
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int round = 0; round < 2; round++) {
                JavaProcess run = start(source, task);
                run.awaitOutput("streaming", Duration.ofSeconds(60));
                for (int txn = 0; txn < 500; txn++) {
                    statement.execute("INSERT INTO " + schema + ".pairs (txn, half) VALUES (" + txn + ", 1)");
                    statement.execute("INSERT INTO " + schema + ".pairs (txn, half) VALUES (" + txn + ", 2)");
                    connection.commit();
                }
                long begin = System.nanoTime();
                assertThat(run.stop(Duration.ofSeconds(20))).as(run.output()).isZero();
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
                assertThat(run.output()).doesNotContain("ERROR", "Exception", "WARN");
                requireWholeTransactions();
            }
        }
        JavaProcess last = start(source, task, "--until-synced");
        assertThat(last.end(Duration.ofSeconds(60))).as(last.output()).isZero();
        requireEqual(source, task);
    }

    private void requireWholeTransactions() throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(Servers.mysqlTarget().jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                var odd = statement.executeQuery("SELECT COUNT(*) FROM (SELECT txn FROM " + schema
                        + ".pairs GROUP BY txn HAVING COUNT(*) % 2 = 1) t")) {
            odd.next();
            assertThat(odd.getInt(1))
                    .as("transactions of which one half is there")
                    .isZero();
        }
    }

    @Test
    void twoRunsCannotShareADataDirectoryAndTheFirstCanBeLookedInto() throws Exception {
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v VARCHAR(9))",
                "INSERT INTO " + schema + ".t VALUES (1, 'first')");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(
                folder, schema, "s1", schema, "all", Servers.mysqlTarget().port());
        JavaProcess run = start(source, task);
        run.awaitOutput("streaming", Duration.ofSeconds(60));
        JavaProcess second = start(source, task);
        assertThat(second.end(Duration.ofSeconds(30))).isEqualTo(2);
        assertThat(second.output()).contains("TR-L010").doesNotContain("\tat ");

        Path data = folder.resolve("data");
        Command.sql(Servers.source().jdbcUrl(), "INSERT INTO " + schema + ".t VALUES (2, 'second')");
        Result tail = null;
        for (int attempt = 0; attempt < 40 && (tail == null || !tail.out().contains("second")); attempt++) {
            Thread.sleep(250);
            tail = Command.run(
                    "tail", "apply." + schema + ".s1", "--data-dir", data, "--table", schema + ".t", "--from", 0);
        }
        assertThat(tail.out())
                .contains("read " + schema + ".t", "after {id=1, v=first}", "insert ", "{id=2, v=second}");
        Result json = Command.run("tail", "tiderace.relay.s1", "--data-dir", data, "--from", 0, "--limit", 3, "--json");
        assertThat(json.out().lines()).hasSize(3).allMatch(line -> line.startsWith("{\"offset\":"));
        Result status = Command.run("status", "--data-dir", data);
        assertThat(status.out()).contains("s1\n", "capture", "router", "applier", "streaming", "task " + schema);
        Result statusJson = Command.run("status", "--data-dir", data, "--json", "--task", schema);
        assertThat(statusJson.out().lines()).hasSize(3).allMatch(line -> line.contains("\"stale\":false"));
        assertThat(run.stop(Duration.ofSeconds(20))).as(run.output()).isZero();
    }
}
