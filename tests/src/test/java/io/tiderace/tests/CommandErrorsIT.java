package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.tests.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What an operator gets wrong: one clear error each, with the cure and the right exit code, and never a stack trace. */
@Timeout(120)
class CommandErrorsIT {
    private static final int UNREACHABLE_PORT = 1;

    @TempDir
    Path folder;

    private final String schema = Servers.freshName("errors");

    @BeforeEach
    void createSchema() throws Exception {
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY)",
                "CREATE USER " + schema + "@'%' IDENTIFIED BY 'secret'",
                "GRANT SELECT ON *.* TO " + schema + "@'%'");
    }

    private Path source(String user, String password) throws IOException {
        return Command.source(folder, "s1", Servers.source().port(), user, password);
    }

    private Path task(int targetPort) throws IOException {
        return Command.task(folder, schema, "s1", schema, "all", targetPort);
    }

    private Result run(Path source, Path task, Object... more) {
        List<Object> words = new ArrayList<>(
                List.of("run", "--source", source, "--task", task, "--data-dir", folder.resolve("data")));
        words.addAll(List.of(more));
        return Command.run(words.toArray());
    }

    private Result check() throws IOException {
        return Command.run(
                "check",
                "--source",
                source("root", ""),
                "--task",
                task(Servers.mysqlTarget().port()));
    }

    private static void requireOneError(Result result, int exitCode, String... words) {
        assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
        assertThat(result.err())
                .contains(words)
                .startsWith("error TR-")
                .contains("\n  fix: ")
                .doesNotContain("\tat ", "Exception", "secret");
        assertThat(result.err().split("error TR-", -1)).hasSize(2);
    }

    @Test
    void wrongPassword() throws Exception {
        Result result = run(source(schema, "wrong"), task(Servers.mysqlTarget().port()));
        requireOneError(result, 3, "source s1", "Access denied", "correct user and password");
    }

    @Test
    void missingPrivilege() throws Exception {
        Result result = run(source(schema, "secret"), task(Servers.mysqlTarget().port()));
        requireOneError(result, 3, "REPLICATION CLIENT", "GRANT REPLICATION CLIENT ON *.*");
    }

    @Test
    void binlogOff() throws Exception {
        Path source = Command.source(folder, "s1", Servers.mysqlTarget().port(), "root", "");
        Result result = run(source, task(Servers.mysqlTarget().port()));
        requireOneError(result, 3, "log_bin", "my.cnf");
    }

    @Test
    void otherBinlogSettings() throws Exception {
        try (MySqlServer server =
                MySqlServer.start("--binlog-row-image=MINIMAL", "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")) {
            Path source = Command.source(folder, "s1", server.port(), "root", "");
            Path task = task(Servers.mysqlTarget().port());
            requireOneError(run(source, task), 3, "binlog_row_image", "SET GLOBAL");
            Result check = Command.run("check", "--source", source, "--task", task);
            assertThat(check.exitCode()).isEqualTo(3);
            assertThat(check.out())
                    .contains("fail  source s1: binlog_row_image is MINIMAL")
                    .contains("enable-gtid: true, but gtid_mode is OFF")
                    .contains("pass  source s1: binlog_format=ROW");
        }
    }

    @Test
    void unreachableSource() throws Exception {
        Path source = Command.source(folder, "s1", UNREACHABLE_PORT, "root", "");
        requireOneError(
                run(source, task(Servers.mysqlTarget().port())), 3, "source s1", "no connection", "start the server");
    }

    @Test
    void unreachableTarget() throws Exception {
        requireOneError(
                run(source("root", ""), task(UNREACHABLE_PORT)), 3, "target", "no connection", "start the server");
    }

    @Test
    void unreachableKafka() throws Exception {
        Path config = Files.writeString(
                folder.resolve("tiderace.yaml"),
                "kafka: {bootstrap.servers: \"127.0.0.1:1\"}\nschema-registry: {schema.registry.url: \"http://127.0.0.1:1\"}\n");
        Result result = run(source("root", ""), task(Servers.mysqlTarget().port()), "--config", config);
        requireOneError(result, 4, "127.0.0.1:1");
    }

    @Test
    void unreachableRegistry() throws Exception {
        Path config = Files.writeString(
                folder.resolve("tiderace.yaml"),
                "kafka: {bootstrap.servers: \"" + Servers.kafka().bootstrapServers()
                        + "\"}\nschema-registry: {schema.registry.url: \"http://127.0.0.1:1\"}\n");
        Result result = run(source("root", ""), task(Servers.mysqlTarget().port()), "--config", config);
        requireOneError(result, 4, "registry", "127.0.0.1:1");
    }

    @Test
    void unknownKeyAndUnknownSource() throws Exception {
        Path source = Files.writeString(folder.resolve("s.yaml"), "source-id: s1\nfrmo: {host: x}\n");
        Path task = Command.task(folder, "t", "s9", schema, "all", 4000);
        Result result = run(source, task);
        requireOneError(result, 2, "frmo", "from", "s9");
    }

    @Test
    void checkPassesWhereRunWould() throws Exception {
        Result check = check();
        assertThat(check.out())
                .contains("ready to run", "pass  target of " + schema)
                .doesNotContain("fail ");
        assertThat(check.exitCode()).isZero();
    }

    @Test
    void checkTellsOfWhatTheLogDoesNotHold() throws Exception {
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE TABLE " + schema + ".parents (id INT PRIMARY KEY)",
                "CREATE TABLE " + schema
                        + ".children (id INT PRIMARY KEY, parent INT, CONSTRAINT theirs FOREIGN KEY (parent) "
                        + "REFERENCES parents (id) ON DELETE CASCADE)",
                "CREATE TABLE " + schema
                        + ".guests (id INT PRIMARY KEY, parent INT, CONSTRAINT harmless FOREIGN KEY (parent) "
                        + "REFERENCES parents (id))");
        Result check = check();
        assertThat(check.out())
                .contains("warn  source s1: foreign keys that change child rows by themselves")
                .contains(schema + ".children (theirs)")
                .doesNotContain("harmless")
                .contains("foreign_key_checks: 1", "tiderace compare");
        assertThat(check.exitCode()).isZero();
    }
}
