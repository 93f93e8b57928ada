package io.tiderace.capture;

import io.debezium.relational.Attribute;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableEditor;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.tiderace.schemas.MariaDbStatement;
import io.tiderace.schemas.MariaDbStatement.Versioning;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a MariaDB statement says about tables beyond what MySQL's words can say: columns of types of MariaDB's own, and, as attributes that the schema
 * history stores, system versioning and which tables are sequences.
 */
final class MariaDbTables {
    /** Table attribute: rows of the past are kept; its value names the column that tells them, {@link #HIDDEN} when the server adds it unseen. */
    private static final String VERSIONED = "system-versioned";

    private static final String HIDDEN = "(hidden)";
    private static final String SEQUENCE = "sequence";

    private final MariaDbStatement statement;

    private MariaDbTables(MariaDbStatement statement) {
        this.statement = statement;
    }

    static MariaDbTables of(String ddl, Tables tables, @Nullable String defaultSchema) {
        return new MariaDbTables(MariaDbStatement.forParser(ddl, "", (schema, table, column) -> {
            Table known = tables.forTable(new TableId(schema == null ? defaultSchema : schema, null, table));
            return known != null
                    && known.columns().stream().anyMatch(one -> one.name().equalsIgnoreCase(column));
        }));
    }

    /** In MySQL's words. */
    String statement() {
        return statement.text();
    }

    /** A table that the statement made or altered, with what MySQL's words left out. */
    Table applied(Table table) {
        TableEditor editor = table.edit();
        for (Column column : table.columns()) {
            String type = statement.types().get(column.name());
            if (type != null) {
                editor.updateColumn(column.edit()
                        .type(type.toUpperCase(Locale.ROOT))
                        .length(Column.UNSET_INT_VALUE)
                        .charsetName(null)
                        .create());
            }
        }
        for (Attribute attribute : table.attributes()) { // the editor begins without them
            if (!attribute.name().equals(VERSIONED) || statement.versioning() == Versioning.UNCHANGED) {
                editor.addAttribute(attribute);
            }
        }
        if (statement.versioning() == Versioning.ADDED) {
            String column = statement.rowEnd();
            editor.addAttribute(attribute(VERSIONED, column == null ? HIDDEN : column));
        }
        if (statement.isOfSequence()) {
            editor.addAttribute(attribute(SEQUENCE, "true"));
        }
        return editor.create();
    }

    private static Attribute attribute(String name, String value) {
        return Attribute.editor().name(name).value(value).create();
    }

    static boolean isSequence(Table table) {
        return table.attributeWithName(SEQUENCE) != null;
    }

    /** How the table's rows of the past are told, null when it has none. */
    static @Nullable RowHistory history(Table table) {
        Attribute versioned = table.attributeWithName(VERSIONED);
        if (versioned == null) {
            return null;
        }
        if (versioned.value().equals(HIDDEN)) {
            return RowHistory.hidden(table.columns().size());
        }
        Column column = table.columnWithName(versioned.value());
        return column == null ? null : RowHistory.of(column.position() - 1);
    }
}
