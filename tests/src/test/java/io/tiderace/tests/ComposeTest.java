package io.tiderace.tests;

import io.tiderace.cli.TiDbServer;
import io.tiderace.config.ConfigLoader;
import io.tiderace.config.Configuration;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.TaskConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

import static org.assertj.core.api.Assertions.assertThat;

/** docker-compose.yml can only be run where Docker is; here it is held against everything that it shares something with. */
@SuppressWarnings("unchecked")
class ComposeTest {
    private static final Path ROOT = Servers.checkout();
    private static final Path EXAMPLES = ROOT.resolve("docs/examples/compose");
    /** What a service may say, of the Compose Specification. */
    private static final Set<String> SERVICE_KEYS = Set.of(
            "image", "build", "ports", "environment", "volumes", "command", "depends_on", "healthcheck", "restart");

    private final Map<String, Object> compose = compose();
    private final Map<String, Map<String, Object>> services =
            (Map<String, Map<String, Object>>) compose.get("services");

    @Test
    void theFileFollowsTheSpecification() {
        assertThat(compose).containsOnlyKeys("name", "x-tiderace", "services", "volumes");
        Map<String, Object> volumes = (Map<String, Object>) compose.get("volumes");
        services.forEach((name, service) -> {
            assertThat(service.keySet()).as(name).isSubsetOf(SERVICE_KEYS).contains("image");
            for (String volume : (List<String>) service.getOrDefault("volumes", List.of())) {
                String source = volume.split(":")[0];
                if (source.startsWith("./")) {
                    assertThat(ROOT.resolve(source)).exists();
                } else {
                    assertThat(volumes).containsKey(source);
                }
            }
            ((Map<String, Map<String, String>>) service.getOrDefault("depends_on", Map.of())).forEach((other, how) -> {
                assertThat(services).containsKey(other);
                if (how.get("condition").equals("service_healthy")) {
                    assertThat(services.get(other)).as(other).containsKey("healthcheck");
                }
            });
            ((Map<String, Object>) service.getOrDefault("environment", Map.of()))
                    .forEach((key, value) -> assertThat(value).as(key).isInstanceOf(String.class));
        });
        assertThat(ROOT.resolve("Dockerfile")).exists();
    }

    @Test
    void everyImageIsPinnedAndEveryPortIsOnTheLoopbackInterface() {
        services.forEach((name, service) -> {
            assertThat((String) service.get("image")).matches("[a-z/-]+:v?\\d+\\.\\d+\\.\\d+");
            for (String port : (List<String>) service.getOrDefault("ports", List.of())) {
                assertThat(port).matches("127\\.0\\.0\\.1:\\d+:\\d+");
            }
        });
    }

    @Test
    void imagesAreTheVersionsThatTheBuildUses() throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        assertThat(image("kafka")).isEqualTo("apache/kafka:" + property(pom, "kafka.version"));
        assertThat(image("tidb")).isEqualTo(TiDbServer.IMAGE);
        assertThat(image("mysql")).startsWith("mysql:8.0.");
        for (String service : List.of("capture", "router", "applier")) {
            assertThat(image(service)).isEqualTo("tiderace:" + version(pom));
        }
    }

    @Test
    void theConfigurationFilesAreRightAndNameTheServicesAndTheirPorts() throws IOException {
        Configuration configuration = ConfigLoader.load(
                List.of(EXAMPLES.resolve("source.yaml")),
                List.of(EXAMPLES.resolve("task.yaml")),
                EXAMPLES.resolve("tiderace.yaml"),
                Map.of());
        String kafka = configuration.service().kafka().get("bootstrap.servers");
        assertThat(environment("kafka").get("KAFKA_ADVERTISED_LISTENERS")).contains("INSIDE://" + kafka + ",");
        assertThat(kafka).startsWith("kafka:");
        URI registry = URI.create(configuration.service().registry().get("schema.registry.url"));
        assertThat(containerPort(registry.getHost())).isEqualTo(registry.getPort());
        assertThat(registry.getPath()).isEqualTo("/apis/ccompat/v7");
        DatabaseConfig source = configuration.sources().get(0).from();
        assertThat(containerPort(source.host())).isEqualTo(source.port());
        assertThat(Files.readString(EXAMPLES.resolve("shop.sql")))
                .contains("CREATE USER " + source.user() + "@'%' IDENTIFIED BY '"
                        + source.password().value() + "'")
                .contains("CREATE DATABASE shop ");
        TaskConfig task = configuration.tasks().get(0);
        assertThat(containerPort(task.target().host())).isEqualTo(task.target().port());
    }

    @Test
    void theServicesAreStartedWithFilesThatAreThere() {
        for (String service : List.of("capture", "router", "applier")) {
            List<String> command = (List<String>) services.get(service).get("command");
            assertThat(command.get(0)).isEqualTo(service);
            for (String word : command) {
                if (word.startsWith("/")) {
                    assertThat(word).startsWith("/etc/tiderace/");
                    assertThat(EXAMPLES.resolve(word.substring("/etc/tiderace/".length())))
                            .exists();
                }
            }
        }
    }

    @Test
    void whatTheOutsideSeesOfKafkaIsWhatItAdvertises() {
        String published = ((List<String>) services.get("kafka").get("ports")).get(0);
        String address = published.substring(0, published.lastIndexOf(':'));
        assertThat(environment("kafka").get("KAFKA_ADVERTISED_LISTENERS")).endsWith("OUTSIDE://" + address);
    }

    @Test
    void documentsNameTheSameImagesAndPorts() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/compose.md"));
        List<String> wrong = new ArrayList<>();
        services.forEach((name, service) -> {
            if (!page.contains("`" + service.get("image") + "`")) {
                wrong.add(name + ": " + service.get("image"));
            }
            for (String port : (List<String>) service.getOrDefault("ports", List.of())) {
                if (!page.contains("`" + port.substring(0, port.lastIndexOf(':')) + "`")) {
                    wrong.add(name + ": " + port);
                }
            }
        });
        assertThat(wrong).isEmpty();
        Pattern mention = Pattern.compile("(apache/kafka|apicurio/apicurio-registry|pingcap/tidb):[\\w.-]+");
        try (Stream<Path> pages = Files.walk(ROOT.resolve("docs"))) {
            for (Path document :
                    Stream.concat(pages, Stream.of(ROOT.resolve("README.md"))).toList()) {
                if (document.toString().endsWith(".md")) {
                    Matcher image = mention.matcher(Files.readString(document));
                    while (image.find()) {
                        assertThat(services.values().stream().map(service -> service.get("image")))
                                .as(document.toString())
                                .contains(image.group());
                    }
                }
            }
        }
    }

    private static Map<String, Object> compose() {
        LoaderOptions strict = new LoaderOptions();
        strict.setAllowDuplicateKeys(false);
        try {
            return new Yaml(new SafeConstructor(strict)).load(Files.readString(ROOT.resolve("docker-compose.yml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String image(String service) {
        return (String) services.get(service).get("image");
    }

    private Map<String, String> environment(String service) {
        return (Map<String, String>) services.get(service).get("environment");
    }

    private int containerPort(String service) {
        String port = ((List<String>) services.get(service).get("ports")).get(0);
        return Integer.parseInt(port.substring(port.lastIndexOf(':') + 1));
    }

    private static String property(String pom, String name) {
        Matcher value = Pattern.compile("<" + Pattern.quote(name) + ">(.*?)</").matcher(pom);
        assertThat(value.find()).isTrue();
        return value.group(1);
    }

    private static String version(String pom) {
        Matcher value = Pattern.compile("<version>(.*?)</version>").matcher(pom);
        assertThat(value.find()).isTrue();
        return value.group(1);
    }
}
