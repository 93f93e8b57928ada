package io.tiderace.router;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * Streams' clients with transactional ids that stay the same when a process starts again. Streams would make up new ones, and the
 * transaction that a killed process has left open would hold up everybody until its time is over; so the next one with its id ends it.
 */
final class SteadyClients implements KafkaClientSupplier {
    private final String prefix;

    /** @param identity of this place, held by one process at a time */
    SteadyClients(String application, String identity) {
        this.prefix = application + "-" + identity + "-";
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> settings) {
        String made = String.valueOf(settings.get(ProducerConfig.TRANSACTIONAL_ID_CONFIG));
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, prefix + made.substring(made.lastIndexOf('-') + 1));
        return new RoutedBatch.Sender(settings);
    }

    @Override
    public Admin getAdmin(Map<String, Object> settings) {
        return Admin.create(settings);
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> settings) {
        return consumer(settings);
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> settings) {
        return consumer(settings);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> settings) {
        return consumer(settings);
    }

    private static Consumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
