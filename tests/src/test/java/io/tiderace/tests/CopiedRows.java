package io.tiderace.tests;

import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What a reader of a relay topic has of a table after copy and stream, and what the source has. */
final class CopiedRows {
    private CopiedRows() {}

    /** By key, with the tolerance that replayed transactions ask for and no other; the key is the first columns. */
    static Map<String, String> applied(List<ChangeEvent> events, String table, int keyColumns) {
        Map<String, String> rows = new TreeMap<>();
        Set<Long> replayed = new HashSet<>();
        events.forEach(event -> {
            if (event instanceof Commit commit && commit.replay()) {
                replayed.add(commit.txn());
            }
        });
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals(table)) {
                String removed = row.before() == null ? null : rows.remove(key(row.before(), keyColumns));
                if (row.before() != null && !replayed.contains(row.txn())) {
                    assertThat(removed).as("before image of %s", event).isEqualTo(shown(row.before()));
                }
                if (row.after() != null) {
                    String before = rows.put(key(row.after(), keyColumns), shown(row.after()));
                    if (!replayed.contains(row.txn())) {
                        assertThat(before).as("what %s overwrites", event).isNull();
                    }
                }
            }
        }
        return rows;
    }

    /** How often each row is there, for tables without a key. */
    static Map<String, Integer> counted(List<ChangeEvent> events, String table) {
        Map<String, Integer> rows = new HashMap<>();
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals(table)) {
                if (row.before() != null) {
                    rows.merge(shown(row.before()), -1, Integer::sum);
                }
                if (row.after() != null) {
                    rows.merge(shown(row.after()), 1, Integer::sum);
                }
            }
        }
        rows.values().removeIf(count -> count == 0);
        return new TreeMap<>(rows);
    }

    /** The keys that the copy read, each as often as it did. */
    static List<String> read(List<ChangeEvent> events, String table, int keyColumns) {
        List<String> keys = new ArrayList<>();
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row
                    && row.op() == Op.READ
                    && row.table().name().table().equals(table)) {
                keys.add(key(row.after(), keyColumns));
            }
        }
        return keys;
    }

    static Map<String, String> source(Captured source, String schema, String table, int keyColumns)
            throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        for (Object[] row : rows(source, schema, table)) {
            rows.put(key(row, keyColumns), shown(row));
        }
        return rows;
    }

    static Map<String, Integer> sourceCounted(Captured source, String schema, String table) throws SQLException {
        return new TreeMap<>(rows(source, schema, table).stream()
                .collect(Collectors.groupingBy(CopiedRows::shown, Collectors.summingInt(row -> 1))));
    }

    private static List<Object[]> rows(Captured source, String schema, String table) throws SQLException {
        List<Object[]> rows = new ArrayList<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT * FROM " + schema + "." + table)) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                Object[] row = new Object[columns];
                for (int i = 0; i < columns; i++) {
                    row[i] = result.getString(i + 1);
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static String key(Object[] row, int columns) {
        return Arrays.toString(Arrays.copyOf(row, columns));
    }

    private static String shown(Object[] row) {
        return Arrays.toString(row);
    }
}
