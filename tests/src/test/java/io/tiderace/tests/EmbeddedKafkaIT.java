package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The embedded Kafka keeps what it acknowledged, and each way in which it cannot start is one clear error. */
class EmbeddedKafkaIT {
    @TempDir
    Path folder;

    @Test
    void committedTransactionsSurviveARestart() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0)) {
            createTopic(kafka);
            write(kafka, "a", "b");
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0)) {
            write(kafka, "c");
            assertThat(read(kafka)).containsExactly("a", "b", "c");
            assertThat(kafka.failure()).isNotDone();
        }
    }

    @Test
    void aTakenPortIsOneClearError() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> EmbeddedKafka.start(folder, socket.getLocalPort()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("TR-L101")
                    .hasMessageContaining("127.0.0.1:" + socket.getLocalPort());
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsOneClearError() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> EmbeddedKafka.start(file.resolve("data"), 0))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-L102")
                .hasMessageContaining(file.toString());
    }

    @Test
    void aDirectoryInUseIsOneClearError() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0)) {
            assertThatThrownBy(() -> EmbeddedKafka.start(folder, 0))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("TR-L103");
            assertThat(kafka.failure()).isNotDone();
        }
    }

    private static void createTopic(EmbeddedKafka kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("t", Optional.of(1), Optional.empty())))
                    .all()
                    .get();
        }
    }

    private static void write(EmbeddedKafka kafka, String... values) {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "test", "retry.backoff.ms", "1");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (String value : values) {
                producer.send(new ProducerRecord<>("t", value));
            }
            producer.commitTransaction();
        }
    }

    private static List<String> read(EmbeddedKafka kafka) {
        Map<String, Object> config =
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition("t", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<String> values = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }
}
