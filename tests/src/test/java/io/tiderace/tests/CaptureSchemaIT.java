package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.TideraceException;
import io.tiderace.tests.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: structures that were lost are noticed, and made anew only where they can be known. Method: the command, against a real MySQL and Kafka. */
class CaptureSchemaIT {
    @TempDir
    Path folder;

    private CaptureStand stand() throws SQLException {
        MySqlServer server = Servers.source();
        return new CaptureStand(folder, server.jdbcUrl(), server.port());
    }

    private Path config() throws IOException {
        return Files.writeString(folder.resolve("tiderace.yaml"), """
                kafka: {bootstrap.servers: "%s"}
                schema-registry: {schema.registry.url: "%s"}
                max-message-bytes: 8388608
                """.formatted(
                        Servers.kafka().bootstrapServers(), Servers.registry().url()));
    }

    private Result rebuild(CaptureStand stand) throws IOException {
        Path source = Command.source(folder, stand.source().id(), stand.source().port(), "root", "");
        Path task = Command.task(folder, "t", stand.source().id(), stand.schema(), "incremental", 1);
        return Command.run(
                "rebuild-schema",
                "--source",
                source,
                "--task",
                task,
                "--config",
                config(),
                "--data-dir",
                folder.resolve("data"));
    }

    private static String topic(CaptureStand stand) {
        return stand.config().topics().schemaHistory(stand.source().id());
    }

    private static void deleteRecords(CaptureStand stand, long before) throws Exception {
        try (Admin admin =
                Admin.create(Map.<String, Object>copyOf(stand.config().kafka()))) {
            admin.deleteRecords(Map.of(new TopicPartition(topic(stand), 0), RecordsToDelete.beforeOffset(before)))
                    .all()
                    .get();
        }
    }

    private static void deleteTopic(CaptureStand stand) throws Exception {
        try (Admin admin =
                Admin.create(Map.<String, Object>copyOf(stand.config().kafka()))) {
            admin.deleteTopics(List.of(topic(stand))).all().get();
            while (admin.listTopics().names().get().contains(topic(stand))) {
                Thread.sleep(20);
            }
        }
    }

    private static TideraceException lost(CaptureStand stand) throws Exception {
        stand.start();
        TideraceException error = stand.failure();
        assertThat(error.code()).as(error.getMessage()).isEqualTo("TR-C058");
        assertThat(error.problem()).contains(topic(stand));
        assertThat(error.cure()).contains("tiderace rebuild-schema");
        return error;
    }

    @Test
    void aLostHistoryIsMadeAnew() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))", "CREATE TABLE gone (id INT)");
            stand.start();
            stand.execute("ALTER TABLE t ADD COLUMN w INT", "INSERT INTO t VALUES (1, 'a', 1)");
            assertThat(stand.readAll().rows("t").get(0).after()).containsExactly(1, "a", 1);

            Result busy = rebuild(stand);
            assertThat(busy.exitCode()).isEqualTo(2);
            assertThat(busy.err()).contains("TR-C059").contains("tiderace-capture-");

            stand.stop();
            stand.execute(
                    "INSERT INTO t VALUES (2, 'b', 2)",
                    "CREATE TABLE later (id INT PRIMARY KEY)",
                    "INSERT INTO later VALUES (7)",
                    "DROP TABLE gone",
                    "TRUNCATE TABLE marker");
            deleteTopic(stand);
            assertThat(lost(stand).problem()).contains("holds no records");
            Result done = rebuild(stand);
            assertThat(done.exitCode()).as(done.err()).isZero();
            assertThat(done.out())
                    .contains("known " + stand.schema() + ".t")
                    .contains("known " + stand.schema() + ".marker")
                    .doesNotContain("later")
                    .contains("2 tables");
            stand.start();
            stand.execute("ALTER TABLE t DROP COLUMN v", "INSERT INTO t VALUES (3, 3)");
            assertThat(stand.readAll().rows("t").get(1).after()).containsExactly(2, "b", 2);
            assertThat(stand.reader().rows("t").get(2).after()).containsExactly(3, 3);
            assertThat(stand.reader().rows("later").get(0).after()).containsExactly(7);
            stand.stop();

            // the first records alone: what they made is not known any more
            deleteRecords(stand, 1);
            assertThat(lost(stand).problem())
                    .contains("holds the records 1 to ")
                    .contains("needs 0 to ");
            assertThat(rebuild(stand).exitCode()).isZero();
            stand.start();
            stand.execute("INSERT INTO t VALUES (4, 4)");
            assertThat(stand.readAll().rows("t").get(3).after()).containsExactly(4, 4);
            stand.stop();
            deleteRecords(stand, -1);
            lost(stand);
        }
    }

    @Test
    void aTableThatWasAlteredSinceIsNamed() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v ENUM('a', 'b'))");
            stand.start();
            stand.readAll();
            stand.stop();
            stand.execute("INSERT INTO t VALUES (1, 'a')", "ALTER TABLE t MODIFY v ENUM('b', 'a')");
            Result refused = rebuild(stand);
            assertThat(refused.exitCode()).isEqualTo(3);
            assertThat(refused.err())
                    .contains("TR-C052")
                    .contains(stand.schema() + ".t, GTID ")
                    .contains("MODIFY v ENUM('b', 'a')");
            stand.start(); // the history is as it was
            assertThat(stand.readAll().rows("t").get(0).after()).containsExactly(1, "a");
        }
    }

    @Test
    void withoutAPositionThereIsNothingToRebuild() throws Exception {
        try (CaptureStand stand = stand()) {
            Result refused = rebuild(stand);
            assertThat(refused.exitCode()).isEqualTo(2);
            assertThat(refused.err()).contains("TR-C048");
        }
    }
}
