package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a relay topic by the reader's rule: the next step is taken, a repeat dropped, anything else is a gap and fails. */
final class RelayReader implements AutoCloseable {
    private final String topic;
    private final RecordCodec codec;
    private final Map<String, Object> settings;
    private final List<ChangeEvent> events = new ArrayList<>();
    private Consumer<ChangeEvent> listener = events::add;
    private KafkaConsumer<byte[], byte[]> consumer;
    private long txn;
    private long txnRow;
    private boolean isEnded = true;
    private long repeats;
    private int lastMarker;

    RelayReader(ServiceConfig config, String sourceId) {
        topic = config.topics().relay(sourceId);
        codec = new RecordCodec(new RegistryClient(config.registry()), topic);
        settings = new HashMap<>(config.kafka());
        settings.put("isolation.level", "read_committed");
        settings.put("allow.auto.create.topics", "false");
        settings.put("max.partition.fetch.bytes", 8 << 20);
    }

    /** Takes the events one by one instead of keeping them. */
    void listen(Consumer<ChangeEvent> taker) {
        listener = taker;
    }

    void readToMarker(int marker, Duration within, Runnable check) {
        long deadline = System.nanoTime() + within.toNanos();
        if (consumer == null) {
            consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
        }
        while (lastMarker < marker || !isEnded) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("marker " + marker + " did not come, only transaction " + txn);
            }
            check.run();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                take(record);
            }
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        ChangeEvent event = codec.decode(record.value());
        boolean isRepeat = event.txn() < txn || (event.txn() == txn && (isEnded || event.txnRow() <= txnRow));
        if (isRepeat) {
            repeats++;
            return;
        }
        Commit commit = event instanceof Commit ? (Commit) event : null;
        long first = commit == null ? event.txn() : commit.firstTxn();
        boolean isNext =
                isEnded ? first == txn + 1 && event.txnRow() == 1 : event.txn() == txn && event.txnRow() == txnRow + 1;
        if (!isNext || (commit != null && commit.rows() != commit.txnRow() - 1)) {
            throw new AssertionError("after (" + txn + ", " + txnRow + ") came " + event);
        }
        txn = event.txn();
        txnRow = event.txnRow();
        isEnded = commit != null;
        if (event instanceof RowChange row && row.table().name().table().equals("marker") && row.after() != null) {
            lastMarker = (Integer) row.after()[0];
        } else {
            listener.accept(event);
        }
    }

    /** Records that were dropped as repeats. */
    long repeats() {
        return repeats;
    }

    long txn() {
        return txn;
    }

    /** What was read, but for the markers. */
    List<ChangeEvent> events() {
        return events;
    }

    List<RowChange> rows(String table) {
        return events.stream()
                .filter(RowChange.class::isInstance)
                .map(RowChange.class::cast)
                .filter(row -> row.table().name().table().equals(table))
                .toList();
    }

    List<SchemaChange> statements() {
        return events.stream()
                .filter(SchemaChange.class::isInstance)
                .map(SchemaChange.class::cast)
                .toList();
    }

    List<Commit> commits() {
        return events.stream()
                .filter(Commit.class::isInstance)
                .map(Commit.class::cast)
                .toList();
    }

    @Override
    public void close() {
        if (consumer != null) {
            consumer.close();
        }
    }
}
