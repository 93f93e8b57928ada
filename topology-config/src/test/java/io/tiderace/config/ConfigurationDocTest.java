package io.tiderace.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: docs/configuration.md is true. Method: each YAML block in it is loaded, and its reference tables are made from the key tables.
 * Blocks of a task may leave out name, mode and target.
 */
class ConfigurationDocTest {
    private static final Path DOC = Path.of("../docs/configuration.md");
    private static final Path EXAMPLES = Path.of("../docs/examples");
    private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
    private static final Pattern TABLE = Pattern.compile("(?ms)^<!-- keys: (\\S+) -->\\n(.*?)^<!-- end -->\\n");
    private static final Map<String, String> ENVIRONMENT =
            Map.of("SHOP_PASSWORD", "x", "KAFKA_PASSWORD", "x", "TIDB_PASSWORD", "x");

    private static final List<KeyTable> TABLES = List.of(
            SourceKeys.SOURCE,
            SourceKeys.PURGE,
            SourceKeys.CHECKER_KEYS,
            DatabaseKeys.DATABASE,
            DatabaseKeys.SECURITY,
            TaskKeys.TASK,
            TaskKeys.INSTANCE,
            TaskKeys.META,
            TaskKeys.ROUTE,
            TaskKeys.BLOCK_ALLOW_LIST,
            UnitKeys.MYDUMPER,
            UnitKeys.LOADER,
            UnitKeys.SYNCER,
            UnitKeys.VALIDATOR,
            ServiceKeys.SERVICE,
            ServiceKeys.KAFKA_KEYS,
            ServiceKeys.REGISTRY_KEYS,
            ServiceKeys.COPY_KEYS);

    @TempDir
    Path scratch;

    @Test
    void everyYamlBlockLoads() throws IOException {
        Matcher block = YAML.matcher(Files.readString(DOC));
        int blocks = 0;
        while (block.find()) {
            String text = block.group(1);
            Path file = scratch.resolve("block" + ++blocks + ".yaml");
            if (text.contains("mysql-instances:")) {
                String head = text.contains("task-mode:") ? "" : "name: t\ntask-mode: all\nonline-ddl: false\n";
                String target = text.contains("target-database:") ? "" : "target-database: {host: h, user: u}\n";
                ConfigLoader.loadTask(Files.writeString(file, head + target + text), ENVIRONMENT);
            } else if (text.contains("source-id:")) {
                ConfigLoader.loadSource(Files.writeString(file, text), ENVIRONMENT);
            } else {
                ConfigLoader.loadService(Files.writeString(file, text), ENVIRONMENT);
            }
        }
        assertThat(blocks).isGreaterThan(5);
    }

    @Test
    void examplesLoadTogetherWithoutAWarning() {
        Configuration configuration = ConfigLoader.load(
                List.of(EXAMPLES.resolve("source.yaml")),
                List.of(EXAMPLES.resolve("task.yaml")),
                EXAMPLES.resolve("tiderace.yaml"),
                ENVIRONMENT);
        assertThat(configuration.warnings()).isEmpty();
    }

    @Test
    void referenceTablesAreUpToDateAndComplete() throws IOException {
        String doc = Files.readString(DOC);
        List<String> shown = new ArrayList<>();
        Matcher matcher = TABLE.matcher(doc);
        StringBuilder made = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(1);
            shown.add(name);
            KeyTable table = TABLES.stream()
                    .filter(known -> known.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            matcher.appendReplacement(
                    made,
                    Matcher.quoteReplacement("<!-- keys: " + name + " -->\n" + markdown(table) + "<!-- end -->\n"));
        }
        Golden.check(DOC, matcher.appendTail(made).toString());
        assertThat(shown)
                .containsExactlyInAnyOrderElementsOf(
                        TABLES.stream().map(KeyTable::name).toList());
    }

    private static String markdown(KeyTable table) {
        StringBuilder text = new StringBuilder();
        boolean isOurs = List.of(ServiceKeys.SERVICE, ServiceKeys.REGISTRY_KEYS, ServiceKeys.COPY_KEYS)
                .contains(table);
        text.append(
                isOurs
                        ? "| key | default | variable | |\n|---|---|---|---|\n"
                        : "| key | default | | |\n|---|---|---|---|\n");
        for (Key key : table.keys().values()) {
            if (key.doc().isEmpty()) {
                continue;
            }
            String third = isOurs ? variable(table, key) : status(key);
            text.append("| `").append(key.name()).append("` | ");
            text.append(key.isRequired() ? "required" : key.byDefault().isEmpty() ? "" : "`" + key.byDefault() + "`");
            text.append(" | ")
                    .append(third)
                    .append(" | ")
                    .append(description(key))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String variable(KeyTable table, Key key) {
        if (key.type() instanceof KeyType.Mapping) {
            return "";
        }
        return "`" + ServiceKeys.variable(table == ServiceKeys.SERVICE ? "" : table.name(), key.name()) + "`";
    }

    private static String status(Key key) {
        return switch (key.support()) {
            case SUPPORTED -> "";
            case ACCEPTED -> "no effect";
            case IGNORED -> "ignored, warns";
            case REFUSED ->
                "**refused**"
                        + (key.harmless().isEmpty()
                                ? ""
                                : key.harmless().stream().collect(Collectors.joining("`, `", " unless `", "`")));
        };
    }

    private static String description(Key key) {
        String words = key.type() instanceof KeyType.Choice choice ? " (" + choice.words() + ")" : "";
        return (key.doc() + words).replace("|", "\\|");
    }
}
