package io.tiderace.router;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: nothing of a poll is lost on its way through Streams, and what Streams commits stays exact. Method: polls through the interceptor. */
class PolledBatchTest {
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 0);

    private final PolledBatch.Interceptor interceptor = new PolledBatch.Interceptor();

    @Test
    void aPartitionsRecordsAreOneAtTheOffsetOfTheFirst() {
        List<ConsumerRecord<byte[], byte[]>> ofA = records(A, 100, 103);
        List<ConsumerRecord<byte[], byte[]>> ofB = records(B, 7, 8);
        // 103 and 104 are markers of transactions: the next poll begins behind them
        Map<TopicPartition, OffsetAndMetadata> next =
                Map.of(A, new OffsetAndMetadata(105, Optional.of(3), ""), B, new OffsetAndMetadata(8));
        ConsumerRecords<byte[], byte[]> batches =
                interceptor.onConsume(new ConsumerRecords<>(Map.of(A, ofA, B, ofB), next));
        assertThat(batches.records(A)).singleElement().satisfies(batch -> {
            assertThat(batch.offset()).isEqualTo(100);
            assertThat(batch.leaderEpoch()).contains(3);
            assertThat(batch.timestamp()).isEqualTo(1102);
            assertThat(PolledBatch.of(batch.headers()).records()).isEqualTo(ofA);
        });
        assertThat(batches.records(B)).singleElement().satisfies(batch -> assertThat(
                        PolledBatch.of(batch.headers()).records())
                .isEqualTo(ofB));
        assertThat(batches.nextOffsets()).isEqualTo(next);
    }

    @Test
    void onlyASmallPollSeemsToBeTheTopicsEnd() {
        assertThat(batch(records(A, 0, 499)).isLast()).isTrue();
        assertThat(batch(records(A, 0, 500)).isLast()).isFalse();
    }

    @Test
    void aPollWithoutRecordsMovesOnAllTheSame() {
        Map<TopicPartition, OffsetAndMetadata> next = Map.of(A, new OffsetAndMetadata(9));
        assertThat(interceptor.onConsume(new ConsumerRecords<>(Map.of(), next)).nextOffsets())
                .isEqualTo(next);
    }

    @Test
    void anyOtherRecordIsRefused() {
        assertThatThrownBy(() -> PolledBatch.of(new RecordHeaders())).isInstanceOf(IllegalArgumentException.class);
    }

    private PolledBatch batch(List<ConsumerRecord<byte[], byte[]>> polled) {
        ConsumerRecords<byte[], byte[]> batches =
                interceptor.onConsume(new ConsumerRecords<>(Map.of(A, polled), Map.of()));
        return PolledBatch.of(batches.records(A).get(0).headers());
    }

    private static List<ConsumerRecord<byte[], byte[]>> records(TopicPartition partition, long from, long to) {
        return LongStream.range(from, to)
                .mapToObj(offset -> new ConsumerRecord<byte[], byte[]>(
                        partition.topic(),
                        partition.partition(),
                        offset,
                        1000 + offset,
                        TimestampType.LOG_APPEND_TIME,
                        0,
                        0,
                        null,
                        new byte[] {1},
                        new RecordHeaders(),
                        Optional.of(3)))
                .toList();
    }
}
