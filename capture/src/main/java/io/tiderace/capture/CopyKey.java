package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The index by which a table is read in ranges: the primary key, else a unique key without NULLs. Says in SQL what a range is and how it is ordered.
 *
 * @param index its name
 * @param columns indexes into the structure's columns, in key order
 * @param descending for each of them
 * @param isSeekable false when the server cannot go straight to a key (ENUM and SET in front): such a table is read by one query
 */
record CopyKey(String index, List<Integer> columns, List<Boolean> descending, boolean isSeekable) {
    CopyKey {
        columns = List.copyOf(columns);
        descending = List.copyOf(descending);
    }

    /**
     * One column of a unique index, as {@code information_schema.statistics} has it.
     *
     * @param column null for an expression
     * @param isPrefix true when only the value's beginning is indexed
     */
    record IndexPart(
            String index,
            int number,
            @Nullable String column,
            boolean isDescending,
            boolean isPrefix,
            boolean isNullable) {}

    /**
     * The best index to read by: one that can be sought before one that cannot, the primary key before others, few columns before many.
     *
     * @return null when the table has none whose order can be written as SQL
     */
    static @Nullable CopyKey choose(TableStructure table, List<IndexPart> parts) {
        Map<String, List<IndexPart>> indexes = new TreeMap<>();
        for (IndexPart part : parts) {
            indexes.computeIfAbsent(part.index(), name -> new ArrayList<>()).add(part);
        }
        return indexes.values().stream()
                .map(index -> of(table, index))
                .flatMap(java.util.Optional::stream)
                .min(Comparator.comparing((CopyKey key) -> !key.isSeekable)
                        .thenComparing(key -> !key.isPrimary())
                        .thenComparing(key -> key.columns.size())
                        .thenComparing(CopyKey::index))
                .orElse(null);
    }

    private static java.util.Optional<CopyKey> of(TableStructure table, List<IndexPart> parts) {
        List<IndexPart> ordered = parts.stream()
                .sorted(Comparator.comparingInt(IndexPart::number))
                .toList();
        List<Integer> columns = new ArrayList<>();
        List<Boolean> descending = new ArrayList<>();
        for (IndexPart part : ordered) {
            String name = part.column();
            int column = name == null ? -1 : table.indexOf(name);
            if (column < 0
                    || part.isPrefix()
                    || part.isNullable()
                    || !CopyColumn.of(table.columns().get(column)).isOrdered()) {
                return java.util.Optional.empty();
            }
            columns.add(column);
            descending.add(part.isDescending());
        }
        return java.util.Optional.of(
                new CopyKey(ordered.get(0).index(), columns, descending, isSeekable(table, columns.get(0))));
    }

    private static boolean isSeekable(TableStructure table, int column) {
        Column first = table.columns().get(column);
        String type = first.type().name().toLowerCase(Locale.ROOT);
        return !type.equals("enum") && !type.equals("set"); // the optimizer makes no range of either
    }

    boolean isPrimary() {
        return index.equals("PRIMARY");
    }

    /** {@code FORCE INDEX (…)}: without it statistics decide, and a sort may come of it. */
    String hint() {
        return " FORCE INDEX (" + TableName.quote(index) + ")";
    }

    /** {@code WHERE …}, empty for the whole table. */
    String where(TableStructure table, KeyRange range) {
        List<String> conditions = new ArrayList<>();
        List<String> after = range.after();
        if (after != null) {
            conditions.add(bound(table, after, true));
        }
        List<String> upTo = range.upTo();
        if (upTo != null) {
            conditions.add(bound(table, upTo, false));
        }
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    String orderBy(TableStructure table) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            result.add(name(table, i) + (descending.get(i) ? " DESC" : ""));
        }
        return " ORDER BY " + String.join(", ", result);
    }

    /**
     * (a, b) > (x, y), or (a, b) <= (x, y), as {@code a >= x AND (a > x OR (a = x AND b > y))}: the optimizer makes a range of that, and none of the
     * comparison of rows.
     */
    private String bound(TableStructure table, List<String> key, boolean isBehind) {
        int last = columns.size() - 1;
        List<String> cases = new ArrayList<>();
        StringBuilder equal = new StringBuilder();
        for (int i = 0; i <= last; i++) {
            String name = name(table, i);
            String direction = isBehind != descending.get(i) ? " > " : " < ";
            String operator = i == last && !isBehind ? direction.stripTrailing() + "= " : direction;
            cases.add("(" + equal + name + operator + key.get(i) + ")");
            equal.append(name).append(" = ").append(key.get(i)).append(" AND ");
        }
        if (last == 0) {
            return cases.get(0);
        }
        String guard = name(table, 0) + (isBehind != descending.get(0) ? " >= " : " <= ") + key.get(0);
        return guard + " AND (" + String.join(" OR ", cases) + ")";
    }

    private String name(TableStructure table, int part) {
        return TableName.quote(table.columns().get(columns.get(part)).name());
    }
}
