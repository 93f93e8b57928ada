package io.tiderace.tests;

import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.TableStructure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The tables of one schema after a relay topic's rows, by their primary keys, and its statements, as far as these take rows away or move them. */
final class StatementsApplied {
    private static final Pattern EMPTIES =
            Pattern.compile("(?i)(TRUNCATE|DROP) TABLE (?:`\\w+`\\.)?`?(?<table>\\w+)`?.*");
    private static final Pattern RENAMED = Pattern.compile("(?i)(?:RENAME TABLE|,) (?<from>\\w+) TO (?<to>\\w+)");

    private StatementsApplied() {}

    /** By table, then by key; a table that is dropped, or never had a row, is not there. */
    static Map<String, Map<String, String>> of(List<ChangeEvent> events) {
        Map<String, Map<String, String>> tables = new TreeMap<>();
        for (ChangeEvent event : events) {
            if (event instanceof SchemaChange change) {
                statement(tables, change.statement());
            } else if (event instanceof RowChange row) {
                Map<String, String> rows =
                        tables.computeIfAbsent(row.table().name().table(), name -> new TreeMap<>());
                if (row.before() != null) {
                    rows.remove(key(row.table(), row.before()));
                }
                if (row.after() != null) {
                    rows.put(key(row.table(), row.after()), Arrays.toString(row.after()));
                }
            }
        }
        return tables;
    }

    private static void statement(Map<String, Map<String, String>> tables, String sql) {
        Matcher emptied = EMPTIES.matcher(sql);
        if (emptied.matches()) {
            tables.remove(emptied.group("table"));
        }
        Matcher renamed = RENAMED.matcher(sql);
        while (renamed.find()) {
            Map<String, String> rows = tables.remove(renamed.group("from"));
            if (rows != null) {
                tables.put(renamed.group("to"), rows);
            }
        }
    }

    private static String key(TableStructure table, Object[] row) {
        return table.primaryKey().stream()
                .map(column -> String.valueOf(row[table.indexOf(column)]))
                .collect(Collectors.joining("/"));
    }

    /** A table of the source, whose key is the column {@code id}. */
    static Map<String, String> source(Captured source, String schema, String table) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT * FROM " + schema + "." + table)) {
            while (result.next()) {
                Object[] row = new Object[result.getMetaData().getColumnCount()];
                for (int i = 0; i < row.length; i++) {
                    row[i] = result.getString(i + 1);
                }
                rows.put(result.getString("id"), Arrays.toString(row));
            }
        }
        return rows;
    }
}
