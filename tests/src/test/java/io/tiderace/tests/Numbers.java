package io.tiderace.tests;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RecordCodec.Kind;
import io.tiderace.schemas.RegistryClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import static org.assertj.core.api.Assertions.assertThat;

/** Reads a relay or apply topic from its beginning, as any reader may, and checks that its numbers leave nothing out. */
final class Numbers {
    private final String bootstrapServers;
    private final String registry;

    Numbers(String bootstrapServers, String registry) {
        this.bootstrapServers = bootstrapServers;
        this.registry = registry;
    }

    /** The pair (txn, txnRow) grows by one step or repeats what was; gives the last transaction's number. */
    long requireContiguousRelay(String topic) {
        long[] last = {0, 0, 1};
        read(topic, (codec, record) -> {
            long txn = RecordCodec.txn(record.value());
            long row = RecordCodec.txnRow(record.value());
            boolean isRepeat = txn < last[0] || (txn == last[0] && row <= last[1]);
            boolean isNext = last[2] == 1 ? txn == last[0] + 1 && row == 1 : txn == last[0] && row == last[1] + 1;
            if (!isRepeat) {
                boolean isCommit = codec.kind(RecordCodec.schemaId(record.value())) == Kind.COMMIT;
                boolean isFolded = isCommit && isFolded(codec, record.value(), last);
                assertThat(isNext || isFolded)
                        .as("%s offset %d: (%d, %d) after (%d, %d)", topic, record.offset(), txn, row, last[0], last[1])
                        .isTrue();
                last[0] = txn;
                last[1] = row;
                last[2] = isCommit ? 1 : 0;
            }
        });
        return last[0];
    }

    private static boolean isFolded(RecordCodec codec, byte[] value, long[] last) {
        Commit commit = (Commit) codec.decode(value);
        return last[2] == 1 && commit.firstTxn() == last[0] + 1 && commit.rows() == 0;
    }

    /** Commits follow each other without a gap and count their rows rightly; gives the last transaction's number. */
    long requireContiguousApply(String topic) {
        long[] lastAndRows = {0, 0};
        read(topic, (codec, record) -> {
            if (codec.kind(RecordCodec.schemaId(record.value())) != Kind.COMMIT) {
                assertThat(RecordCodec.txn(record.value())).isEqualTo(lastAndRows[0] + 1);
                lastAndRows[1]++;
                return;
            }
            Commit commit = (Commit) codec.decode(record.value());
            assertThat(commit.firstTxn())
                    .as("%s offset %d", topic, record.offset())
                    .isEqualTo(lastAndRows[0] + 1);
            assertThat(commit.rows()).as("%s offset %d", topic, record.offset()).isEqualTo(lastAndRows[1]);
            lastAndRows[0] = commit.txn();
            lastAndRows[1] = 0;
        });
        return lastAndRows[0];
    }

    private void read(String topic, BiConsumer<RecordCodec, ConsumerRecord<byte[], byte[]>> reader) {
        RecordCodec codec = new RecordCodec(new RegistryClient(Map.of("schema.registry.url", registry)), topic);
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> reader.accept(codec, record));
            }
        }
    }
}
