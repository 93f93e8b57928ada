package io.tiderace.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The topic {@code _schemas}, as Confluent's registry writes it: JSON keys and values, compacted. One writer at a time. */
final class SchemaTopic implements AutoCloseable {
    static final String NAME = "_schemas";

    private static final int NEW_TOPIC_ATTEMPTS_MAX = 100;
    private static final long NEW_TOPIC_PAUSE_MS = 100;

    private static final TopicPartition PARTITION = new TopicPartition(NAME, 0);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Map<String, Object> clients;
    private final KafkaProducer<byte[], byte[]> producer;

    private SchemaTopic(Map<String, Object> clients) {
        this.clients = clients;
        this.producer = new KafkaProducer<>(clients, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Opens it; creates it if it is not there. */
    static SchemaTopic open(String bootstrapServers) {
        Map<String, Object> clients = Map.of("bootstrap.servers", bootstrapServers);
        try (Admin admin = Admin.create(clients)) {
            create(admin);
            requireCompacted(admin);
        } catch (ExecutionException e) {
            throw unusable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while opening " + NAME, e);
        }
        return new SchemaTopic(clients);
    }

    private static void create(Admin admin) throws ExecutionException, InterruptedException {
        NewTopic topic = new NewTopic(NAME, Optional.of(1), Optional.empty())
                .configs(Map.of("cleanup.policy", "compact", "max.message.bytes", Integer.toString(16 << 20)));
        try {
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    private static void requireCompacted(Admin admin) throws ExecutionException, InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, NAME);
        Config config = Objects.requireNonNull(settings(admin, resource).get(resource));
        String policy = config.get("cleanup.policy").value();
        if (!policy.equals("compact")) {
            throw new ConfigException(
                    "TR-L132",
                    "the topic " + NAME + " has cleanup.policy=" + policy + ": Kafka would forget schemas",
                    "kafka-configs.sh --alter --topic " + NAME + " --add-config cleanup.policy=compact");
        }
    }

    /** A topic created a moment ago is not known to all of the broker at once. */
    private static Map<ConfigResource, Config> settings(Admin admin, ConfigResource topic)
            throws ExecutionException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return admin.describeConfigs(List.of(topic)).all().get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || attempt == NEW_TOPIC_ATTEMPTS_MAX) {
                    throw e;
                }
                Thread.sleep(NEW_TOPIC_PAUSE_MS);
            }
        }
    }

    /** Gives every record so far, in order; a null value removes what was under the key. */
    void replay(BiConsumer<JsonNode, @Nullable JsonNode> reader) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(clients, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToBeginning(List.of(PARTITION));
            long end = consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, 0L);
            while (consumer.position(PARTITION) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (record.key() != null) {
                        reader.accept(
                                MAPPER.readTree(record.key()),
                                record.value() == null ? null : MAPPER.readTree(record.value()));
                    }
                }
            }
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-L133",
                    "the topic " + NAME + " holds a record that is not a schema registry's: " + e.getMessage(),
                    "it was written by another program: use another Kafka or another data directory",
                    e);
        }
    }

    /** Appends one record and returns when it is durable. */
    void append(JsonNode key, @Nullable JsonNode value) {
        try {
            producer.send(new ProducerRecord<>(
                            NAME,
                            0,
                            MAPPER.writeValueAsBytes(key),
                            value == null ? null : MAPPER.writeValueAsBytes(value)))
                    .get();
        } catch (ExecutionException e) {
            throw unusable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while writing to " + NAME, e);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }

    private static RetriesExhaustedException unusable(ExecutionException e) {
        return new RetriesExhaustedException(
                "TR-L131",
                "the embedded schema registry cannot use the topic " + NAME + ": " + e.getCause(),
                "check that Kafka runs and that its disk has room, then start again",
                e);
    }
}
