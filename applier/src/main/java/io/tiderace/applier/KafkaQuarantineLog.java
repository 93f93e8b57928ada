package io.tiderace.applier;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A source's part of {@code tiderace.quarantine.<task>}: copies of the apply topic's records, each with its reason. Opens nothing before it is used. */
final class KafkaQuarantineLog implements QuarantineLog {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(100);

    private final ServiceConfig config;
    private final String sourceId;
    private final TopicSpec topic;
    private final TopicPartition apply;
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    KafkaQuarantineLog(ServiceConfig config, String task, String sourceId) {
        this.config = config;
        this.sourceId = sourceId;
        this.topic = TopicSpec.quarantine(config, task);
        this.apply = new TopicPartition(config.topics().apply(task, sourceId), 0);
    }

    @Override
    public synchronized List<Long> append(List<Entry> entries) throws InterruptedException {
        List<Long> offsets = new ArrayList<>();
        entries.forEach(entry -> offsets.add(entry.offset()));
        List<ConsumerRecord<byte[], byte[]>> records = read(apply, offsets);
        try {
            KafkaProducer<byte[], byte[]> open = producer();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < records.size(); i++) {
                sent.add(open.send(copy(records.get(i), entries.get(i).reason())));
            }
            List<Long> result = new ArrayList<>();
            for (Future<RecordMetadata> future : sent) {
                result.add(future.get().offset());
            }
            return result;
        } catch (ExecutionException e) {
            throw ConsumerSettings.failure(config, new KafkaException(String.valueOf(e.getCause()), e.getCause()));
        } catch (KafkaException e) {
            throw ConsumerSettings.failure(config, e);
        }
    }

    /** The value byte for byte, the router's headers, and where it comes from and why it is here. */
    private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record, String reason) {
        ProducerRecord<byte[], byte[]> copy =
                new ProducerRecord<>(topic.name(), 0, null, record.key(), record.value(), record.headers());
        copy.headers().add("quarantine.source", sourceId.getBytes(StandardCharsets.UTF_8));
        copy.headers()
                .add("quarantine.apply-offset", String.valueOf(record.offset()).getBytes(StandardCharsets.UTF_8));
        copy.headers().add("quarantine.reason", reason.getBytes(StandardCharsets.UTF_8));
        return copy;
    }

    private KafkaProducer<byte[], byte[]> producer() throws InterruptedException {
        KafkaProducer<byte[], byte[]> open = producer;
        if (open == null) {
            TopicAdmin.ensure(config, List.of(topic));
            Map<String, Object> settings = new HashMap<>(config.kafka());
            settings.put("client.id", "quarantine-" + config.instance());
            settings.put("acks", "all");
            settings.put("enable.idempotence", true);
            settings.put("compression.type", "lz4");
            settings.put("max.request.size", config.maxMessageBytes() + (1 << 20));
            settings.put("delivery.timeout.ms", (int) PATIENCE.toMillis());
            settings.put("request.timeout.ms", 10_000);
            settings.put("max.block.ms", PATIENCE.toMillis());
            open = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
            producer = open;
        }
        return open;
    }

    @Override
    public synchronized List<ConsumerRecord<byte[], byte[]>> read(List<Long> offsets) throws InterruptedException {
        return read(new TopicPartition(topic.name(), 0), offsets);
    }

    private List<ConsumerRecord<byte[], byte[]>> read(TopicPartition partition, List<Long> offsets)
            throws InterruptedException {
        Map<Long, ConsumerRecord<byte[], byte[]>> found = new HashMap<>();
        TreeSet<Long> wanted = new TreeSet<>(offsets);
        try {
            KafkaConsumer<byte[], byte[]> open = consumer();
            open.assign(List.of(partition));
            while (!wanted.isEmpty()) {
                open.seek(partition, wanted.first());
                long deadline = System.nanoTime() + PATIENCE.toNanos();
                int before = found.size();
                while (found.size() == before) {
                    take(open, partition, wanted, found, deadline);
                }
            }
        } catch (InterruptException e) {
            throw interrupted(e);
        } catch (KafkaException e) {
            throw ConsumerSettings.failure(config, e);
        }
        List<ConsumerRecord<byte[], byte[]>> result = new ArrayList<>();
        offsets.forEach(offset -> result.add(Objects.requireNonNull(found.get(offset))));
        return result;
    }

    private static InterruptedException interrupted(RuntimeException e) {
        InterruptedException interrupted = new InterruptedException("interrupted while Kafka was read");
        interrupted.initCause(e);
        return interrupted;
    }

    private static void take(
            KafkaConsumer<byte[], byte[]> open,
            TopicPartition partition,
            SortedSet<Long> wanted,
            Map<Long, ConsumerRecord<byte[], byte[]>> found,
            long deadline) {
        for (ConsumerRecord<byte[], byte[]> record : open.poll(POLL)) {
            if (wanted.remove(record.offset())) {
                found.put(record.offset(), record);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        boolean isPast = open.position(partition) > wanted.first();
        if (isPast || System.nanoTime() > deadline) {
            throw new DataException(
                    "TR-A027",
                    "topic " + partition.topic() + " does not hold the record at offset " + wanted.first()
                            + (isPast
                                    ? " any more"
                                    : ", or does not give it within "
                                            + TimeUnit.NANOSECONDS.toSeconds(PATIENCE.toNanos()) + " s"),
                    "if Kafka runs and the topic's retention was not shortened, start again; records that are gone cannot be replayed: "
                            + "'tiderace quarantine discard' their changes and bring the rows into the source's state by hand");
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        if (open == null) {
            Map<String, Object> settings = new HashMap<>(config.kafka());
            settings.put("client.id", "quarantine-" + config.instance());
            settings.put("isolation.level", "read_committed");
            settings.put("enable.auto.commit", false);
            settings.put("auto.offset.reset", "earliest");
            settings.put("max.poll.records", 500);
            open = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer = open;
        }
        return open;
    }

    @Override
    public synchronized void close() {
        KafkaProducer<byte[], byte[]> sender = producer;
        KafkaConsumer<byte[], byte[]> reader = consumer;
        producer = null;
        consumer = null;
        if (sender != null) {
            sender.close(Duration.ofSeconds(1));
        }
        if (reader != null) {
            reader.close(CloseOptions.timeout(Duration.ofSeconds(1)));
        }
    }
}
