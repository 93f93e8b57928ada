package io.tiderace.router;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedForward;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: nothing of a transaction that Kafka did not commit is left in a processor that Streams takes into use again. */
class RuleProcessorTest {
    private static final String STORE = RouterTopology.storeName("s1");

    private final Relay relay = new Relay();
    private final RuleProcessor processor = new RuleProcessor(
            new TransactionRouter.Source(
                    "s1", Relay.TOPIC, relay.applyCodec, GoldenDdlTest.rules(), false, new SourceFigures()),
            Relay.APPLY,
            STORE);

    /** Streams closes and initialises the same processor, with a store as the last commit left it (TaskCorruptedException, StreamTask.revive). */
    @Test
    void aRevivedProcessorRoutesAnewWhatWasNotCommitted() {
        List<ConsumerRecord<byte[], byte[]>> whole = polled(relay.row("shop", "orders", 1), relay.commit());
        Life first = new Life();
        first.process(whole);
        assertThat(first.output()).containsExactly("1.1 store.orders_all", "commit 1 rows 1");
        processor.close();
        Life second = new Life();
        second.process(whole);
        assertThat(second.output()).containsExactly("1.1 store.orders_all", "commit 1 rows 1");
    }

    @Test
    void whatWasRoutedBeforeAnErrorIsNotForwardedAfterIt() {
        List<ConsumerRecord<byte[], byte[]>> begun = polled(relay.row("shop", "orders", 1));
        Life first = new Life();
        ConsumerRecord<byte[], byte[]> empty = record(1, null);
        assertThatThrownBy(() -> first.process(List.of(begun.get(0), empty))).hasMessageContaining("without a value");
        processor.close();
        Life second = new Life();
        second.process(begun);
        assertThat(second.output()).containsExactly("1.1 store.orders_all");
    }

    private static List<ConsumerRecord<byte[], byte[]>> polled(byte[]... values) {
        long[] offset = {0};
        return Stream.of(values).map(value -> record(offset[0]++, value)).toList();
    }

    private static ConsumerRecord<byte[], byte[]> record(long offset, byte[] value) {
        return new ConsumerRecord<>(
                Relay.TOPIC,
                0,
                offset,
                0,
                TimestampType.CREATE_TIME,
                0,
                0,
                new byte[] {1},
                value,
                new RecordHeaders(),
                Optional.empty());
    }

    /** From one start of the task to its end. */
    private final class Life {
        private final MockProcessorContext<byte[], byte[]> context = new MockProcessorContext<>();

        Life() {
            KeyValueStore<byte[], byte[]> store = ProgressStore.builder(STORE)
                    .withCachingDisabled()
                    .withLoggingDisabled()
                    .build();
            store.init(context.getStateStoreContext(), store);
            context.addStateStore(store);
            processor.init(context);
        }

        void process(List<ConsumerRecord<byte[], byte[]>> polled) {
            ConsumerRecord<byte[], byte[]> batch = new PolledBatch(polled, false).asRecord();
            processor.process(new Record<>(batch.key(), batch.value(), 0, batch.headers()));
        }

        List<String> output() {
            return context.forwarded().stream()
                    .map(CapturedForward::record)
                    .map(record -> (RoutedBatch) record.headers().lastHeader(RoutedBatch.KEY))
                    .flatMap(batch -> batch.records().stream())
                    .map(record -> relay.text(record.value(), RouterTopologyTest.target(record)))
                    .toList();
        }
    }
}
