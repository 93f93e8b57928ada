package io.tiderace.router;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * The records that one poll has brought of one partition. They take their way through Streams together, as the only header of one empty
 * record: its queue, clocks and sensors cost more for each record than all that the router does with it. Whatever Streams does with that
 * record, queue it, drop it, read it again, it does with all of them.
 *
 * <p>The one record stands at the offset of the first of them. So the offset that Streams commits is right as it is: that of the first batch
 * still in its queue, or, where none is, the one at which the next poll begins (StreamTask.findOffsetAndMetadata).
 *
 * @param records in the topic's order, at least one
 * @param isLast most likely nothing is behind them in the topic, or not yet
 */
record PolledBatch(List<ConsumerRecord<byte[], byte[]>> records, boolean isLast) implements Header {
    /** A poll that brought as many has most likely left others behind. */
    private static final int MANY = 500;

    private static final String KEY = "tiderace.batch";
    private static final byte[] NOTHING = {};

    /** @throws IllegalArgumentException when the record is none that the interceptor made */
    static PolledBatch of(Headers headers) {
        if (headers.lastHeader(KEY) instanceof PolledBatch batch) {
            return batch;
        }
        throw new IllegalArgumentException("not a batch: " + headers);
    }

    ConsumerRecord<byte[], byte[]> asRecord() {
        ConsumerRecord<byte[], byte[]> first = records.get(0);
        return new ConsumerRecord<>(
                first.topic(),
                first.partition(),
                first.offset(),
                records.get(records.size() - 1).timestamp(),
                TimestampType.CREATE_TIME,
                0,
                0,
                NOTHING,
                NOTHING,
                new RecordHeaders(new Header[] {this}),
                first.leaderEpoch());
    }

    @Override
    public String key() {
        return KEY;
    }

    @Override
    public byte[] value() {
        return NOTHING;
    }

    /** Makes batches of what Streams' main consumer polls. */
    public static final class Interceptor implements ConsumerInterceptor<byte[], byte[]> {
        /** For Kafka, which makes the interceptor by its class name. */
        public Interceptor() {}

        @Override
        public void configure(Map<String, ?> settings) {}

        @Override
        public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
            if (records.isEmpty()) {
                return records;
            }
            boolean isLast = records.count() < MANY;
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> batches = new HashMap<>();
            for (TopicPartition partition : records.partitions()) {
                batches.put(partition, List.of(new PolledBatch(records.records(partition), isLast).asRecord()));
            }
            return new ConsumerRecords<>(batches, records.nextOffsets());
        }

        @Override
        public void onCommit(@Nullable Map<TopicPartition, OffsetAndMetadata> offsets) {}

        @Override
        public void close() {}
    }
}
