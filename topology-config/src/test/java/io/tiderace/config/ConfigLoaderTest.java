package io.tiderace.config;

import io.tiderace.config.SourceConfig.Flavor;
import io.tiderace.config.TaskConfig.Apply;
import io.tiderace.config.TaskConfig.Copy;
import io.tiderace.config.TaskConfig.Instance;
import io.tiderace.config.TaskConfig.Mode;
import io.tiderace.config.TaskConfig.Start;
import io.tiderace.schemas.TableName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: files as DM's users have them load unchanged, and every key lands where it should. Method: realistic files. */
class ConfigLoaderTest {
    private static final Path FOLDER = Path.of("src/test/resources/io/tiderace/config/accepted");
    private static final Map<String, String> ENVIRONMENT =
            Map.of("SOURCE_HOST", "db.example.org", "KAFKA_PASSWORD", "tide;race");
    private static final List<Path> SOURCES =
            List.of(FOLDER.resolve("source-basic.yaml"), FOLDER.resolve("source-full.yaml"));

    @TempDir
    Path scratch;

    @Test
    void basicFilesGetDefaults() {
        Configuration configuration =
                ConfigLoader.load(SOURCES.subList(0, 1), List.of(FOLDER.resolve("task-basic.yaml")), null, ENVIRONMENT);
        SourceConfig source = configuration.sources().get(0);
        assertThat(source.sourceId()).isEqualTo("mysql-01");
        assertThat(source.flavor()).isEqualTo(Flavor.DETECT);
        assertThat(source.serverId()).isZero();
        assertThat(source.enableGtid()).isTrue();
        assertThat(source.from().host()).isEqualTo("db.example.org");
        assertThat(source.from().password().value()).isEqualTo("abc!@#123");
        assertThat(source.toString()).doesNotContain("abc!@#123");
        TaskConfig task = configuration.tasks().get(0);
        assertThat(task.mode()).isEqualTo(Mode.ALL);
        assertThat(task.metaSchema()).isEqualTo("tiderace_meta");
        assertThat(task.target().session()).isEqualTo(Map.of("foreign_key_checks", "0"));
        assertThat(task.target().checksForeignKeys()).isFalse();
        assertThat(task.target().tls()).isNull();
        Instance instance = task.instances().get(0);
        assertThat(instance.start()).isNull();
        assertThat(instance.copy()).isEqualTo(new Copy(4));
        assertThat(instance.apply())
                .isEqualTo(new Apply(
                        16,
                        false,
                        TaskConfig.OnMismatch.WARN,
                        TaskConfig.OnDataError.STOP,
                        TaskConfig.CommitOrder.ANY));
        assertThat(instance.tables().accepts(new TableName("any", "table"))).isTrue();
        assertThat(instance.routes().route(new TableName("any", "table"))).isEqualTo(new TableName("any", "table"));
        assertThat(configuration.warnings()).singleElement().asString().contains("online-ddl");
    }

    @Test
    void everyKeyOfASourceFileIsKnown() {
        Configuration configuration = ConfigLoader.load(SOURCES.subList(1, 2), List.of(), null, ENVIRONMENT);
        SourceConfig source = configuration.sources().get(0);
        assertThat(source.flavor()).isEqualTo(Flavor.MYSQL);
        assertThat(source.serverId()).isEqualTo(101);
        assertThat(source.enableGtid()).as("on is true in YAML 1.1").isTrue();
        assertThat(source.from().password().value()).isEqualTo("p@ss: word");
        assertThat(source.from().session()).isEqualTo(Map.of("time_zone", "+00:00", "wait_timeout", "28800"));
        assertThat(source.from().tls()).isEqualTo(new DatabaseConfig.Tls("-----BEGIN CERTIFICATE-----\n", null, null));
        assertThat(configuration.warnings())
                .extracting(warning -> warning.replaceAll(".*yaml:(\\d+: [a-z.-]+):.*", "$1"))
                .containsExactly(
                        "8: auto-fix-gtid", "13: meta-dir", "14: charset", "15: tracer", "21: from.max-allowed-packet");
    }

    @Test
    void advancedTaskFile() {
        Configuration configuration =
                ConfigLoader.load(SOURCES, List.of(FOLDER.resolve("task-advanced.yaml")), null, ENVIRONMENT);
        TaskConfig task = configuration.tasks().get(0);
        assertThat(task.name()).isEqualTo("t-Ë!s`t");
        assertThat(task.metaSchema()).isEqualTo("dm_meta");
        assertThat(task.ignoreCheckingItems()).containsExactly("auto_increment_ID", "table_schema");
        assertThat(task.target().session())
                .as("the text as written, not a YAML boolean")
                .containsEntry("tidb_constraint_check_in_place", "off")
                .containsEntry("tidb_skip_utf8_check", "1")
                .containsEntry("foreign_key_checks", "1");
        assertThat(task.target().checksForeignKeys()).isTrue();
        Instance first = task.instances().get(0);
        assertThat(first.start())
                .isEqualTo(new Start(
                        "binlog.000001",
                        4,
                        "03fc0263-28c7-11e7-a653-6c0b84d59f30:1-7041423,05474d3c-28c7-11e7-8352-203db246dd3d:1-170"));
        assertThat(first.copy()).as("extra-args go before threads").isEqualTo(new Copy(6));
        assertThat(first.apply())
                .isEqualTo(new Apply(
                        32,
                        false,
                        TaskConfig.OnMismatch.WARN,
                        TaskConfig.OnDataError.STOP,
                        TaskConfig.CommitOrder.SOURCE,
                        250_000));
        assertThat(first.routes().route(new TableName("test_1", "t_9"))).isEqualTo(new TableName("test", "t"));
        assertThat(first.routes().route(new TableName("Test_1", "t_9")))
                .as("case-sensitive")
                .isEqualTo(new TableName("Test_1", "t_9"));
        assertThat(first.tables().accepts(new TableName("user", "information"))).isTrue();
        assertThat(first.tables().accepts(new TableName("user", "log"))).isFalse();
        Instance second = task.instances().get(1);
        assertThat(second.copy()).isEqualTo(new Copy(3));
        assertThat(second.apply()).isEqualTo(new Apply(5, false));
        assertThat(configuration.warnings()).noneMatch(warning -> warning.contains("online-ddl"));
    }

    @Test
    void oldNamesOfDm1() {
        TaskConfig task = ConfigLoader.loadTask(FOLDER.resolve("task-old-names.yaml"), Map.of());
        BlockAllowList tables = task.instances().get(0).tables();
        assertThat(tables.acceptsSchema("SHOP_7")).isTrue();
        assertThat(tables.acceptsSchema("shop_11")).isTrue();
        assertThat(tables.acceptsSchema("shop_21")).isFalse();
    }

    @Test
    void caseSensitivityOfASourceCountsForItsRules() throws Exception {
        Path source = write("source.yaml", "source-id: mysql-01\ncase-sensitive: true\nfrom: {host: h, user: u}\n");
        Configuration configuration =
                ConfigLoader.load(List.of(source), List.of(FOLDER.resolve("task-old-names.yaml")), null, Map.of());
        BlockAllowList tables = configuration.tasks().get(0).instances().get(0).tables();
        assertThat(tables.acceptsSchema("SHOP_7")).isFalse();
        assertThat(configuration.warnings()).anyMatch(warning -> warning.contains("rules match with case"));
    }

    @Test
    void serviceFileAndEnvironment() {
        ServiceConfig service = ConfigLoader.loadService(FOLDER.resolve("tiderace.yaml"), ENVIRONMENT);
        assertThat(service.bootstrapServers()).isEqualTo("kafka-1:9092,kafka-2:9092");
        assertThat(service.registry()).containsEntry("basic.auth.user.info", "t:tide;race");
        assertThat(service.topicPrefix()).isEqualTo("prod.");
        assertThat(service.replicationFactor()).isEqualTo(3);
        assertThat(service.relayRetentionMs()).isEqualTo(72L * 3_600_000);
        assertThat(service.maxMessageBytes()).isEqualTo(20 << 20);
        assertThat(service.dataDir()).isEqualTo(Path.of("/var/lib/tiderace"));
        assertThat(service.toString())
                .doesNotContain("tide;race")
                .doesNotContain("changeit")
                .contains("SCRAM-SHA-512");
        ServiceConfig overridden = ConfigLoader.loadService(
                FOLDER.resolve("tiderace.yaml"),
                Map.of(
                        "KAFKA_PASSWORD", "x",
                        "TIDERACE_KAFKA_BOOTSTRAP_SERVERS", "other:9092",
                        "TIDERACE_SCHEMA_REGISTRY_URL", "http://other:8081",
                        "TIDERACE_RELAY_RETENTION", "-1",
                        "TIDERACE_REPLICATION_FACTOR", "1"));
        assertThat(overridden.bootstrapServers()).isEqualTo("other:9092");
        assertThat(overridden.registryUrl()).isEqualTo("http://other:8081");
        assertThat(overridden.relayRetentionMs()).isEqualTo(-1);
        assertThat(overridden.replicationFactor()).isEqualTo(1);
        assertThat(overridden.instance()).isEqualTo("worker-1");
    }

    @Test
    void noServiceFileIsNeeded() {
        ServiceConfig service = ConfigLoader.loadService(null, Map.of("HOSTNAME", "here"));
        assertThat(service.topicPrefix()).isEqualTo("tiderace.");
        assertThat(service.relayRetentionMs()).isEqualTo(ServiceConfig.DEFAULT_RELAY_RETENTION_MS);
        assertThat(service.maxMessageBytes()).isEqualTo(ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES);
        assertThat(service.instance())
                .isEqualTo("here-" + ProcessHandle.current().pid());
        assertThat(service.kafka())
                .isEqualTo(Map.of("request.timeout.ms", "12000", "connections.max.idle.ms", "15000"));
    }

    @Test
    void secretsComeFromFilesAndVariables() throws Exception {
        write("password.txt", "from a file\n");
        Path source = write(
                "source.yaml",
                "source-id: a\nfrom: {host: h, port: '${env:PORT}', user: '$${env:PORT}', password: '${file:password.txt}'}\n");
        SourceConfig config = ConfigLoader.loadSource(source, Map.of("PORT", "3310"));
        assertThat(config.from().port()).isEqualTo(3310);
        assertThat(config.from().user()).isEqualTo("${env:PORT}");
        assertThat(config.from().password().value()).isEqualTo("from a file");
    }

    @Test
    void aSecretInTheWrongPlaceIsNotShown() throws Exception {
        write("password.txt", "hush-hush");
        Path source = write("source.yaml", """
                source-id: a
                flavor: ${file:password.txt}
                server-id: ${file:password.txt}
                enable-gtid: ${file:password.txt}
                checker: {backoff-max: "${file:password.txt}"}
                from: {host: h, user: u}
                """);
        assertThatThrownBy(() -> ConfigLoader.loadSource(source, Map.of()))
                .hasMessageContaining("4 problems")
                .hasMessageNotContaining("hush-hush");
    }

    @Test
    void mergedKeysAndAnchors() throws Exception {
        Path task = write("task.yaml", """
                name: t
                task-mode: all
                online-ddl: false
                target-database: &db {host: h, user: u, port: 4001}
                routes:
                  a: &route {schema-pattern: s, target-schema: x}
                  b: {<<: *route, table-pattern: t, target-table: y}
                mysql-instances:
                  - {source-id: s, route-rules: [a, b]}
                """);
        Routes routes = ConfigLoader.loadTask(task, Map.of()).instances().get(0).routes();
        assertThat(routes.route(new TableName("s", "t"))).isEqualTo(new TableName("x", "y"));
        assertThat(routes.route(new TableName("s", "u"))).isEqualTo(new TableName("x", "u"));
    }

    @Test
    void lookalikeVariablesAreWarnedOf() {
        Configuration configuration = ConfigLoader.load(
                List.of(),
                List.of(),
                null,
                Map.of("TIDERACE_TOPIC_PREFX", "x", "TIDERACE_SERVICE_HOST", "set by an orchestrator"));
        assertThat(configuration.warnings())
                .singleElement()
                .asString()
                .contains("TIDERACE_TOPIC_PREFX")
                .contains("did you mean TIDERACE_TOPIC_PREFIX?");
    }

    private Path write(String name, String text) throws Exception {
        return Files.writeString(scratch.resolve(name), text);
    }
}
