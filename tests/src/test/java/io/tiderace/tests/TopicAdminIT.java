package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Our topics are created as they must be, and one that is not is told with the command that cures it. */
class TopicAdminIT {
    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;
    private static Admin admin;

    @BeforeAll
    static void start() {
        kafka = EmbeddedKafka.start(folder, 0);
        admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    @AfterAll
    static void stop() {
        admin.close();
        kafka.close();
    }

    @Test
    void missingTopicsAreCreatedAndThenPass() throws Exception {
        ServiceConfig config = config("created.");
        List<TopicSpec> topics = List.of(
                TopicSpec.relay(config, "a"),
                TopicSpec.apply(config, "t", "a"),
                TopicSpec.decisions(config, "t", "a"),
                TopicSpec.shardDdl(config, "t"),
                TopicSpec.schemaHistory(config, "a"),
                TopicSpec.positions(config),
                TopicSpec.prepared(config, "a"),
                TopicSpec.topology(config),
                TopicSpec.status(config));
        TopicAdmin.ensure(config, topics);
        TopicAdmin.ensure(config, topics);
        Config relay = settings("created.relay.a");
        assertThat(relay.get("retention.ms").value()).isEqualTo("604800000");
        assertThat(relay.get("max.message.bytes").value()).isEqualTo(String.valueOf(96 << 20));
        for (TopicSpec topic : topics) {
            assertThat(settings(topic.name()).get("message.timestamp.type").value())
                    .isEqualTo("LogAppendTime");
        }
        assertThat(settings("created.schema-history.a").get("retention.ms").value())
                .isEqualTo("-1");
        assertThat(settings("created.positions").get("cleanup.policy").value()).isEqualTo("compact");
        assertThat(settings("created.shard-ddl.t").get("cleanup.policy").value())
                .contains("compact")
                .contains("delete");
    }

    @Test
    void anotherSettingIsAnErrorWithItsCure() throws Exception {
        ServiceConfig config = config("other.");
        TopicAdmin.ensure(config, List.of(TopicSpec.schemaHistory(config, "a"), TopicSpec.relay(config, "a")));
        alter("other.schema-history.a", "retention.ms", "1000");
        assertThatThrownBy(() -> TopicAdmin.ensure(config, List.of(TopicSpec.schemaHistory(config, "a"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T013")
                .hasMessageContaining("topic other.schema-history.a: retention.ms is 1000, wanted -1")
                .hasMessageContaining("--add-config 'retention.ms=-1'");
        alter("other.relay.a", "max.message.bytes", "200000000");
        alter("other.relay.a", "retention.ms", "-1");
        TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, "a")));
        assertThat(settings("other.relay.a").get("max.message.bytes").value()).isEqualTo("200000000");
    }

    @Test
    void aTopicGetsRoomForLargerRecords() throws Exception {
        ServiceConfig config = config("room.");
        TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, "a")));
        alter("room.relay.a", "max.message.bytes", "1000");
        TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, "a")));
        assertThat(settings("room.relay.a").get("max.message.bytes").value()).isEqualTo(String.valueOf(96 << 20));
        alter("room.relay.a", "max.message.bytes", "1000");
        alter("room.relay.a", "retention.ms", "1000");
        assertThatThrownBy(() -> TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, "a"))))
                .hasMessageContaining("retention.ms is 1000")
                .hasMessageNotContaining("max.message.bytes");
    }

    @Test
    void partitionsAndReplicasThatCannotBeAreErrors() throws Exception {
        admin.createTopics(List.of(new NewTopic("parts.positions", 3, (short) 1)))
                .all()
                .get(30, TimeUnit.SECONDS);
        ServiceConfig config = config("parts.");
        assertThatThrownBy(() -> TopicAdmin.ensure(config, List.of(TopicSpec.positions(config))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T012")
                .hasMessageContaining("has 3 partitions");
        ServiceConfig replicated = new ServiceConfig(
                "replicas.",
                config.kafka(),
                Map.of(),
                3,
                60_000,
                1 << 20,
                "test",
                folder.resolve("unused"),
                CopyLimits.DEFAULT);
        assertThatThrownBy(() -> TopicAdmin.ensure(replicated, List.of(TopicSpec.positions(replicated))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T014")
                .hasMessageContaining("replicas.positions");
    }

    @Test
    void aRecordLargerThanARequestIsAnErrorAtStart() {
        ServiceConfig usual = config("large.");
        ServiceConfig config = new ServiceConfig(
                "large.", usual.kafka(), Map.of(), -1, -1, 1 << 30, "test", usual.dataDir(), CopyLimits.DEFAULT);
        assertThatThrownBy(() -> TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, "a"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T017")
                .hasMessageContaining("socket.request.max.bytes");
        assertThatThrownBy(() -> settings("large.relay.a")).hasMessageContaining("UnknownTopicOrPartition");
    }

    private static ServiceConfig config(String prefix) {
        return new ServiceConfig(
                prefix,
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                Map.of(),
                -1,
                ServiceConfig.DEFAULT_RELAY_RETENTION_MS,
                ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES,
                "test",
                folder.resolve("unused"),
                CopyLimits.DEFAULT);
    }

    private static Config settings(String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource))
                .all()
                .get(30, TimeUnit.SECONDS)
                .get(resource);
    }

    private static void alter(String topic, String key, String value) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.incrementalAlterConfigs(Map.of(
                        resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET))))
                .all()
                .get(30, TimeUnit.SECONDS);
    }
}
