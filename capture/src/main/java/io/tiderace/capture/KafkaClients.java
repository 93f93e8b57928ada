package io.tiderace.capture;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** The Kafka clients of capture and their settings. */
final class KafkaClients {
    private static final Duration READ_PATIENCE = Duration.ofSeconds(30);

    private final ServiceConfig config;
    private final Topics topics;

    KafkaClients(ServiceConfig config) {
        this.config = config;
        topics = config.topics();
    }

    /** The producer of one source; {@code initTransactions} on it fences whoever captured the source before. */
    Producer<byte[], byte[]> producer(String sourceId) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "capture." + sourceId);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "tiderace-capture-" + sourceId);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        // less than half a region of G1 in a small heap: larger arrays take a whole one and are never moved, so that
        // soon no large row finds its place between them
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 480 << 10);
        settings.put(ProducerConfig.SEND_BUFFER_CONFIG, -1); // as much as the system allows, not 128 KiB
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 20); // a commit flushes at once
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, config.maxMessageBytes());
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(32L << 20, config.maxMessageBytes() + (8L << 20)));
        // after a commit the next transaction meets CONCURRENT_TRANSACTIONS for some milliseconds and tries again
        settings.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 1);
        settings.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 1_000);
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 60_000);
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(transactionMs()));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** How long a transaction may last: a table without a key is copied in one. A broker allows 15 minutes unless told otherwise. */
    long transactionMs() {
        return Long.parseLong(config.kafka().getOrDefault(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "900000"));
    }

    /** Takes part in the group that spreads the sources; what it is assigned is what this process captures. */
    Consumer<byte[], byte[]> groupMember() {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, topics.captureGroup());
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "tiderace-capture-" + config.instance());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 1_500);
        // the client waits as long for the answer to a request to join, which may be lost with its connection
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, 45_000);
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Reads committed records of the topic of prepared transactions, at most about a chunk or the largest record at once. */
    Consumer<byte[], byte[]> preparedReader(String sourceId) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "tiderace-capture-prepared-" + sourceId);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 2 << 20);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 2 << 20);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    PreparedTopic prepared(String sourceId) {
        return new PreparedTopic(this, sourceId, topics.prepared(sourceId));
    }

    /** The group member that captures a source at the moment, null when none does. */
    @Nullable
    String capturingMember(String sourceId) throws InterruptedException {
        TopicPartition relay = new TopicPartition(topics.relay(sourceId), 0);
        try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
            return requireNonNull(admin.describeConsumerGroups(List.of(topics.captureGroup()))
                            .describedGroups()
                            .get(topics.captureGroup()))
                    .get()
                    .members()
                    .stream()
                    .filter(member -> member.assignment().topicPartitions().contains(relay))
                    .map(member -> member.clientId() + " on " + member.host())
                    .findFirst()
                    .orElse(null);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return null;
            }
            throw new KafkaException("the capture group cannot be read", e.getCause());
        }
    }

    /** Takes every record out of a source's schema history topic. */
    HistoryExtent emptyHistory(String sourceId) {
        TopicPartition partition = new TopicPartition(topics.schemaHistory(sourceId), 0);
        try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
            long next = requireNonNull(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
                            .lowWatermarks()
                            .get(partition))
                    .get()
                    .lowWatermark();
            return new HistoryExtent(next, next);
        } catch (ExecutionException e) {
            throw new KafkaException("the schema history cannot be emptied", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    /** The records that a source's schema history topic holds. */
    HistoryExtent historyExtent(String sourceId) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "tiderace-capture-history-" + sourceId);
        TopicPartition partition = new TopicPartition(topics.schemaHistory(sourceId), 0);
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Collection<TopicPartition> partitions = List.of(partition);
            return new HistoryExtent(
                    consumer.beginningOffsets(partitions, READ_PATIENCE).getOrDefault(partition, 0L),
                    consumer.endOffsets(partitions, READ_PATIENCE).getOrDefault(partition, 0L));
        }
    }

    /**
     * What is stored of a source.
     *
     * @param position null when it was never captured
     */
    record Stored(@Nullable StoredPosition position, StoredTables tables) {}

    /** The last committed records of a source. Reads the whole topic, which is compacted and small. */
    Stored readStored(String sourceId) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "tiderace-capture-position-" + sourceId);
        TopicPartition partition = new TopicPartition(topics.positions(), 0);
        byte[] found = null;
        String prefix = StoredTables.prefix(sourceId);
        Map<String, byte[]> others = new HashMap<>();
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Collection<TopicPartition> partitions = List.of(partition);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions, READ_PATIENCE).getOrDefault(partition, 0L);
            while (consumer.position(partition, READ_PATIENCE) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
                    if (key.equals(sourceId)) {
                        found = record.value();
                    } else if (key.startsWith(prefix) && record.value() == null) {
                        others.remove(key.substring(prefix.length()));
                    } else if (key.startsWith(prefix)) {
                        others.put(key.substring(prefix.length()), record.value());
                    }
                }
            }
        }
        return new Stored(
                found == null ? null : StoredPosition.ofJson(sourceId, found), StoredTables.of(sourceId, others));
    }
}
