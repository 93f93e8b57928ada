package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Intake.Input;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.RecordCodec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * An apply topic, applied with the applier's own parts in a loop without a consumer group; and the same without writing the checkpoint, to learn
 * what that costs. Only to be measured: what is applied without a checkpoint is applied twice after a restart.
 */
public final class AppliedTopic {
    private static final Duration POLL = Duration.ofMillis(5);
    private static final long MEMORY_BYTES = 32 << 20;

    private final Map<String, Object> kafka;
    private final RecordCodec codec;
    private final String topic;

    public AppliedTopic(String bootstrapServers, RecordCodec codec, String topic) {
        this.kafka = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        this.codec = codec;
        this.topic = topic;
    }

    /**
     * Applies the topic from its beginning until that many rows are in the target.
     *
     * @return the seconds that it took after the target was claimed
     */
    public double apply(TaskConfig task, long rows, boolean isWritingCheckpoint)
            throws SQLException, InterruptedException {
        TaskConfig.Instance instance = task.instances().get(0);
        int connections = 2 + instance.apply().workerCount();
        try (JdbcTarget target = JdbcTarget.open(task.target(), task.metaSchema(), connections);
                KafkaConsumer<byte[], byte[]> consumer =
                        new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            target.createMetaTables();
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            SourceApplier source = SourceApplier.claim(
                    new SourceApplier.Context(
                            task,
                            isWritingCheckpoint ? target : withoutCheckpoint(target),
                            Duration.ofMinutes(1),
                            () -> false,
                            () -> {},
                            id -> new NoQuarantine()),
                    instance,
                    codec);
            try {
                long begin = System.nanoTime();
                pump(consumer, partition, source, rows);
                return (System.nanoTime() - begin) / 1e9;
            } finally {
                source.close();
            }
        } catch (FencedException e) {
            throw new IllegalStateException("nobody else applies this", e);
        }
    }

    private static void pump(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, SourceApplier source, long rows)
            throws FencedException, InterruptedException {
        while (source.figures().rows() < rows) {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
            source.offer(polled.records(partition));
            boolean isFull = source.isFull(MEMORY_BYTES);
            if (isFull) {
                consumer.pause(List.of(partition));
            } else {
                consumer.resume(List.of(partition));
            }
            boolean hasMore = consumer.currentLag(partition).orElse(0) > 0;
            source.advance(isFull ? Input.HELD_BACK : (hasMore ? Input.AT_HAND : Input.NONE));
        }
    }

    private static Target withoutCheckpoint(Target target) {
        return instead(Target.class, target, "session", made -> instead(TargetSession.class, made, "updateLane", null));
    }

    /** What a method gives, changed; without a change the method is not called and gives true. */
    private static <T> T instead(Class<T> type, Object of, String method, @Nullable Function<Object, Object> change) {
        Object proxy =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, called, arguments) -> {
                    boolean isThat = called.getName().equals(method);
                    if (isThat && change == null) {
                        return true;
                    }
                    try {
                        Object result = called.invoke(of, arguments);
                        return isThat ? change.apply(result) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return type.cast(proxy);
    }

    private static final class NoQuarantine implements QuarantineLog {
        @Override
        public List<Long> append(List<Entry> entries) {
            throw new IllegalStateException("nothing goes into quarantine here");
        }

        @Override
        public List<ConsumerRecord<byte[], byte[]>> read(List<Long> offsets) {
            throw new IllegalStateException("nothing is in quarantine here");
        }

        @Override
        public void close() {}
    }
}
