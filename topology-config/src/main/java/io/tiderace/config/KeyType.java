package io.tiderace.config;

import java.math.BigInteger;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * What a key's value may be. Each kind reads a node and gives its JSON Schema.
 *
 * <p>{@code read} returns null when the value is absent (null in YAML) or wrong; what is wrong has then been reported.
 */
sealed interface KeyType {
    /** A value that comes from the environment or a file: its content cannot be checked beforehand. */
    Map<String, Object> REFERENCE = Map.of("type", "string", "pattern", "^\\$\\{(?:env|file):.+\\}$");

    @Nullable
    Object read(YamlReader reader, Node node, Problems.Place place);

    Map<String, Object> jsonSchema();

    /** Any scalar, as written: {@code 64} and {@code off} are text here. */
    record Text(boolean isSecret) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            return reader.text(node, place);
        }

        @Override
        public Map<String, Object> jsonSchema() {
            List<String> types = List.of("string", "number", "boolean", "null");
            return isSecret ? Map.of("type", types, "writeOnly", true) : Map.of("type", types);
        }
    }

    record Choice(List<String> values, boolean ignoresCase) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            String text = reader.text(node, place);
            if (text == null) {
                return null;
            }
            for (String value : values) {
                if (ignoresCase ? value.equalsIgnoreCase(text) : value.equals(text)) {
                    return value;
                }
            }
            reader.problems()
                    .error(place, "\"" + YamlReader.shown(node) + "\" is not one of its values", "use " + words());
            return null;
        }

        String words() {
            return String.join(
                    ", ", values.stream().map(v -> v.isEmpty() ? "''" : v).toList());
        }

        @Override
        public Map<String, Object> jsonSchema() {
            List<Object> all = new ArrayList<>(values);
            if (ignoresCase) {
                values.stream()
                        .map(value -> value.toUpperCase(Locale.ROOT))
                        .filter(v -> !v.isEmpty())
                        .forEach(all::add);
            }
            all.add(null);
            return Map.of("anyOf", List.of(Map.of("enum", all), REFERENCE));
        }
    }

    /** YAML 1.1: {@code yes}, {@code no}, {@code on} and {@code off} too. */
    record Flag() implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            return reader.flag(node, place);
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of(
                    "anyOf",
                    List.of(
                            Map.of("type", List.of("boolean", "null")),
                            REFERENCE,
                            Map.of(
                                    "enum",
                                    List.of(
                                            "yes", "no", "on", "off", "Yes", "No", "On", "Off", "YES", "NO", "ON",
                                            "OFF"))));
        }
    }

    record Whole(long min, long max) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            BigInteger value = reader.whole(node, place);
            if (value == null) {
                return null;
            }
            if (value.compareTo(BigInteger.valueOf(min)) < 0 || value.compareTo(BigInteger.valueOf(max)) > 0) {
                reader.problems().error(place, YamlReader.shown(node) + " is out of range", "use " + words());
                return null;
            }
            return value.longValueExact();
        }

        String words() {
            return "a whole number from " + min + " to " + max;
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of(
                    "anyOf",
                    List.of(Map.of("type", List.of("integer", "null"), "minimum", min, "maximum", max), REFERENCE));
        }
    }

    /** Go's syntax; read to milliseconds, and {@code -1} to for ever where allowed. */
    record Span(long minMs, boolean mayBeForEver) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            String text = reader.text(node, place);
            if (text == null || text.isEmpty()) {
                return null;
            }
            if (mayBeForEver && text.equals("-1")) {
                return -1L;
            }
            try {
                long ms = Durations.parseMs(text);
                if (ms >= minMs) {
                    return ms;
                }
                reader.problems()
                        .error(place, YamlReader.shown(node) + " is too short", "use at least " + minMs + "ms");
            } catch (IllegalArgumentException e) {
                String problem = "\"" + YamlReader.shown(node) + "\" is not a duration" + e.getMessage();
                reader.problems().error(place, problem, "use " + words());
            }
            return null;
        }

        String words() {
            return "a duration like 300ms, 10s, 5m0s or 1h30m" + (mayBeForEver ? ", or -1 for ever" : "");
        }

        @Override
        public Map<String, Object> jsonSchema() {
            String forEver = mayBeForEver ? "-1|" : "";
            return Map.of(
                    "anyOf",
                    List.of(
                            Map.of("enum", mayBeForEver ? List.of(0, -1, "") : List.of(0, "")),
                            Map.of("type", "null"),
                            REFERENCE,
                            Map.of(
                                    "type",
                                    "string",
                                    "pattern",
                                    "^(?:" + forEver + "0|[+-]?(?:[0-9]*\\.?[0-9]+(?:ns|us|µs|ms|s|m|h))+)$")));
        }
    }

    /**
     * A name of the time zone database, or an offset from UTC between -12:59 and +14:00. Source of the form: DM's {@code ParseTimeZone}, which
     * refuses the words for the machine's own.
     */
    record TimeZone() implements KeyType {
        private static final java.util.regex.Pattern OFFSET =
                java.util.regex.Pattern.compile("([+-])(\\d{1,2}):([0-5]\\d)(?::([0-5]\\d))?");
        private static final int SECONDS_MIN = -(12 * 3600 + 59 * 60);
        private static final int SECONDS_MAX = 14 * 3600;
        /** In the database too, but not among Java's. */
        private static final Set<String> OTHER_NAMES = Set.of("EST", "MST", "HST", "ROC");

        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            String text = reader.text(node, place);
            if (text == null || text.isEmpty() || isTimeZone(text)) {
                return text;
            }
            reader.problems()
                    .error(
                            place,
                            "\"" + YamlReader.shown(node) + "\" is not a time zone",
                            "use a name like Asia/Shanghai or UTC, or an offset from -12:59 to +14:00");
            return null;
        }

        static boolean isTimeZone(String text) {
            return isOffset(text) || isName(text);
        }

        private static boolean isOffset(String text) {
            Matcher offset = OFFSET.matcher(text);
            if (!offset.matches()) {
                return false;
            }
            int seconds = Integer.parseInt(offset.group(2)) * 3600
                    + Integer.parseInt(offset.group(3)) * 60
                    + (offset.group(4) == null ? 0 : Integer.parseInt(offset.group(4)));
            return offset.group(1).equals("-") ? -seconds >= SECONDS_MIN : seconds <= SECONDS_MAX;
        }

        private static boolean isName(String text) {
            return (ZoneId.getAvailableZoneIds().contains(text) && !text.startsWith("SystemV/"))
                    || OTHER_NAMES.contains(text);
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of(
                    "anyOf",
                    List.of(
                            Map.of("type", "null"),
                            REFERENCE,
                            Map.of(
                                    "type",
                                    "string",
                                    "pattern",
                                    "^(?!SYSTEM$|Local$)(?:|[A-Za-z][A-Za-z0-9_+/-]*|[+-][0-9]{1,2}:[0-5][0-9](?::[0-5][0-9])?)$")));
        }
    }

    /** A pattern of schemas or tables; empty is left to who needs one. */
    record Pattern() implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            String text = reader.text(node, place);
            try {
                return text == null || text.isEmpty()
                        ? text
                        : TablePattern.compile(text, true).toString();
            } catch (IllegalArgumentException e) {
                reader.problems()
                        .error(
                                place,
                                String.valueOf(e.getMessage()),
                                "correct the pattern; docs/configuration.md shows what patterns can say");
                return null;
            }
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return new Text(false).jsonSchema();
        }
    }

    /** A list of texts or of patterns, none of them empty where they are patterns. */
    record Texts(KeyType item) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            List<String> texts = new ArrayList<>();
            for (YamlReader.Item element : reader.items(node, place)) {
                Object text = item.read(reader, element.node(), element.place());
                if ("".equals(text) && item instanceof Pattern) {
                    reader.problems().error(element.place(), "the pattern is empty", "write one or remove the item");
                } else if (text != null) {
                    texts.add(text.toString());
                }
            }
            return texts;
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of("type", List.of("array", "null"), "items", item.jsonSchema());
        }
    }

    /** Whatever is there; read to a text that is empty when it is nothing. */
    record Anything() implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            return YamlReader.isEmpty(node) ? "" : "something";
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of();
        }
    }

    /** Names to values, both as written. */
    record TextMap() implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            Map<String, String> texts = new LinkedHashMap<>();
            reader.entries(node, place).forEach((name, entry) -> {
                String text = reader.text(entry.node(), entry.place());
                texts.put(name, text == null ? "" : text);
            });
            return texts;
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of("type", List.of("object", "null"), "additionalProperties", new Text(false).jsonSchema());
        }
    }

    record Mapping(KeyTable table) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            return YamlReader.isNull(node) ? null : reader.section(node, place, table);
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return JsonSchemas.mapping(table);
        }
    }

    record Mappings(KeyTable table) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            List<Section> sections = new ArrayList<>();
            for (YamlReader.Item item : reader.items(node, place)) {
                sections.add(reader.section(item.node(), item.place(), table));
            }
            return sections;
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of("type", List.of("array", "null"), "items", JsonSchemas.mapping(table));
        }
    }

    /** Names chosen by the writer; an entry without content counts as defined, with every key at its default. */
    record Named(KeyTable table) implements KeyType {
        @Override
        public @Nullable Object read(YamlReader reader, Node node, Problems.Place place) {
            Map<String, Section> sections = new LinkedHashMap<>();
            reader.entries(node, place)
                    .forEach((name, entry) -> sections.put(name, reader.section(entry.node(), entry.place(), table)));
            return sections;
        }

        @Override
        public Map<String, Object> jsonSchema() {
            return Map.of("type", List.of("object", "null"), "additionalProperties", JsonSchemas.mapping(table));
        }
    }
}
