package io.tiderace.router;

import io.tiderace.config.ServiceConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Streams as the router needs it. Figures and reasons: measured on the whole pipeline, see docs/architecture.md. */
final class StreamsSettings {
    private static final int SESSION_MS = 6_000;
    private static final int TRANSACTION_MS = 3_000;

    private static final int MAX_POLL_INTERVAL_MS = 45_000;
    private static final int TASK_TIMEOUT_MS = 60_000;

    /**
     * For what Streams asks Kafka before a source can go on, one question after the other: offsets, and a store's few records, which are there at once.
     * Each of these connections may have died, unheard because unused, with those that made the source move.
     */
    private static final int ANSWER_MS = 5_000;

    /** A poll's records of a partition are one to Streams: see {@link PolledBatch}. */
    private static final int BATCHES_MAX = 4;

    private static final int BUFFER_BYTES = 32 << 20;

    /** A record grows by its headers on the way from relay to apply topic. */
    private static final int HEADERS_BYTES = 4 << 10;

    private StreamsSettings() {}

    /**
     * @param identity of this place, the same after a restart: Kafka then hands its work back at once
     */
    static Map<String, Object> of(ServiceConfig config, String application, int threads, Path folder, String identity) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, config.replicationFactor());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 50);
        settings.put(StreamsConfig.POLL_MS_CONFIG, 10);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, BATCHES_MAX);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 8 << 20);
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1); // one partition a task: no other to wait for
        settings.put(StreamsConfig.TASK_TIMEOUT_MS_CONFIG, TASK_TIMEOUT_MS);
        settings.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        // a store is small enough to be read by whoever gets the source: spread sources at once, without standby copies
        settings.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, Long.MAX_VALUE);
        // a broker refuses records of a process whose clock is an hour ahead of its own (KIP-937), unless it stamps
        // them itself
        settings.put(StreamsConfig.topicPrefix("message.timestamp.type"), "LogAppendTime");
        consumer(settings, identity);
        producer(settings, config);
        settings.put(StreamsConfig.restoreConsumerPrefix(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG), ANSWER_MS);
        settings.put(StreamsConfig.adminClientPrefix(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG), ANSWER_MS);
        // Kafka's admin client looks whether a request's time is over only when the whole call's is: after a minute
        settings.put(StreamsConfig.adminClientPrefix(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG), ANSWER_MS);
        return settings;
    }

    private static void consumer(Map<String, Object> settings, String identity) {
        put(settings, ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, identity);
        put(settings, ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        put(settings, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MS);
        put(settings, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, SESSION_MS / 4);
        // a thread that is away for longer is no longer waited for when the others join again
        put(settings, ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, MAX_POLL_INTERVAL_MS);
        put(settings, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        put(settings, ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        put(settings, ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
        put(settings, ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG, List.of(PolledBatch.Interceptor.class));
    }

    private static void put(Map<String, Object> settings, String key, Object value) {
        settings.put(StreamsConfig.mainConsumerPrefix(key), value);
    }

    private static void producer(Map<String, Object> settings, ServiceConfig config) {
        int requestBytes = config.maxMessageBytes() + HEADERS_BYTES;
        Map<String, Object> producer = Map.of(
                // the next transaction meets the last one's markers being written, and would wait 100 ms
                ProducerConfig.RETRY_BACKOFF_MS_CONFIG,
                1,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "lz4",
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                config.maxMessageBytes(),
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                (long) Math.max(BUFFER_BYTES, requestBytes),
                ProducerConfig.BATCH_SIZE_CONFIG,
                256 << 10,
                ProducerConfig.LINGER_MS_CONFIG,
                50,
                // a process that died must not hold up the readers of its topics for long
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                TRANSACTION_MS);
        producer.forEach((key, value) -> settings.put(StreamsConfig.producerPrefix(key), value));
    }
}
