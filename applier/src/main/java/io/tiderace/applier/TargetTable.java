package io.tiderace.applier;

import io.tiderace.schemas.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as the target has it.
 *
 * @param keys the primary key first when there is one, then the unique keys
 */
record TargetTable(TableName name, List<TargetColumn> columns, List<TargetKey> keys) {
    TargetTable {
        columns = List.copyOf(columns);
        keys = List.copyOf(keys);
    }

    /**
     * @param type base name of the type, {@code varchar}
     * @param collation null when it is not a character column
     * @param generated never written
     */
    record TargetColumn(String name, String type, @Nullable String collation, boolean nullable, boolean generated) {}

    record TargetKey(String name, boolean primary, List<KeyPart> parts) {
        TargetKey {
            parts = List.copyOf(parts);
        }
    }

    /**
     * @param column null when the part is an expression
     * @param prefix true when only the beginning of the column is indexed
     */
    record KeyPart(@Nullable String column, boolean prefix) {}

    /** The column of that name, null when there is none; names compare without case, as MySQL compares them. */
    @Nullable
    TargetColumn column(String columnName) {
        for (TargetColumn column : columns) {
            if (column.name().equalsIgnoreCase(columnName)) {
                return column;
            }
        }
        return null;
    }
}
