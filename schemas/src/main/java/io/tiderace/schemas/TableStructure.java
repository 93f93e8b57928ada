package io.tiderace.schemas;

import java.util.List;

/**
 * What a source table looks like at one moment.
 *
 * @param columns in the order of the row images
 * @param primaryKey column names in key order, empty for a table without a primary key
 */
public record TableStructure(TableName name, List<Column> columns, List<String> primaryKey) {
    public TableStructure {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** Index of a column, -1 when there is none of that name (compared without case, as MySQL does). */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equalsIgnoreCase(column)) {
                return i;
            }
        }
        return -1;
    }
}
