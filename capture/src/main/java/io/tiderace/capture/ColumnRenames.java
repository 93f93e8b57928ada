package io.tiderace.capture;

import io.debezium.relational.Column;
import io.debezium.relational.Table;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The columns that an ALTER TABLE gives the names of others. In MySQL every part of the statement means the columns by the names they had before
 * it, so two may swap theirs; Debezium's parser takes one part after the other and loses a column. Source: MySQL manual, 13.1.9 ALTER TABLE,
 * "Renaming, Redefining, and Reordering Columns".
 */
final class ColumnRenames {
    private final Table before;
    private final Set<String> names = new HashSet<>(); // as they are after the parts so far
    private final Map<String, String> renamed = new LinkedHashMap<>();
    private boolean isTangled;
    private boolean hasOthers;

    /** @param before the table that is altered */
    ColumnRenames(Table before) {
        this.before = before;
        for (Column column : before.columns()) {
            names.add(key(column.name()));
        }
    }

    void renamed(String from, String to) {
        moved(from, to);
        renamed.put(key(from), to);
    }

    /** A part that names a column anew and defines it too. */
    void changed(String from, String to) {
        moved(from, to);
        hasOthers = true;
    }

    private void moved(String from, String to) {
        isTangled |= !key(from).equals(key(to)) && names.contains(key(to));
        names.remove(key(from));
        names.add(key(to));
    }

    void dropped(String column) {
        names.remove(key(column));
        hasOthers = true;
    }

    /** A part that is about something else. */
    void other() {
        hasOthers = true;
    }

    /** True when taking one part after the other leads elsewhere than MySQL goes. */
    boolean isTangled() {
        return isTangled;
    }

    /** True when nothing but names changes, so that {@link #applied} is the whole result. */
    boolean isAll() {
        return !hasOthers;
    }

    /** The table with all names changed at once. */
    Table applied() {
        List<Column> columns = before.columns().stream()
                .map(column -> column.edit().name(after(column.name())).create())
                .toList();
        return before.edit()
                .setColumns(columns)
                .setPrimaryKeyNames(
                        before.primaryKeyColumnNames().stream().map(this::after).toList())
                .create();
    }

    private String after(String name) {
        return renamed.getOrDefault(key(name), name);
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
