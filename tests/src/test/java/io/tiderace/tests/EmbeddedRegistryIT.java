package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The embedded registry answers as Confluent's does: to plain HTTP, to our client, to Confluent's Python client; and keeps its schemas. */
class EmbeddedRegistryIT {
    private static final String LONG_SCHEMA = "{\"schema\": \"\\\"long\\\"\"}";
    private static final String STRING_SCHEMA = "{\"schema\": \"\\\"string\\\"\"}";

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void theSameSchemaHasTheSameIdInEverySubjectAndAfterARestart(@TempDir Path folder) throws Exception {
        String before;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0)) {
            try (EmbeddedRegistry registry = EmbeddedRegistry.start(kafka.bootstrapServers(), 0)) {
                before = post(registry, "/subjects/a%2Fb/versions", LONG_SCHEMA);
                assertThat(post(registry, "/subjects/other/versions", LONG_SCHEMA))
                        .isEqualTo(before);
                assertThat(post(registry, "/subjects/other/versions", STRING_SCHEMA))
                        .isNotEqualTo(before);
                assertThat(send(registry, "DELETE", "/subjects/other/versions/1", ""))
                        .isEqualTo("200 1");
                assertThat(send(registry, "PUT", "/config/other", "{\"compatibility\": \"FULL\"}"))
                        .startsWith("200");
            }
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0);
                EmbeddedRegistry registry = EmbeddedRegistry.start(kafka.bootstrapServers(), 0)) {
            assertThat(post(registry, "/subjects/a%2Fb/versions", LONG_SCHEMA)).isEqualTo(before);
            assertThat(send(registry, "GET", "/subjects", "")).isEqualTo("200 [\"a/b\",\"other\"]");
            assertThat(send(registry, "GET", "/subjects/other/versions", "")).isEqualTo("200 [2]");
            assertThat(send(registry, "GET", "/config/other", "")).isEqualTo("200 {\"compatibilityLevel\":\"FULL\"}");
        }
    }

    @Test
    void errorsHaveConfluentsCodes() throws Exception {
        EmbeddedRegistry registry = Servers.registry();
        String subject = "/subjects/" + Servers.freshName("errors");
        assertThat(send(registry, "GET", subject + "/versions", ""))
                .startsWith("404")
                .contains("40401");
        assertThat(send(registry, "GET", "/schemas/ids/999999", ""))
                .startsWith("404")
                .contains("40403");
        assertThat(send(registry, "POST", subject + "/versions", "{\"schema\": \"no schema\"}"))
                .startsWith("422")
                .contains("42201");
        post(registry, subject + "/versions", LONG_SCHEMA);
        assertThat(send(registry, "GET", subject + "/versions/7", ""))
                .startsWith("404")
                .contains("40402");
        assertThat(send(registry, "GET", subject + "/versions/0", ""))
                .startsWith("422")
                .contains("42202");
        assertThat(send(registry, "POST", subject, STRING_SCHEMA))
                .startsWith("404")
                .contains("40403");
        assertThat(send(registry, "PUT", "/config", "{\"compatibility\": \"SOME\"}"))
                .startsWith("422")
                .contains("42203");
        assertThat(send(registry, "GET", "/nothing", "")).startsWith("404");
    }

    @Test
    void aLevelIsKeptToOnlyWhereItIsSet() throws Exception {
        EmbeddedRegistry registry = Servers.registry();
        String free = Servers.freshName("free");
        post(registry, "/subjects/" + free + "/versions", LONG_SCHEMA);
        post(registry, "/subjects/" + free + "/versions", STRING_SCHEMA);
        String strict = Servers.freshName("strict");
        send(registry, "PUT", "/config/" + strict, "{\"compatibility\": \"FULL_TRANSITIVE\"}");
        post(registry, "/subjects/" + strict + "/versions", LONG_SCHEMA);
        assertThat(send(registry, "POST", "/compatibility/subjects/" + strict + "/versions/latest", STRING_SCHEMA))
                .isEqualTo("200 {\"is_compatible\":false}");
        assertThat(send(registry, "POST", "/subjects/" + strict + "/versions", STRING_SCHEMA))
                .startsWith("409");
    }

    @Test
    void confluentsPythonClientIsServed() throws Exception {
        PythonClient python = Servers.need("Python with confluent-kafka", PythonClient.find());
        String topic = createTopic();
        PythonClient.Result result = python.run(
                "registry_client.py", Servers.registry().url(), Servers.kafka().bootstrapServers(), topic);
        assertThat(result.output()).endsWith("ok\n");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void confluentsPythonClientAndKcatReadOurRecords() throws Exception {
        PythonClient python = Servers.need("Python with confluent-kafka", PythonClient.find());
        String topic = createTopic();
        RecordCodec codec = new RecordCodec(new RegistryClient(Servers.registryProperties()), topic);
        byte[] record = codec.encode(new Commit(7, 3, 5, 2, "g:1", null, "binlog.000001", 4, 1000, false, false));
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.copyOf(Servers.kafkaProperties()), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, record)).get();
        }
        PythonClient.Result read = python.run(
                "read_topic.py", Servers.registry().url(), Servers.kafka().bootstrapServers(), topic, "1");
        assertThat(read.output()).contains("\"txn\": 7").contains("\"gtid\": \"g:1\"");
        PythonClient.Result kcat = PythonClient.run(List.of(
                "kcat", "-C", "-q", "-e", "-b", Servers.kafka().bootstrapServers(), "-t", topic, "-f", "%o %S\n"));
        assertThat(Servers.need("kcat", Optional.of(kcat).filter(result -> result.exitCode() != 127))
                        .output())
                .isEqualTo("0 " + record.length + "\n");
    }

    private static String createTopic() throws Exception {
        String topic = Servers.freshName("python");
        try (Admin admin = Admin.create(Map.copyOf(Servers.kafkaProperties()))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                    .all()
                    .get();
        }
        return topic;
    }

    private String post(EmbeddedRegistry registry, String path, String body) throws IOException, InterruptedException {
        String answer = send(registry, "POST", path, body);
        assertThat(answer).startsWith("200 {\"id\":");
        return answer;
    }

    private String send(EmbeddedRegistry registry, String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
