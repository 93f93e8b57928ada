package io.tiderace.tests;

import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RecordCodec.Kind;
import io.tiderace.schemas.RegistryClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a topic, read committed, in a thread of its own, and notes when each mark of {@link BenchmarkLoad} came. */
final class BenchmarkMarks implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final RecordCodec codec;
    private final Map<Integer, Long> seen = new ConcurrentHashMap<>();
    private final Thread thread = new Thread(this::read, "benchmark-marks");
    private volatile boolean stopping;

    /** Begins to read at the topic's beginning, once it is there. */
    BenchmarkMarks(BenchmarkStand stand, String topic) throws InterruptedException {
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", stand.kafka(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        codec = new RecordCodec(new RegistryClient(Map.of("schema.registry.url", stand.registry())), topic);
        while (consumer.partitionsFor(topic).isEmpty()) {
            Thread.sleep(10);
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        thread.setDaemon(true);
        thread.start();
    }

    private void read() {
        while (!stopping) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                long now = System.nanoTime();
                int schemaId = RecordCodec.schemaId(record.value());
                if (codec.kind(schemaId) == Kind.ROW
                        && codec.table(schemaId).name().table().equals("mark")) {
                    RowChange mark = codec.decodeRow(record.value());
                    seen.put((Integer) mark.after()[0], now);
                }
            }
        }
        consumer.close();
    }

    /** Mark to moment, by {@link System#nanoTime}; grows. */
    Map<Integer, Long> seen() {
        return seen;
    }

    void await(int mark, BenchmarkPipeline pipeline) throws InterruptedException {
        while (!seen.containsKey(mark)) {
            pipeline.check();
            if (!thread.isAlive()) {
                throw new IllegalStateException("the reader of marks has ended");
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        stopping = true;
    }
}
