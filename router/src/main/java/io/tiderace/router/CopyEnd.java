package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.RecordCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Tells whether an apply topic ends with the end of the copy, committed. Asked of the topic and not of this process: another one may have
 * had the source, or this one before its last restart.
 */
final class CopyEnd implements AutoCloseable {
    private static final int TAIL = 16;
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final Consumer<byte[], byte[]> consumer;

    CopyEnd(Map<String, String> kafka) {
        Map<String, Object> settings = new HashMap<>(kafka);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    boolean isReached(String applyTopic, RecordCodec codec) {
        TopicPartition partition = new TopicPartition(applyTopic, 0);
        List<TopicPartition> only = List.of(partition);
        consumer.assign(only);
        long end = consumer.endOffsets(only).getOrDefault(partition, 0L);
        long begin = consumer.beginningOffsets(only).getOrDefault(partition, 0L);
        consumer.seek(partition, Math.max(begin, end - TAIL));
        boolean ends = false;
        boolean ended = false;
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(WAIT)) {
                ChangeEvent event = codec.kind(RecordCodec.schemaId(record.value())) == RecordCodec.Kind.ROW
                        ? null
                        : codec.decode(record.value());
                ends |= event instanceof SnapshotProgress progress && progress.progress() == Progress.COPY_END;
                ended |= ends && event instanceof Commit;
            }
        }
        return ended;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
