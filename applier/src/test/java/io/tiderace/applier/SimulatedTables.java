package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a database holds, at one moment: tables with unique keys, each row under a number of its own that never comes again. */
final class SimulatedTables {
    /** A key value, as the table's collation sees it. */
    record KeyValue(TableName table, int key, List<Object> values) {}

    private final Map<TableName, TargetTable> structures;
    private final Map<TableName, Map<Long, @Nullable Object[]>> rows;

    SimulatedTables() {
        this(new HashMap<>(), new HashMap<>());
    }

    private SimulatedTables(
            Map<TableName, TargetTable> structures, Map<TableName, Map<Long, @Nullable Object[]>> rows) {
        this.structures = structures;
        this.rows = rows;
    }

    /** Rows are shared until one side changes them. */
    SimulatedTables copy() {
        Map<TableName, Map<Long, @Nullable Object[]>> copies = new HashMap<>();
        rows.forEach((name, table) -> copies.put(name, new LinkedHashMap<>(table)));
        return new SimulatedTables(new HashMap<>(structures), copies);
    }

    void create(TargetTable table) {
        structures.put(table.name(), table);
        rows.put(table.name(), new LinkedHashMap<>());
    }

    @Nullable
    TargetTable structure(TableName name) {
        return structures.get(name);
    }

    TargetTable existing(TableName name) {
        return Objects.requireNonNull(structures.get(name), () -> "no table " + name);
    }

    Map<Long, @Nullable Object[]> rows(TableName name) {
        return Objects.requireNonNull(rows.get(name), () -> "no table " + name);
    }

    /** What a statement does, one by one. */
    static List<String> specifications(String statement) {
        List<String> result = new ArrayList<>();
        for (String part : AlterSplit.split(statement, "")) {
            result.add(part.substring(part.indexOf("` ") < 0 ? 0 : part.indexOf("` ") + 2));
        }
        return result;
    }

    void alter(TableName name, String statement) {
        specifications(statement).forEach(specification -> alterOnce(name, specification));
    }

    /** Executes {@code TRUNCATE}, {@code ADD column default}, {@code RENAME old new} or {@code DROP column}, of the last column. */
    private void alterOnce(TableName name, String statement) {
        TargetTable old = existing(name);
        String[] words = statement.split(" ");
        List<TargetColumn> columns = new ArrayList<>(old.columns());
        int last = columns.size() - 1;
        switch (words[0]) {
            case "TRUNCATE" -> rows(name).clear();
            case "ADD" -> {
                columns.add(new TargetColumn(words[1], "int", null, true, false));
                rows(name).replaceAll((id, row) -> {
                    @Nullable Object[] longer = Arrays.copyOf(row, row.length + 1);
                    longer[row.length] = Integer.valueOf(words[2]);
                    return longer;
                });
            }
            case "RENAME" -> columns.set(last, new TargetColumn(words[2], "int", null, true, false));
            case "DROP" -> {
                columns.remove(last);
                rows(name).replaceAll((id, row) -> Arrays.copyOf(row, last));
            }
            default -> throw new IllegalStateException(statement);
        }
        structures.put(name, new TargetTable(name, columns, old.keys()));
    }

    /** The values of every unique key of the row; a key with a NULL is equal to nothing. */
    List<KeyValue> keyValues(TableName name, @Nullable Object[] row) {
        TargetTable table = existing(name);
        List<KeyValue> result = new ArrayList<>();
        for (int key = 0; key < table.keys().size(); key++) {
            KeyValue value = keyValue(table, key, row);
            if (value != null) {
                result.add(value);
            }
        }
        return result;
    }

    private static @Nullable KeyValue keyValue(TargetTable table, int key, @Nullable Object[] row) {
        List<Object> values = new ArrayList<>();
        for (KeyPart part : table.keys().get(key).parts()) {
            int index = indexOf(table, Objects.requireNonNull(part.column()));
            Object value = row[index];
            if (value == null) {
                return null;
            }
            values.add(folded(table.columns().get(index), value));
        }
        return new KeyValue(table.name(), key, values);
    }

    /** As utf8mb4_general_ci does it with the values that occur here: without case, accents and trailing blanks. */
    static Object folded(TargetColumn column, Object value) {
        boolean loose = column.collation() != null && column.collation().endsWith("_ci");
        return loose
                ? value.toString().toLowerCase(Locale.ROOT).replace('á', 'a').stripTrailing()
                : value;
    }

    static int indexOf(TargetTable table, String column) {
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /** Another row that has a key value of this one, null when there is none. */
    @Nullable
    Long conflict(TableName name, @Nullable Object[] row) {
        List<KeyValue> values = keyValues(name, row);
        for (Map.Entry<Long, @Nullable Object[]> other : rows(name).entrySet()) {
            for (KeyValue theirs : keyValues(name, other.getValue())) {
                if (values.contains(theirs)) {
                    return other.getKey();
                }
            }
        }
        return null;
    }

    /** The contents, comparable: numbers of rows do not show, their order does not count. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(byName(structures)).forEach((name, table) -> {
            text.append(name).append(' ');
            table.columns().forEach(column -> text.append(column.name()).append(','));
            for (TargetKey key : table.keys()) {
                text.append(' ').append(key.name());
            }
            List<String> lines = new ArrayList<>();
            rows(table.name()).values().forEach(row -> lines.add(Arrays.toString(row)));
            lines.sort(null);
            lines.forEach(line -> text.append("\n  ").append(line));
            text.append('\n');
        });
        return text.toString();
    }

    private static Map<String, TargetTable> byName(Map<TableName, TargetTable> tables) {
        Map<String, TargetTable> result = new HashMap<>();
        tables.forEach((name, table) -> result.put(name.toString(), table));
        return result;
    }
}
