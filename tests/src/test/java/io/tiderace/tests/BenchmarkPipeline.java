package io.tiderace.tests;

import io.tiderace.applier.ApplierService;
import io.tiderace.capture.CaptureService;
import io.tiderace.config.ConfigLoader;
import io.tiderace.config.Configuration;
import io.tiderace.config.Service;
import io.tiderace.config.TaskConfig;
import io.tiderace.router.RouterService;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Services in this process for one task over one source, as {@code tiderace run} has them, to be timed. */
final class BenchmarkPipeline implements AutoCloseable {
    enum Stage {
        CAPTURE,
        ROUTER,
        APPLIER
    }

    /** A task to run: {@code start} null for a copy alone. */
    record Task(
            String source,
            String name,
            String schema,
            int sourcePort,
            String targetHost,
            int targetPort,
            SourcePosition start) {
        TaskFiles write(Path folder, String kafka, String registry) throws IOException {
            TaskFiles files = TaskFiles.write(
                    folder,
                    name,
                    TaskFiles.Server.local(sourcePort),
                    new TaskFiles.Server(targetHost, targetPort, "root"),
                    kafka,
                    registry);
            Files.writeString(
                    files.source(),
                    Files.readString(files.source()).replace("source-id: " + name, "source-id: " + source));
            String task = Files.readString(files.task())
                    .replace("source-id: " + name, "source-id: " + source)
                    .replace("do-dbs: [\"" + name + "\"]", "do-dbs: [\"" + schema + "\"]")
                    .replace("task-mode: all", start == null ? "task-mode: full" : "task-mode: incremental");
            String meta = start == null
                    ? ""
                    : "    meta:\n      binlog-name: " + start.file() + "\n      binlog-pos: " + start.pos()
                            + "\n      binlog-gtid: \"" + start.gtidSet() + "\"\n";
            Files.writeString(
                    files.task(), task.replace("    block-allow-list: only\n", "    block-allow-list: only\n" + meta));
            return files;
        }
    }

    private final Configuration configuration;
    private final String bootstrapServers;
    private final List<Service> services = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile Throwable failure;

    BenchmarkPipeline(Task task, Path folder, String kafka, String registry, Set<Stage> stages) throws IOException {
        TaskFiles files = task.write(folder, kafka, registry);
        configuration = ConfigLoader.load(List.of(files.source()), List.of(files.task()), files.tiderace(), Map.of());
        bootstrapServers = kafka;
        TaskConfig loaded = configuration.tasks().get(0);
        StatusReport.Sink silence = report -> {};
        if (stages.contains(Stage.CAPTURE)) {
            services.add(
                    new CaptureService(configuration.service(), configuration.sources(), List.of(loaded), silence));
        }
        if (stages.contains(Stage.ROUTER)) {
            services.add(new RouterService(configuration.service(), configuration.sources(), loaded, silence));
        }
        if (stages.contains(Stage.APPLIER)) {
            services.add(new ApplierService(configuration.service(), configuration.sources(), loaded, silence));
        }
        for (Service service : services) {
            Thread thread = new Thread(() -> run(service), service.name());
            threads.add(thread);
            thread.start();
        }
    }

    static Set<Stage> all() {
        return EnumSet.allOf(Stage.class);
    }

    private void run(Service service) {
        try {
            service.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    String relayTopic() {
        return configuration
                .service()
                .topics()
                .relay(configuration.sources().get(0).sourceId());
    }

    String applyTopic() {
        return configuration
                .service()
                .topics()
                .apply(
                        configuration.tasks().get(0).name(),
                        configuration.sources().get(0).sourceId());
    }

    /** What it took from the first to the last growth of a topic. */
    record Filled(double seconds, long cpuNanos) {}

    /** Waits until a topic holds that many records and then stands still. */
    Filled awaitFilled(String topic, long records) throws InterruptedException {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long end = 0;
            boolean isThere = false;
            long first = 0;
            long last = 0;
            long firstCpu = 0;
            long lastCpu = 0;
            while (end < records || System.nanoTime() - last < 1_500_000_000) {
                check();
                isThere = isThere || !consumer.partitionsFor(topic).isEmpty();
                long now = isThere ? consumer.endOffsets(List.of(partition)).get(partition) : 0;
                if (now > end) {
                    end = now;
                    last = System.nanoTime();
                    lastCpu = Benchmark.cpuNanos();
                    firstCpu = first == 0 ? lastCpu : firstCpu;
                    first = first == 0 ? last : first;
                }
                Thread.sleep(25); // what is measured includes the looking
            }
            return new Filled((last - first) / 1e9, lastCpu - firstCpu);
        }
    }

    /** Waits until more can be read from a topic than now. */
    void awaitGrowth(String topic) throws InterruptedException {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long before = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.endOffsets(List.of(partition)).get(partition) == before) {
                check();
                Thread.sleep(10);
            }
        }
    }

    /** Waits until the row is in the schema's {@code mark} table at the target. */
    void awaitMark(String jdbcUrl, String schema, int id) throws SQLException, InterruptedException {
        await(jdbcUrl, "SELECT 1 FROM " + schema + ".mark WHERE id = " + id);
    }

    /** Waits until the table that comes after everything else is in the schema at the target. */
    void awaitDone(String jdbcUrl, String schema) throws SQLException, InterruptedException {
        await(
                jdbcUrl,
                "SELECT 1 FROM information_schema.tables WHERE table_schema = '" + schema + "' AND table_name = '"
                        + BenchmarkWorkload.DONE + "'");
    }

    private void await(String jdbcUrl, String query) throws SQLException, InterruptedException {
        try (Connection connection = BenchmarkWorkload.connect(jdbcUrl);
                Statement statement = connection.createStatement()) {
            while (true) {
                check();
                try (ResultSet row = statement.executeQuery(query)) {
                    if (row.next()) {
                        return;
                    }
                }
                Thread.sleep(20);
            }
        }
    }

    /** Waits for the services to end by themselves, as those of a copy do. */
    void awaitEnd() throws InterruptedException {
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                check();
                thread.join(20);
            }
        }
        check();
    }

    private void check() {
        if (failure != null) {
            throw new IllegalStateException("a service failed", failure);
        }
    }

    @Override
    public void close() {
        services.forEach(Service::stop);
        try {
            for (Thread thread : threads) {
                thread.join(20_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        check();
    }
}
