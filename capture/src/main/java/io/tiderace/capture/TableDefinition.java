package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code information_schema} says of a table, as far as reading its rows needs it: no expressions, no options, no other keys than the primary
 * one. So it can be told in words that the parser knows, whatever stands in the table's own CREATE TABLE.
 *
 * @param charset the table's default, null where the server does not tell
 */
record TableDefinition(
        TableName table, @Nullable String charset, List<ColumnDefinition> columns, List<String> primaryKey) {
    private static final Pattern GENERATED = Pattern.compile("(?i).*\\b(VIRTUAL|STORED|PERSISTENT)( GENERATED)?\\b.*");

    TableDefinition {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** @param type as {@code column_type} has it */
    record ColumnDefinition(
            String name, String type, @Nullable String charset, boolean isNullable, boolean isGenerated) {}

    /** Reads it when it is needed; what the server refuses then is not checked. */
    static Supplier<TableDefinition> reader(Connection connection, TableName table) {
        return () -> {
            try {
                return read(connection, table);
            } catch (SQLException e) {
                throw new IllegalStateException("a structure cannot be read from the source", e);
            }
        };
    }

    static TableDefinition read(Connection connection, TableName table) throws SQLException {
        String of = " WHERE table_schema = " + SourceDatabase.quoted(table.schema()) + " AND table_name = "
                + SourceDatabase.quoted(table.table());
        List<ColumnDefinition> columns = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT column_name, column_type, character_set_name, is_nullable, extra FROM information_schema.columns"
                        + of + " ORDER BY ordinal_position",
                row -> columns.add(new ColumnDefinition(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4).equals("YES"),
                        GENERATED.matcher(row.getString(5)).matches())));
        List<String> primaryKey = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT column_name FROM information_schema.statistics" + of
                        + " AND index_name = 'PRIMARY' ORDER BY seq_in_index",
                row -> primaryKey.add(row.getString(1)));
        List<String> collations = new ArrayList<>();
        SourceDatabase.query(connection, "SELECT table_collation FROM information_schema.tables" + of, row -> {
            if (row.getString(1) != null) {
                collations.add(row.getString(1));
            }
        });
        // a collation's name begins with that of its character set
        String charset = collations.isEmpty() ? null : collations.get(0).split("_", 2)[0];
        return new TableDefinition(table, charset, columns, primaryKey);
    }

    /** A statement that makes such a table, as far as the parser is concerned: what columns are generated from is not told. */
    String createTable() {
        List<String> parts =
                columns.stream().map(TableDefinition::described).collect(Collectors.toCollection(ArrayList::new));
        if (!primaryKey.isEmpty()) {
            parts.add("PRIMARY KEY ("
                    + primaryKey.stream().map(TableName::quote).collect(Collectors.joining(", ")) + ")");
        }
        return "CREATE TABLE " + table.quoted() + " (" + String.join(", ", parts) + ")"
                + (charset == null ? "" : " DEFAULT CHARSET=" + charset);
    }

    private static String described(ColumnDefinition column) {
        return TableName.quote(column.name()) + " " + column.type()
                + (column.charset() == null ? "" : " CHARACTER SET " + column.charset())
                + (column.isGenerated() ? " GENERATED ALWAYS AS (1) VIRTUAL" : "")
                + (column.isNullable() ? " NULL" : " NOT NULL");
    }
}
