package io.tiderace.schemas;

import java.util.Objects;

/** A table's schema and name exactly as the server stores them; compared case-sensitively. */
public record TableName(String schema, String table) implements Comparable<TableName> {
    public TableName {
        Objects.requireNonNull(schema, "schema is null");
        Objects.requireNonNull(table, "table is null");
    }

    /** The name quoted for use in a MySQL statement, back-ticks doubled. */
    public String quoted() {
        return quote(schema) + "." + quote(table);
    }

    /** An identifier quoted for use in a MySQL statement (MySQL manual, 11.2 Schema Object Names). */
    public static String quote(String identifier) {
        return "`" + identifier.replace("`", "``") + "`";
    }

    @Override
    public int compareTo(TableName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : table.compareTo(other.table);
    }

    @Override
    public String toString() {
        return schema + "." + table;
    }
}
