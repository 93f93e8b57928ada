package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RecordCodec.Kind;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkPipeline.Task;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What is measured of capture alone beside its speed: how soon a change can be read from the relay topic, at a steady rate and after a restart. */
final class BenchmarkCapture {
    private static final int ROWS_A_SCRIPT = 100;

    private final MySqlServer source;
    private final Path folder;
    private final String kafka;
    private final String registry;

    BenchmarkCapture(MySqlServer source, Path folder, String kafka, String registry) {
        this.source = source;
        this.folder = folder;
        this.kafka = kafka;
        this.registry = registry;
    }

    /**
     * Milliseconds, sorted, from a mark's commit at the source to the moment at which a read-committed consumer has it.
     *
     * @param from a position before the schema's first mark, which is the id 0
     * @param writer commits changes to the schema, marks among them, and notes when each mark was committed
     * @param warmUpMarks the first that do not count
     */
    List<Double> delays(
            String id,
            String schema,
            SourcePosition from,
            java.util.function.Consumer<Map<Integer, Long>> writer,
            int warmUpMarks)
            throws Exception {
        Map<Integer, Long> committed = new ConcurrentHashMap<>();
        Map<Integer, Long> readable = new ConcurrentHashMap<>();
        Task task = new Task(id, id, schema, source.port(), "127.0.0.1", source.port(), from);
        try (BenchmarkPipeline pipeline = new BenchmarkPipeline(task, folder, kafka, registry, Set.of(Stage.CAPTURE));
                Marks marks = new Marks(pipeline.relayTopic(), readable)) {
            BenchmarkWorkload.mark(source.jdbcUrl(), schema, 0);
            marks.readUntil(0);
            Thread thread = new Thread(() -> writer.accept(committed), "steady");
            thread.start();
            while (thread.isAlive()) {
                marks.poll();
            }
            marks.readUntil(Collections.max(committed.keySet()));
        }
        List<Double> delays = new ArrayList<>();
        committed.forEach((mark, at) -> {
            if (mark > warmUpMarks) {
                delays.add((readable.get(mark) - at) / 1e6);
            }
        });
        Collections.sort(delays);
        return delays;
    }

    /** Reads a relay topic and notes when each mark came. */
    private final class Marks implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        private final RecordCodec codec;
        private final Map<Integer, Long> readable;

        Marks(String topic, Map<Integer, Long> readable) throws InterruptedException {
            this.readable = readable;
            codec = new RecordCodec(new RegistryClient(Map.of("schema.registry.url", registry)), topic);
            while (consumer.partitionsFor(topic).isEmpty()) {
                Thread.sleep(10);
            }
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
        }

        void poll() {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                long now = System.nanoTime();
                int schemaId = RecordCodec.schemaId(record.value());
                if (codec.kind(schemaId) == Kind.ROW
                        && codec.table(schemaId).name().table().equals("mark")) {
                    RowChange mark = codec.decodeRow(record.value());
                    readable.put((Integer) mark.after()[0], now);
                }
            }
        }

        void readUntil(int mark) {
            while (!readable.containsKey(mark)) {
                poll();
            }
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    /**
     * Makes that many tables, lets capture learn them, and gives the seconds from its next start until a row of one of them can be read.
     *
     * @param from the position before
     */
    double restart(String id, int tables, SourcePosition from) throws Exception {
        String schema = "many";
        createTables(schema, tables);
        Task task = new Task(id, id, schema, source.port(), "127.0.0.1", source.port(), from);
        try (BenchmarkPipeline pipeline = new BenchmarkPipeline(task, folder, kafka, registry, Set.of(Stage.CAPTURE))) {
            insert(schema, 1);
            pipeline.awaitFilled(pipeline.relayTopic(), tables + 1L);
        }
        insert(schema, tables / 2);
        long begin = System.nanoTime();
        try (BenchmarkPipeline pipeline = new BenchmarkPipeline(task, folder, kafka, registry, Set.of(Stage.CAPTURE))) {
            pipeline.awaitGrowth(pipeline.relayTopic());
            return (System.nanoTime() - begin) / 1e9;
        }
    }

    private void createTables(String schema, int tables) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(source.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            for (int from = 1; from <= tables; from += ROWS_A_SCRIPT) {
                StringBuilder script = new StringBuilder();
                for (int table = from; table < Math.min(tables + 1, from + ROWS_A_SCRIPT); table++) {
                    script.append("CREATE TABLE t")
                            .append(table)
                            .append(
                                    " (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL,")
                            .append(" state ENUM('new', 'paid', 'sent') NOT NULL DEFAULT 'new', amount DECIMAL(12,2),")
                            .append(" note TEXT, data JSON, made DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),")
                            .append(" changed TIMESTAMP NULL, KEY (name), KEY (state, made)) STATS_PERSISTENT = 0;");
                }
                statement.execute(script.toString());
            }
        }
    }

    private void insert(String schema, int table) throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(source.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + schema + ".t" + table + " (name) VALUES ('one')");
        }
    }
}
