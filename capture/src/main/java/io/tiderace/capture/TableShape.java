package io.tiderace.capture;

import io.tiderace.capture.CopyKey.IndexPart;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a table looks like at the source right now.
 *
 * @param columns names and types, described so that the same column reads the same
 * @param collations by column name, of those that have one
 * @param unique its unique indexes
 */
record TableShape(List<String> columns, Map<String, String> collations, List<IndexPart> unique) {
    static TableShape read(Connection connection, TableName table) throws SQLException {
        List<String> columns = new ArrayList<>();
        Map<String, String> collations = new HashMap<>();
        String of = " WHERE table_schema = " + SourceDatabase.quoted(table.schema()) + " AND table_name = "
                + SourceDatabase.quoted(table.table());
        SourceDatabase.query(
                connection,
                "SELECT column_name, column_type, collation_name FROM information_schema.columns" + of
                        + " ORDER BY ordinal_position",
                row -> {
                    columns.add(described(row.getString(1), MySqlType.parse(row.getString(2))));
                    collations.put(row.getString(1), Objects.requireNonNullElse(row.getString(3), ""));
                });
        return new TableShape(columns, collations, SourceDatabase.uniqueIndexes(connection, table));
    }

    private static String described(String column, MySqlType type) {
        return column.toLowerCase(Locale.ROOT) + " " + type.name() + (type.unsigned() ? " unsigned " : " ")
                + type.members().size();
    }

    /** Where the table differs from what the log says that it looks like, null when it does not. */
    @Nullable
    String difference(TableStructure known) {
        List<String> then = known.columns().stream()
                .map(column -> described(column.name(), column.type()))
                .toList();
        return then.equals(columns) ? null : "known are the columns " + then + ", there are " + columns;
    }

    /** The key by which a table is read in ranges while the stream goes on; null when it has to be read whole. */
    @Nullable
    CopyKey key(TableStructure table) {
        // the stream tells rows apart by the primary key
        CopyKey key = table.primaryKey().isEmpty() ? null : CopyKey.choose(table, unique);
        return key == null || !key.isSeekable() ? null : key;
    }

    /** A text that changes whenever the order of a key's values may. */
    String order(CopyKey key, TableStructure table) {
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < key.columns().size(); i++) {
            Column column = table.columns().get(key.columns().get(i));
            order.append(order.isEmpty() ? "" : ", ")
                    .append(column.name())
                    .append(' ')
                    .append(column.type().text())
                    .append(' ')
                    .append(collations.getOrDefault(column.name(), ""))
                    .append(key.descending().get(i) ? " desc" : "");
        }
        return order.toString();
    }
}
