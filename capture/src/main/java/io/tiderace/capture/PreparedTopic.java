package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.Prepared;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of prepared XA transactions back from Kafka. A chunk may be there more than once (it is written again after a crash, with the same
 * content), and older transactions of the same name may still be there; the key tells them apart.
 */
final class PreparedTopic {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaClients kafka;
    private final String sourceId;
    private final TopicPartition partition;

    PreparedTopic(KafkaClients kafka, String sourceId, String topic) {
        this.kafka = kafka;
        this.sourceId = sourceId;
        partition = new TopicPartition(topic, 0);
    }

    /** The offset that the next record will have at least. */
    long end() {
        try (Consumer<byte[], byte[]> consumer = kafka.preparedReader(sourceId)) {
            return consumer.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
        }
    }

    /** Receives the chunks of a transaction in their order; false ends the reading. */
    @FunctionalInterface
    interface ChunkHandler {
        boolean chunk(byte[] chunk) throws InterruptedException;
    }

    /**
     * Reads every chunk of a transaction whose last chunk is committed.
     *
     * @throws io.tiderace.schemas.TideraceException.DataException when one is not there
     */
    void read(Xid xid, Prepared prepared, ChunkHandler handler) throws InterruptedException {
        try (Consumer<byte[], byte[]> consumer = kafka.preparedReader(sourceId)) {
            List<TopicPartition> partitions = List.of(partition);
            consumer.assign(partitions);
            long begin = consumer.beginningOffsets(partitions, PATIENCE).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(partitions, PATIENCE).getOrDefault(partition, 0L);
            consumer.seek(partition, Math.max(begin, Math.min(end, prepared.fromOffset())));
            int next = 0;
            while (next < prepared.chunks() && consumer.position(partition, PATIENCE) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    byte[] chunk = chunk(record, xid, prepared, next);
                    if (chunk != null) {
                        next++;
                        if (!handler.chunk(chunk)) {
                            return;
                        }
                    }
                }
            }
            if (next < prepared.chunks()) {
                throw HeldRows.missing(sourceId, xid, partition.topic(), next);
            }
        }
    }

    private static byte @Nullable [] chunk(
            ConsumerRecord<byte[], byte[]> record, Xid xid, Prepared prepared, int chunk) {
        boolean is = Arrays.equals(record.key(), HeldRows.key(xid, prepared.at(), chunk));
        return is ? record.value() : null;
    }
}
