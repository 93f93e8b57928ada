package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** What the figures of a run share: a source, and in this process Kafka and the registry. */
final class BenchmarkStand implements AutoCloseable {
    private final Path folder = Servers.temporaryFolder("tiderace-benchmark");
    private final EmbeddedKafka kafka;
    private final EmbeddedRegistry registry;
    private final MySqlServer source = startSource("--innodb-buffer-pool-size=512M");
    private int names;

    BenchmarkStand() throws IOException {
        kafka = EmbeddedKafka.start(Files.createDirectory(folder.resolve("kafka")), 0);
        registry = EmbeddedRegistry.start(kafka.bootstrapServers(), 0);
    }

    /** A server that writes its log as fast as it can. */
    static MySqlServer startSource(String... more) {
        String[] options = new String[3 + more.length];
        options[0] = "--sync-binlog=0";
        options[1] = "--innodb-flush-log-at-trx-commit=0";
        options[2] = "--max-binlog-size=1G";
        System.arraycopy(more, 0, options, 3, more.length);
        return MySqlServer.start(options);
    }

    MySqlServer source() {
        return source;
    }

    Path folder() {
        return folder;
    }

    String kafka() {
        return kafka.bootstrapServers();
    }

    String registry() {
        return registry.url();
    }

    /** A name that nothing else in this run has: of a task, a source, a schema, a topic. */
    String fresh(String what) {
        return what + "_" + ++names;
    }

    BenchmarkPipeline pipeline(BenchmarkTask task, Set<Stage> stages) throws IOException {
        return new BenchmarkPipeline(task.load(folder, kafka(), registry()), stages);
    }

    String scratchTopic() throws ExecutionException, InterruptedException {
        String topic = fresh("scratch");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka()))) {
            admin.createTopics(java.util.List.of(new NewTopic(topic, 1, (short) 1)))
                    .all()
                    .get();
        }
        return topic;
    }

    /** Gives the disk back: a topic that no figure needs any more. */
    void delete(String... topics) throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka()))) {
            admin.deleteTopics(java.util.List.of(topics)).all().get();
        }
    }

    SourcePosition position() throws SQLException {
        return position(source);
    }

    static SourcePosition position(MySqlServer server) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(server.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW MASTER STATUS")) {
            row.next();
            return new SourcePosition(row.getString(1), row.getLong(2), row.getString(5));
        }
    }

    void requireEqual(BenchmarkTarget target, String schema) throws SQLException {
        requireEqual(source, target, schema);
    }

    /** @throws IllegalStateException when they are not, and the figures mean nothing */
    static void requireEqual(MySqlServer source, BenchmarkTarget target, String schema) throws SQLException {
        Map<String, String> wanted = Fingerprint.of(source.jdbcUrl(), schema);
        Map<String, String> found = Fingerprint.of(target.jdbcUrl(), schema);
        if (!wanted.equals(found)) {
            wanted.entrySet().removeAll(Map.copyOf(found).entrySet());
            throw new IllegalStateException("source and " + target.name()
                    + " differ, so the figures mean nothing; at the source: " + wanted + ", at the target: " + found);
        }
    }

    @Override
    public void close() {
        source.close();
        registry.close();
        kafka.close();
    }
}
