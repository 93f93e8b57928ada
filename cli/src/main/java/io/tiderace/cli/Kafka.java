package io.tiderace.cli;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.schemas.RegistryClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The command's own dealings with Kafka. */
final class Kafka {
    private Kafka() {}

    /** @throws io.tiderace.schemas.TideraceException when it does not answer or does not let us in */
    static void requireReachable(ServiceConfig config) throws InterruptedException {
        TopicAdmin.ensure(config, List.of());
    }

    /**
     * Asks Kafka and registry, before anything is started.
     *
     * @throws io.tiderace.schemas.TideraceException when one is not configured, does not answer, or does not let us in
     */
    static void requireUsable(ServiceConfig config) throws InterruptedException {
        config.bootstrapServers();
        config.registryUrl();
        requireReachable(config);
        new RegistryClient(config.registry()).requireReachable();
    }

    /** A consumer that belongs to no group and sees committed records only. */
    static Consumer<byte[], byte[]> reader(ServiceConfig config) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("fetch.max.bytes", Integer.toString(16 << 20));
        settings.put("max.partition.fetch.bytes", Integer.toString(4 << 20));
        settings.put("default.api.timeout.ms", "15000");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
