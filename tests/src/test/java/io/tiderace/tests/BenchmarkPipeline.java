package io.tiderace.tests;

import io.tiderace.applier.ApplierService;
import io.tiderace.capture.CaptureService;
import io.tiderace.config.Configuration;
import io.tiderace.config.Service;
import io.tiderace.config.TaskConfig;
import io.tiderace.router.RouterService;
import io.tiderace.schemas.StatusReport;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Services in this process for one task, as {@code tiderace run} has them, to be timed. */
final class BenchmarkPipeline implements AutoCloseable {
    enum Stage {
        CAPTURE,
        ROUTER,
        APPLIER
    }

    private final Configuration configuration;
    private final List<Service> services = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, StatusReport> reports = new ConcurrentHashMap<>();
    private volatile Throwable failure;

    BenchmarkPipeline(Configuration configuration, Set<Stage> stages) {
        this.configuration = configuration;
        TaskConfig task = configuration.tasks().get(0);
        StatusReport.Sink sink = report -> reports.put(report.stage() + " " + report.sourceId(), report);
        if (stages.contains(Stage.CAPTURE)) {
            services.add(new CaptureService(configuration.service(), configuration.sources(), List.of(task), sink));
        }
        if (stages.contains(Stage.ROUTER)) {
            services.add(new RouterService(configuration.service(), configuration.sources(), task, sink));
        }
        if (stages.contains(Stage.APPLIER)) {
            services.add(new ApplierService(configuration.service(), configuration.sources(), task, sink));
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

    /** What each stage said last about each source. */
    List<StatusReport> reports() {
        return List.copyOf(reports.values());
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

    /** Of all sources, relay and apply. */
    List<String> topics() {
        List<String> topics = new ArrayList<>();
        configuration.sources().forEach(source -> {
            topics.add(configuration.service().topics().relay(source.sourceId()));
            topics.add(configuration
                    .service()
                    .topics()
                    .apply(configuration.tasks().get(0).name(), source.sourceId()));
        });
        return topics;
    }

    /**
     * How a topic grew, from when it was first seen to hold something to its end; one that was full at the first look, from the beginning of the
     * wait.
     *
     * @param records that came in between
     * @param cpuNanos of this process in between
     */
    record Filled(long records, double seconds, long cpuNanos) {
        double perSecond() {
            return records / seconds;
        }

        double cpuMicros() {
            return cpuNanos / 1e3 / records;
        }
    }

    /** Waits until a topic holds that many records and then stands still. */
    Filled awaitFilled(String topic, long records) throws InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long called = System.nanoTime();
            long calledCpu = BenchmarkProfile.processCpuNanos();
            boolean isThere = false;
            long begun = 0;
            long end = 0;
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
                    lastCpu = BenchmarkProfile.processCpuNanos();
                    if (first == 0) {
                        begun = now;
                        first = last;
                        firstCpu = lastCpu;
                    }
                }
                Thread.sleep(25); // what is measured includes the looking
            }
            return begun == end
                    ? new Filled(end, (last - called) / 1e9, lastCpu - calledCpu)
                    : new Filled(end - begun, (last - first) / 1e9, lastCpu - firstCpu);
        }
    }

    /** Waits until more can be read from a topic than now. */
    void awaitGrowth(String topic) throws InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long before = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.endOffsets(List.of(partition)).get(partition) == before) {
                check();
                Thread.sleep(10);
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", configuration.service().bootstrapServers(), "isolation.level", "read_committed");
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Waits until the row is in the schema's {@code mark} table at the target. */
    void awaitMark(BenchmarkTarget target, String schema, int id) throws SQLException, InterruptedException {
        await(target, "SELECT 1 FROM " + schema + ".mark WHERE id = " + id);
    }

    /** Waits until {@link BenchmarkWorkload#finish} has come to the target. */
    void awaitDone(BenchmarkTarget target, String schema) throws SQLException, InterruptedException {
        await(target, BenchmarkWorkload.isFinished(schema));
    }

    private void await(BenchmarkTarget target, String query) throws SQLException, InterruptedException {
        try (Connection connection = BenchmarkWorkload.connect(target.jdbcUrl());
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

    /** @throws IllegalStateException when a service has failed */
    void check() {
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
