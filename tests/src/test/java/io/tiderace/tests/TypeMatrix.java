package io.tiderace.tests;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The table of {@code docs/types.md} as Markdown: types that behave alike share a row. */
final class TypeMatrix {
    private record Row(String values, String tidb) {}

    private final Map<Row, List<String>> rows = new LinkedHashMap<>();
    private final List<String> differences = new ArrayList<>();
    private final List<String> kinds = new ArrayList<>();

    /**
     * Adds a type whose values arrived in MySQL, with the same bytes on the wire in copy and stream.
     *
     * @param refusal what TiDB says to the column, null when it takes it
     * @param notes values that TiDB holds otherwise
     */
    void add(TypeValues type, String refusal, List<String> notes) {
        String values = (type.values().size() + 1)
                + (type.type().matches("TEXT CHARACTER SET (?!binary).*") ? " and every character" : "");
        String held = notes.isEmpty() ? "equal" : "equal but for those below";
        String tidb = refusal == null ? held : refusal + "; as `" + type.substitute() + "` " + held;
        rows.computeIfAbsent(new Row(type.family() + "|" + values, tidb), row -> new ArrayList<>())
                .add(type.type());
        differences.addAll(notes);
    }

    /** Adds a table whose rows arrived in both targets. */
    void add(ColumnKinds table, String refusal) {
        kinds.add("| " + table.what() + " | = | = | = | = | equal | "
                + (refusal == null ? "equal" : shown(refusal) + "; made by hand equal") + " |\n");
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("| type | values | copy | insert | update | delete | MySQL | TiDB |\n");
        out.append("|---|---|---|---|---|---|---|---|\n");
        rows.forEach((row, types) -> {
            String values = row.values().substring(row.values().indexOf('|') + 1);
            out.append("| ")
                    .append(names(row.values().startsWith("BIT"), types))
                    .append(" | ")
                    .append(values)
                    .append(" | = | = | = | = | equal | ")
                    .append(shown(row.tidb()))
                    .append(" |\n");
        });
        out.append(
                "\n| columns of a special kind | copy | insert | update | delete | MySQL | TiDB |\n|---|---|---|---|---|---|---|\n");
        kinds.forEach(out::append);
        if (!differences.isEmpty()) {
            out.append("\nValues that TiDB does not hold as they are:\n\n");
            differences.forEach(line -> out.append("- ").append(shown(line)).append('\n'));
        }
        return out.toString();
    }

    private static String names(boolean isRange, List<String> types) {
        if (isRange) {
            return "`" + types.get(0) + "` to `" + types.get(types.size() - 1) + "`";
        }
        String charset = " CHARACTER SET ";
        StringBuilder out = new StringBuilder("`" + shown(types.get(0)) + "`");
        for (String type : types.subList(1, types.size())) {
            out.append(", `")
                    .append(shown(
                            type.contains(charset) ? type.substring(type.indexOf(charset) + charset.length()) : type))
                    .append('`');
        }
        return out.toString();
    }

    private static String shown(String text) {
        String short120 = text.length() > 160 ? text.substring(0, 160) + "…" : text;
        return short120.replace("|", "\\|").replace("<", "&lt;");
    }
}
