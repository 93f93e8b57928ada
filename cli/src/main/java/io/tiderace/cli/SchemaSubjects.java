package io.tiderace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tiderace.schemas.AvroCompatibility;
import io.tiderace.schemas.AvroCompatibility.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The registry's state: subjects with their versions, ids, compatibility levels. Every change is durable in the topic before it shows
 * here. The same schema has the same id in all subjects, and an id never changes its meaning. Thread-safe.
 */
final class SchemaSubjects {
    /** One version of a subject. */
    record Version(String subject, int version, int id, String schema, boolean isDeleted) {}

    /** The registry says no: Confluent's error code, of which the first three digits are the HTTP status. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int code;

        RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final SchemaTopic topic;
    private final TreeMap<String, TreeMap<Integer, Version>> subjects = new TreeMap<>();
    private final Map<Integer, String> schemas = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<String, Level> levels = new HashMap<>();
    private Level globalLevel;
    private int lastId;

    SchemaSubjects(SchemaTopic topic, Level defaultLevel) {
        this.topic = topic;
        this.globalLevel = defaultLevel;
        topic.replay(this::take);
    }

    synchronized int register(String subject, String text) {
        String schema = normalized(text);
        Optional<Version> known = find(subject, schema, false);
        if (known.isPresent()) {
            return known.get().id();
        }
        List<String> problems = AvroCompatibility.problems(
                schema, texts(subject), level(subject).orElse(globalLevel));
        if (!problems.isEmpty()) {
            throw new RefusedException(
                    409,
                    "Schema being registered is incompatible with an earlier schema for subject \"" + subject
                            + "\", details: " + problems);
        }
        Integer id = ids.get(schema);
        TreeMap<Integer, Version> versions = subjects.get(subject);
        int number = versions == null || versions.isEmpty() ? 1 : versions.lastKey() + 1;
        Version version = new Version(subject, number, id == null ? lastId + 1 : id, schema, false);
        append(version);
        return version.id();
    }

    synchronized Version lookup(String subject, String text, boolean isDeletedWanted) {
        List<Version> versions = versions(subject, isDeletedWanted);
        String schema = normalized(text);
        return versions.stream()
                .filter(version -> version.schema().equals(schema))
                .findFirst()
                .orElseThrow(() -> new RefusedException(40403, "Schema not found"));
    }

    synchronized String schema(int id) {
        String schema = schemas.get(id);
        if (schema == null) {
            throw new RefusedException(40403, "Schema " + id + " not found");
        }
        return schema;
    }

    synchronized List<Version> uses(int id, boolean isDeletedWanted) {
        schema(id);
        return subjects.values().stream()
                .flatMap(versions -> versions.values().stream())
                .filter(version -> version.id() == id && (isDeletedWanted || !version.isDeleted()))
                .toList();
    }

    synchronized List<String> subjects(boolean isDeletedWanted) {
        return subjects.entrySet().stream()
                .filter(entry ->
                        entry.getValue().values().stream().anyMatch(version -> isDeletedWanted || !version.isDeleted()))
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized List<Version> versions(String subject, boolean isDeletedWanted) {
        List<Version> versions = subjects.getOrDefault(subject, new TreeMap<>()).values().stream()
                .filter(version -> isDeletedWanted || !version.isDeleted())
                .toList();
        if (versions.isEmpty()) {
            throw new RefusedException(40401, "Subject '" + subject + "' not found.");
        }
        return versions;
    }

    /** @param number a number, {@code latest} or -1 */
    synchronized Version version(String subject, String number, boolean isDeletedWanted) {
        List<Version> versions = versions(subject, isDeletedWanted);
        if (number.equals("latest") || number.equals("-1")) {
            return versions.get(versions.size() - 1);
        }
        int wanted = versionNumber(number);
        return versions.stream()
                .filter(version -> version.version() == wanted)
                .findFirst()
                .orElseThrow(() -> new RefusedException(40402, "Version " + number + " not found."));
    }

    /** Why the schema may not follow that version, or all of them when the number is null. */
    synchronized List<String> problems(String subject, @Nullable String number, String text) {
        String schema = normalized(text);
        List<String> earlier = number == null
                ? texts(subject)
                : List.of(version(subject, number, false).schema());
        return AvroCompatibility.problems(schema, earlier, level(subject).orElse(globalLevel));
    }

    synchronized List<Integer> delete(String subject, boolean isPermanent) {
        List<Version> versions = versions(subject, isPermanent);
        if (isPermanent && versions.stream().anyMatch(version -> !version.isDeleted())) {
            throw new RefusedException(
                    40405, "Subject '" + subject + "' was not deleted first before being permanently deleted");
        }
        versions.forEach(version -> delete(version, isPermanent));
        return versions.stream().map(Version::version).toList();
    }

    synchronized int delete(String subject, String number, boolean isPermanent) {
        Version version = version(subject, number, isPermanent);
        if (isPermanent && !version.isDeleted()) {
            throw new RefusedException(
                    40407,
                    "Subject '" + subject + "' Version " + version.version()
                            + " was not deleted first before being permanently deleted");
        }
        delete(version, isPermanent);
        return version.version();
    }

    private void delete(Version version, boolean isPermanent) {
        if (isPermanent) {
            ObjectNode key = schemaKey(version);
            topic.append(key, null);
            take(key, null);
        } else {
            append(new Version(version.subject(), version.version(), version.id(), version.schema(), true));
        }
    }

    synchronized Level globalLevel() {
        return globalLevel;
    }

    synchronized Optional<Level> level(String subject) {
        return Optional.ofNullable(levels.get(subject));
    }

    /** @param subject null for the global level */
    synchronized void setLevel(@Nullable String subject, @Nullable Level level) {
        ObjectNode key = JSON.objectNode()
                .put("keytype", "CONFIG")
                .put("subject", subject)
                .put("magic", 0);
        ObjectNode value = level == null ? null : JSON.objectNode().put("compatibilityLevel", level.name());
        topic.append(key, value);
        take(key, value);
    }

    private void append(Version version) {
        ObjectNode key = schemaKey(version);
        ObjectNode value = JSON.objectNode()
                .put("subject", version.subject())
                .put("version", version.version())
                .put("id", version.id())
                .put("schema", version.schema())
                .put("deleted", version.isDeleted());
        topic.append(key, value);
        take(key, value);
    }

    private static ObjectNode schemaKey(Version version) {
        return JSON.objectNode()
                .put("keytype", "SCHEMA")
                .put("subject", version.subject())
                .put("version", version.version())
                .put("magic", 1);
    }

    /** Brings the state up to one record; kinds of records that only Confluent's own registry writes mean nothing here. */
    private void take(JsonNode key, @Nullable JsonNode value) {
        String subject = key.path("subject").asText("");
        switch (key.path("keytype").asText()) {
            case "SCHEMA" -> takeSchema(subject, key.path("version").asInt(), value);
            case "CONFIG" -> takeLevel(key.path("subject").isTextual() ? subject : null, value);
            case "DELETE_SUBJECT" -> {
                int last = value == null ? 0 : value.path("version").asInt();
                subjects.getOrDefault(subject, new TreeMap<>())
                        .replaceAll((number, version) -> number <= last
                                ? new Version(subject, number, version.id(), version.schema(), true)
                                : version);
            }
            default -> {}
        }
    }

    private void takeSchema(String subject, int number, @Nullable JsonNode value) {
        TreeMap<Integer, Version> versions = subjects.computeIfAbsent(subject, name -> new TreeMap<>());
        if (value == null) {
            versions.remove(number);
            return;
        }
        int id = value.path("id").asInt();
        String schema = value.path("schema").asText();
        versions.put(
                number,
                new Version(subject, number, id, schema, value.path("deleted").asBoolean()));
        schemas.put(id, schema);
        ids.putIfAbsent(schema, id);
        lastId = Math.max(lastId, id);
    }

    private void takeLevel(@Nullable String subject, @Nullable JsonNode value) {
        if (subject == null) {
            globalLevel = value == null
                    ? globalLevel
                    : Level.valueOf(value.path("compatibilityLevel").asText());
        } else if (value == null) {
            levels.remove(subject);
        } else {
            levels.put(subject, Level.valueOf(value.path("compatibilityLevel").asText()));
        }
    }

    private Optional<Version> find(String subject, String schema, boolean isDeletedWanted) {
        return subjects.getOrDefault(subject, new TreeMap<>()).values().stream()
                .filter(version -> version.schema().equals(schema) && (isDeletedWanted || !version.isDeleted()))
                .findFirst();
    }

    private List<String> texts(String subject) {
        List<String> texts = new ArrayList<>();
        for (Version version : subjects.getOrDefault(subject, new TreeMap<>()).values()) {
            if (!version.isDeleted()) {
                texts.add(version.schema());
            }
        }
        return texts;
    }

    private static String normalized(String text) {
        try {
            return AvroCompatibility.normalized(text);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(42201, String.valueOf(e.getMessage()));
        }
    }

    private static int versionNumber(String number) {
        try {
            int parsed = Integer.parseInt(number);
            if (parsed > 0) {
                return parsed;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new RefusedException(
                42202,
                "The specified version '" + number + "' is not a valid version id: a number above 0 or \"latest\"");
    }
}
