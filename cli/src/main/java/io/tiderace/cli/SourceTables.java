package io.tiderace.cli;

import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The base tables of a server that concern us, with their columns.
 *
 * @param columns of every table, in their order
 */
record SourceTables(SortedMap<TableName, List<TableColumn>> columns) {
    private static final String NOT_SYSTEM =
            " table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema', 'metrics_schema') ";

    /** A column as the server describes it; {@code charset} is null for columns without one. */
    record TableColumn(
            String name,
            String type,
            @Nullable String charset,
            @Nullable String collation,
            String key) {}

    static SourceTables read(Database database, List<TaskConfig.Instance> instances) throws ServerRefusal {
        return read(
                database,
                table -> instances.stream()
                        .anyMatch(instance -> instance.tables().accepts(table)),
                NOT_SYSTEM);
    }

    /** One schema's tables of any server. */
    static SourceTables ofSchema(Database database, String schema) throws ServerRefusal {
        return read(database, table -> true, " table_schema = '" + schema.replace("'", "''") + "' ");
    }

    /** Which tables. */
    private interface Filter {
        boolean accepts(TableName table);
    }

    private static SourceTables read(Database database, Filter filter, String where) throws ServerRefusal {
        SortedMap<TableName, List<TableColumn>> columns = new TreeMap<>();
        for (Map<String, @Nullable String> row : database.rows(
                "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND"
                        + where)) {
            TableName table = new TableName(text(row, "s"), text(row, "t"));
            if (filter.accepts(table)) {
                columns.put(table, new ArrayList<>());
            }
        }
        for (Map<String, @Nullable String> row : database.rows(
                "SELECT table_schema AS s, table_name AS t, column_name AS c, column_type AS ty, character_set_name AS cs,"
                        + " collation_name AS co, column_key AS k FROM information_schema.columns WHERE" + where
                        + "ORDER BY table_schema, table_name, ordinal_position")) {
            List<TableColumn> table = columns.get(new TableName(text(row, "s"), text(row, "t")));
            if (table != null) {
                table.add(
                        new TableColumn(text(row, "c"), text(row, "ty"), row.get("cs"), row.get("co"), text(row, "k")));
            }
        }
        return new SourceTables(columns);
    }

    private static String text(Map<String, @Nullable String> row, String column) {
        String value = row.get(column);
        return value == null ? "" : value;
    }

    List<TableName> names() {
        return List.copyOf(columns.keySet());
    }

    /** Tables without a primary key, and without a unique key that could stand for one. */
    List<TableName> keyless() {
        return columns.entrySet().stream()
                .filter(table -> table.getValue().stream()
                        .noneMatch(column -> column.key().equals("PRI")))
                .map(Map.Entry::getKey)
                .toList();
    }
}
