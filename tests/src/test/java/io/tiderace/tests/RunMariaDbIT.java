package io.tiderace.tests;

import io.tiderace.cli.MariaDbServer;
import io.tiderace.cli.Tiderace;
import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a MariaDB ends up equal in TiDB, what only MariaDB has included. Method: the product as a user runs it, and its own comparison;
 * on the newest version unless {@code -Dtiderace.mariadb} names others.
 */
@Timeout(240)
class RunMariaDbIT {
    @TempDir
    Path folder;

    private final String schema = Servers.freshName("maria");

    static List<String> versions() {
        return CaptureMariaDbPlacesIT.versions();
    }

    private void run(Path source, Path task, int number) throws InterruptedException {
        JavaProcess run = new JavaProcess(
                Tiderace.class,
                folder.resolve("run" + number + ".log"),
                "run",
                "--source",
                source.toString(),
                "--task",
                task.toString(),
                "--data-dir",
                folder.resolve("data").toString(),
                "--until-synced");
        assertThat(run.end(Duration.ofSeconds(90))).as(run.output()).isZero();
        assertThat(run.output()).contains("synced s1 ").doesNotContain("WARN", "ERROR", "Exception");
        Result compare = Command.run("compare", "--source", source, "--task", task);
        assertThat(compare.out() + compare.err()).contains("equal: ");
        assertThat(compare.exitCode()).as(compare.out() + compare.err()).isZero();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void copyAndChangesEndEqual(String version) throws Exception {
        try (MariaDbServer server = MariaDbServer.start(version, "--gtid-strict-mode=ON")) {
            write(server);
            Command.sql(
                    server.jdbcUrl(),
                    "CREATE USER mover@'%' IDENTIFIED BY 'secret'",
                    "GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO mover@'%'");
            Path source = Command.source(folder, "s1", server.port(), "mover", "secret");
            Files.writeString(source, "flavor: mariadb\n" + Files.readString(source));
            Path task = Command.task(
                    folder, schema, "s1", schema, "all", Servers.tidb().port());
            Result check = Command.run("check", "--source", source, "--task", task);
            assertThat(check.exitCode()).as(check.out() + check.err()).isZero();
            assertThat(check.out()).contains("gtid_strict_mode=ON", "latin1_swedish_ci");
            run(source, task, 1);
            change(server);
            run(source, task, 2);
        }
    }

    private void write(MariaDbServer server) throws Exception {
        Command.sql(
                server.jdbcUrl(),
                "CREATE DATABASE " + schema + " CHARACTER SET latin1 COMMENT 'a shop'",
                "USE " + schema,
                "CREATE SEQUENCE counter",
                "CREATE TABLE things (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(counter), u UUID DEFAULT UUID(), i6 INET6, i4 INET4,"
                        + " j JSON DEFAULT '{}', v VARCHAR(300) COMPRESSED, t TEXT COMPRESSED DEFAULT 'text', hid INT INVISIBLE DEFAULT 4,"
                        + " d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), name VARCHAR(50) COLLATE latin1_swedish_ci,"
                        + " twice BIGINT AS (id * 2) PERSISTENT, next BIGINT AS (id + 1) VIRTUAL, KEY k (name) IGNORED) ENGINE=InnoDB PAGE_COMPRESSED=1",
                "INSERT INTO things (i6, i4, j, v, name) VALUES ('::1', '10.0.0.1', '{\"b\" : 1.0}', REPEAT('x', 200), 'ü'),"
                        + " (NULL, NULL, NULL, NULL, NULL), ('fe80::', '0.0.0.0', '[]', '', 'A')",
                "INSERT INTO things (name) SELECT seq FROM seq_1_to_3000",
                "CREATE TABLE by_uuid (u UUID PRIMARY KEY, n INT)",
                "INSERT INTO by_uuid SELECT UUID(), seq FROM seq_1_to_500",
                "CREATE TABLE history (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING",
                "INSERT INTO history VALUES (1, 1), (2, 2), (3, 3)",
                "UPDATE history SET v = v + 1",
                "DELETE FROM history WHERE id = 2",
                "CREATE TABLE shown (id INT PRIMARY KEY, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6)"
                        + " GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING",
                "INSERT INTO shown (id) VALUES (1), (2)",
                "CREATE TABLE nokey (v INT)",
                "INSERT INTO nokey VALUES (1), (1), (2)");
    }

    private void change(MariaDbServer server) throws Exception {
        Command.sql(
                server.jdbcUrl(),
                "USE " + schema,
                "UPDATE things SET v = CONCAT(v, 'é'), i6 = '::ffff:1.2.3.4' WHERE id <= 2",
                "DELETE FROM things WHERE id = 3",
                "UPDATE history SET v = v + 10",
                "DELETE FROM history WHERE id = 3",
                "REPLACE INTO history VALUES (1, 7), (9, 9)",
                "SET system_versioning_alter_history = KEEP",
                "ALTER TABLE history ADD COLUMN w INT DEFAULT 3",
                "INSERT INTO history (id) VALUES (10)",
                "DELETE FROM shown WHERE id = 1",
                "ALTER TABLE nokey ADD SYSTEM VERSIONING",
                "DELETE FROM nokey WHERE v = 1 LIMIT 1",
                "SET STATEMENT max_statement_time = 60 FOR ALTER TABLE things ADD COLUMN IF NOT EXISTS more INET4 DEFAULT '1.2.3.4',"
                        + " DROP COLUMN IF EXISTS nothing",
                "INSERT INTO things (name, more) VALUES ('new', '9.9.9.9')",
                "CREATE TABLE made (a INT)",
                "CREATE OR REPLACE TABLE made (id INT PRIMARY KEY, u UUID, p VARCHAR(9) COLLATE utf8mb4_nopad_bin)",
                "INSERT INTO made VALUES (1, UUID(), 'a'), (2, NULL, 'a ')",
                "CREATE TABLE picked AS SELECT id, name FROM things WHERE id < 10",
                "RENAME TABLE made TO made2, picked TO picked2",
                "UPDATE by_uuid SET n = n + 1 WHERE n % 2 = 0",
                "DELETE FROM by_uuid WHERE n < 50",
                "SET SESSION gtid_domain_id = 3",
                "INSERT INTO nokey VALUES (5)");
    }
}
