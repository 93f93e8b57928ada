package io.tiderace.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: the shipped JSON Schemas say what the loader says. Method: made anew and compared; then the same files given to both. */
class JsonSchemasTest {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Path SHIPPED = Path.of("src/main/resources/io/tiderace/config");
    private static final Path FILES = Path.of("src/test/resources/io/tiderace/config");

    @Test
    void shippedSchemasAreUpToDate() throws IOException {
        for (Map.Entry<String, KeyTable> file : new TreeMap<>(JsonSchemas.FILES).entrySet()) {
            String text = MAPPER.writeValueAsString(
                    sorted(MAPPER.valueToTree(JsonSchemas.document(file.getKey(), file.getValue()))));
            Golden.check(SHIPPED.resolve(file.getKey()), text + "\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "accepted/source-basic.yaml, source",
        "accepted/source-full.yaml, source",
        "accepted/task-basic.yaml, task",
        "accepted/task-advanced.yaml, task",
        "accepted/task-old-names.yaml, task",
        "accepted/tiderace.yaml, tiderace",
        "../../../../../../../docs/examples/source.yaml, source",
        "../../../../../../../docs/examples/task.yaml, task",
        "../../../../../../../docs/examples/tiderace.yaml, tiderace"
    })
    void acceptedFilesAreValid(String file, String schema) throws IOException {
        assertThat(validate(FILES.resolve(file), schema)).isEmpty();
    }

    @Test
    void wrongFilesAreNotValid() throws IOException {
        assertThat(validate(FILES.resolve("refused/values/source.yaml"), "source"))
                .extracting(message -> message.getInstanceLocation().toString())
                .contains("$.flavor", "$.server-id", "$.enable-gtid", "$.checker.backoff-max", "$.purge");
        assertThat(validate(FILES.resolve("refused/values/task.yaml"), "task"))
                .extracting(message -> message.getInstanceLocation().toString())
                .contains("$.task-mode", "$.target-database", "$.syncers.g.batch");
        assertThat(validate(FILES.resolve("refused/tiderace/tiderace.yaml"), "tiderace"))
                .extracting(ValidationMessage::getProperty)
                .contains("linger.ms", "bootstrap.server");
    }

    private static Set<ValidationMessage> validate(Path file, String schema) throws IOException {
        Object document = new Yaml().load(Files.readString(file));
        try (var in = JsonSchemasTest.class.getResourceAsStream(schema + ".schema.json")) {
            JsonSchema compiled = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(in);
            return compiled.validate(MAPPER.valueToTree(document));
        }
    }

    /** Immutable maps have no order of their own: objects that are not lists of keys are put in order by name. */
    private static JsonNode sorted(JsonNode node) {
        if (node.isArray()) {
            var array = MAPPER.createArrayNode();
            node.forEach(item -> array.add(sorted(item)));
            return array;
        }
        if (!node.isObject()) {
            return node;
        }
        var object = MAPPER.createObjectNode();
        boolean isSchema = node.has("type") || node.has("pattern") || node.has("enum") || node.has("anyOf");
        Map<String, JsonNode> fields = isSchema ? new TreeMap<>() : new java.util.LinkedHashMap<>();
        node.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
        fields.forEach(object::set);
        return object;
    }
}
