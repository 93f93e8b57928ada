package io.tiderace.router;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where the records that Streams has polled of one topic end, when that is where the topic seemed to end too. A poll that brought many
 * records has most likely left others behind, and a commit for each of those would only cost: Streams' own interval covers them.
 */
final class PolledOffset {
    private static final int MANY = 500;
    private static final long NOWHERE = -2;

    private volatile long drainedAt = NOWHERE;

    /** The offset of the last record before the end, or none. */
    long drainedAt() {
        return drainedAt;
    }

    private void polled(int records, long lastOffset) {
        drainedAt = records < MANY ? lastOffset : NOWHERE;
    }

    /** Sees each poll of Streams' consumer; its configuration holds the offsets to tell, by topic. */
    public static final class Interceptor implements ConsumerInterceptor<byte[], byte[]> {
        /** Key of the map of topics in the consumer's configuration. */
        static final String TOPICS = "tiderace.router.polled";

        private Map<?, ?> topics = Map.of();

        /** For Kafka, which makes the interceptor by its class name. */
        public Interceptor() {}

        @Override
        public void configure(Map<String, ?> settings) {
            if (settings.get(TOPICS) instanceof Map<?, ?> configured) {
                topics = configured;
            }
        }

        @Override
        public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
            for (TopicPartition partition : records.partitions()) {
                List<ConsumerRecord<byte[], byte[]>> polled = records.records(partition);
                if (topics.get(partition.topic()) instanceof PolledOffset offset && !polled.isEmpty()) {
                    offset.polled(records.count(), polled.get(polled.size() - 1).offset());
                }
            }
            return records;
        }

        @Override
        public void onCommit(@Nullable Map<TopicPartition, OffsetAndMetadata> offsets) {}

        @Override
        public void close() {}
    }
}
