package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads one file's node tree as go-yaml v2 in strict mode does: YAML 1.1 scalars, text kept as written, keys known and given once. Reports
 * to {@link Problems} and goes on. Not thread-safe.
 */
final class YamlReader {
    private static final Set<String> YES = Set.of("y", "yes", "on", "true");
    private static final Set<String> NO = Set.of("n", "no", "off", "false");
    private static final Pattern WHOLE = Pattern.compile("[+-]?(0x[0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]*|[1-9][0-9_]*)");

    private final Problems problems;
    private final Substitution substitution;

    YamlReader(Problems problems, Substitution substitution) {
        this.problems = problems;
        this.substitution = substitution;
    }

    /** A node and where it stands. */
    record Item(Node node, Place place) {}

    Problems problems() {
        return problems;
    }

    @Nullable
    String text(Node node, Place place) {
        if (isNull(node)) {
            return null;
        }
        if (!(node instanceof ScalarNode scalar)) {
            problems.error(place, "is a " + kind(node), "write a single value");
            return null;
        }
        return substitution.apply(scalar.getValue(), place, problems);
    }

    @Nullable
    Boolean flag(Node node, Place place) {
        String text = plainText(node, place, "true or false");
        if (text == null) {
            return null;
        }
        // go-yaml knows yes, Yes and YES, but not yEs
        boolean isUsual = text.equals(text.toLowerCase(Locale.ROOT))
                || text.equals(text.toUpperCase(Locale.ROOT))
                || text.substring(1).equals(text.substring(1).toLowerCase(Locale.ROOT));
        String lower = isUsual ? text.toLowerCase(Locale.ROOT) : text;
        if (YES.contains(lower)) {
            return true;
        }
        if (NO.contains(lower)) {
            return false;
        }
        problems.error(place, "\"" + shown(node) + "\" is neither true nor false", "use true or false");
        return null;
    }

    @Nullable
    BigInteger whole(Node node, Place place) {
        String text = plainText(node, place, "a whole number");
        if (text == null) {
            return null;
        }
        if (!WHOLE.matcher(text).matches()) {
            problems.error(place, "\"" + shown(node) + "\" is not a whole number", "use a whole number");
            return null;
        }
        String digits = text.replace("_", "").replace("+", "");
        boolean isNegative = digits.startsWith("-");
        digits = isNegative ? digits.substring(1) : digits;
        int radix = digits.startsWith("0x") ? 16 : digits.startsWith("0b") ? 2 : digits.startsWith("0") ? 8 : 10;
        String bare = digits.replaceFirst("^0[xbo]", "");
        BigInteger value = new BigInteger(bare.isEmpty() ? "0" : bare, radix);
        return isNegative ? value.negate() : value;
    }

    /** The text of a scalar that is not quoted, or that a substitution replaced. */
    private @Nullable String plainText(Node node, Place place, String wanted) {
        String text = text(node, place);
        if (text == null || !(node instanceof ScalarNode scalar)) {
            return null;
        }
        if (scalar.getScalarStyle() != ScalarStyle.PLAIN && text.equals(scalar.getValue())) {
            problems.error(place, "\"" + text + "\" is quoted text", "write " + wanted + " without quotes");
            return null;
        }
        if (text.isEmpty()) {
            problems.error(place, "is empty", "use " + wanted);
            return null;
        }
        return text;
    }

    List<Item> items(Node node, Place place) {
        if (isNull(node)) {
            return List.of();
        }
        if (!(node instanceof SequenceNode sequence)) {
            problems.error(place, "is a " + kind(node), "write a list: each item on a line of its own after a dash");
            return List.of();
        }
        List<Item> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(new Item(item, place.at(line(item), place.key() + "[" + items.size() + "]")));
        }
        return items;
    }

    Map<String, Item> entries(Node node, Place place) {
        Map<String, Item> entries = new LinkedHashMap<>();
        if (isNull(node)) {
            return entries;
        }
        if (node instanceof MappingNode mapping) {
            addEntries(mapping, place, entries, 0);
        } else {
            problems.error(place, "is a " + kind(node), "write a mapping: a key, a colon and a value on each line");
        }
        return entries;
    }

    private void addEntries(MappingNode mapping, Place place, Map<String, Item> entries, int depth) {
        Map<String, Integer> own = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.error(place.at(line(tuple.getKeyNode()), place.key()), "a key is not text", "use a plain key");
            } else if (!key.getTag().equals(Tag.MERGE)) {
                addEntry(key, tuple.getValueNode(), place, entries, own);
            }
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (tuple.getKeyNode().getTag().equals(Tag.MERGE) && depth < 10) {
                mergeEntries(tuple.getValueNode(), place, entries, depth + 1);
            }
        }
    }

    private void addEntry(
            ScalarNode key, Node value, Place place, Map<String, Item> entries, Map<String, Integer> own) {
        int line = line(key);
        Integer earlier = own.putIfAbsent(key.getValue(), line);
        if (earlier == null) {
            entries.putIfAbsent(key.getValue(), new Item(value, place.child(line, key.getValue())));
        } else {
            problems.error(
                    place.child(line, key.getValue()),
                    "the key is given twice, first on line " + earlier,
                    "keep one of the two");
        }
    }

    /** YAML's {@code <<}: the mapping's own keys win, then those of the first mapping merged. */
    private void mergeEntries(Node merged, Place place, Map<String, Item> entries, int depth) {
        if (merged instanceof MappingNode mapping) {
            addEntries(mapping, place, entries, depth);
        } else if (merged instanceof SequenceNode sequence && depth < 10) {
            sequence.getValue().forEach(node -> mergeEntries(node, place, entries, depth + 1));
        } else {
            problems.error(place.at(line(merged), place.key()), "<< does not name a mapping", "merge mappings only");
        }
    }

    Section section(Node node, Place place, KeyTable table) {
        if (!isNull(node) && !(node instanceof MappingNode)) {
            problems.error(place, "is a " + kind(node), "write a mapping: a key, a colon and a value on each line");
            return new Section(table, place, Map.of(), Map.of());
        }
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, Place> places = new LinkedHashMap<>();
        Map<String, Item> items = entries(node, place);
        items.forEach((name, item) -> {
            Key key = table.keys().get(name);
            if (key == null) {
                unknown(table, item.place(), name);
                return;
            }
            places.put(name, item.place());
            Object value = key.type().read(this, item.node(), item.place());
            if (value != null) {
                values.put(name, value);
                support(key, value, item.place());
            }
        });
        table.keys().values().stream().filter(Key::isRequired).forEach(key -> {
            Item item = items.get(key.name());
            if (item == null) {
                problems.error(place, "the key \"" + key.name() + "\" is missing", "add it: " + key.doc());
            } else if (isNull(item.node()) || "".equals(values.get(key.name()))) {
                problems.error(item.place(), "has no value", "give one: " + key.doc());
            }
        });
        return new Section(table, place, values, places);
    }

    private void unknown(KeyTable table, Place place, String name) {
        String fix = table.nearest(name)
                .map(nearest -> "did you mean \"" + nearest + "\"?")
                .orElse(
                        table.keys().size() > 12
                                ? "remove it; docs/configuration.md lists the keys of \"" + table.name() + "\""
                                : "remove it; known here: "
                                        + String.join(", ", table.keys().keySet()));
        problems.error(place, "unknown key", fix);
    }

    private void support(Key key, Object value, Place place) {
        switch (key.support()) {
            case SUPPORTED, ACCEPTED -> {}
            case IGNORED -> problems.warning(place, "is ignored: " + key.doc());
            case REFUSED -> {
                String text = String.valueOf(value);
                boolean asksForNothing = text.isEmpty()
                        || text.equals("[]")
                        || text.equals("{}")
                        || key.harmless().contains(text);
                if (!asksForNothing) {
                    problems.error(
                            place,
                            "is understood but not supported yet: " + key.doc(),
                            "remove it" + (key.byDefault().isEmpty() ? "" : " or set it to " + key.byDefault()));
                }
            }
        }
    }

    /** A value as written, for messages: what a reference stands for may be secret. */
    static String shown(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : kind(node);
    }

    static boolean isEmpty(Node node) {
        return isNull(node)
                || (node instanceof MappingNode mapping && mapping.getValue().isEmpty())
                || (node instanceof SequenceNode sequence && sequence.getValue().isEmpty());
    }

    static boolean isNull(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.getTag().equals(Tag.NULL)
                && scalar.getScalarStyle() == ScalarStyle.PLAIN;
    }

    private static String kind(Node node) {
        return node instanceof MappingNode ? "mapping" : node instanceof SequenceNode ? "list" : "single value";
    }

    static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }
}
