package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventMetadata;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableStructure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a table map of the log says the same of a table as the known structure, beyond the types that decide how a row is read: sizes, signs,
 * NULLs, and with {@code binlog_row_metadata=FULL} names, members and primary key. Pure. Source: MySQL internals, {@code rows_event.h}, {@code
 * Table_map_event}, and {@code field.cc}, {@code do_save_field_metadata}.
 */
final class TableMapCheck {
    private TableMapCheck() {}

    /** True when two table maps say the same. */
    static boolean isSame(TableMapEventData one, TableMapEventData other) {
        return Arrays.equals(one.getColumnTypes(), other.getColumnTypes())
                && Arrays.equals(one.getColumnMetadata(), other.getColumnMetadata())
                && Objects.equals(one.getColumnNullability(), other.getColumnNullability())
                && one.getDatabase().equals(other.getDatabase())
                && one.getTable().equals(other.getTable())
                && String.valueOf(one.getEventMetadata()).equals(String.valueOf(other.getEventMetadata()));
    }

    /** @throws BadValueException saying how the log and the structure differ */
    static void require(TableMapEventData map, TableStructure structure) {
        List<Column> columns = structure.columns();
        TableMapEventMetadata metadata = map.getEventMetadata();
        BitSet nullable = map.getColumnNullability();
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            // the other way round no value is lost: what is NOT NULL in the log may depend on the session that made it
            if (nullable != null && nullable.get(i) && !column.nullable()) {
                throw new BadValueException("column " + column.name() + " may be NULL in the log, known is NOT NULL");
            }
            if (!isSameSign(metadata, i, column.type())) {
                throw new BadValueException(
                        "column " + column.name() + " is of another sign in the log than the known " + column.type());
            }
        }
        if (metadata != null) {
            requireNames(metadata.getColumnNames(), columns);
            requireMembers(metadata.getEnumStrValues(), columns, "enum");
            requireMembers(metadata.getSetStrValues(), columns, "set");
            requirePrimaryKey(metadata, structure);
        }
    }

    private static boolean isSameSign(@Nullable TableMapEventMetadata metadata, int index, MySqlType type) {
        BitSet unsigned = metadata == null ? null : metadata.getSignedness();
        return switch (type.name()) {
            case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double" ->
                unsigned == null || unsigned.get(index) == type.unsigned();
            default -> true;
        };
    }

    private static void requireNames(@Nullable List<String> names, List<Column> columns) {
        for (int i = 0; names != null && i < columns.size(); i++) {
            if (!names.get(i).equalsIgnoreCase(columns.get(i).name())) {
                throw new BadValueException("column " + (i + 1) + " is " + names.get(i) + " in the log, known is "
                        + columns.get(i).name());
            }
        }
    }

    /** Members in ASCII are compared as they are, others are known to be there: the log has them in the column's character set. */
    private static void requireMembers(@Nullable List<String[]> logged, List<Column> columns, String type) {
        int next = 0;
        for (Column column : columns) {
            if (logged == null || !column.type().name().equals(type)) {
                continue;
            }
            List<String> known = column.type().members();
            List<String> members = next < logged.size() ? List.of(logged.get(next)) : List.of();
            boolean isSame = members.size() == known.size();
            for (int i = 0; isSame && i < known.size(); i++) {
                isSame = !isAscii(known.get(i)) || known.get(i).equals(members.get(i));
            }
            if (!isSame) {
                throw new BadValueException(
                        "column " + column.name() + " has the members " + members + " in the log, known are " + known);
            }
            next++;
        }
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 128);
    }

    /** Only a log that has the columns' names has the key. */
    private static void requirePrimaryKey(TableMapEventMetadata metadata, TableStructure structure) {
        if (metadata.getColumnNames() == null) {
            return;
        }
        List<Integer> key = new ArrayList<>();
        if (metadata.getSimplePrimaryKeys() != null) {
            key.addAll(metadata.getSimplePrimaryKeys());
        }
        Map<Integer, Integer> prefixed = metadata.getPrimaryKeysWithPrefix();
        if (prefixed != null) {
            key.addAll(prefixed.keySet());
        }
        List<String> logged = key.stream()
                .filter(column -> column < structure.columns().size())
                .map(column -> structure.columns().get(column).name())
                .toList();
        if (!logged.equals(structure.primaryKey())) {
            throw new BadValueException(
                    "the primary key is " + logged + " in the log, known is " + structure.primaryKey());
        }
    }

    /**
     * True when a column of the log is as large as the known one.
     *
     * @param metadata as the table map has it
     * @param charset of the log, else of the structure
     */
    static boolean isSameSize(MySqlType type, int typeCode, int metadata, @Nullable String charset) {
        return switch (type.name()) {
            case "datetime" -> typeCode != ColumnReader.DATETIME2 || metadata == Math.max(type.length(), 0);
            case "timestamp" -> typeCode != ColumnReader.TIMESTAMP2 || metadata == Math.max(type.length(), 0);
            case "time" -> typeCode != ColumnReader.TIME2 || metadata == Math.max(type.length(), 0);
            case "bit" -> (metadata >> 8) * 8 + (metadata & 0xff) == Math.max(type.length(), 1);
            case "enum" -> (metadata & 0xff) == (type.members().size() < 256 ? 1 : 2);
            case "set" -> (metadata & 0xff) == setBytes(type.members().size());
            case "binary" -> stringBytes(metadata) == characters(type);
            case "varbinary" -> typeCode != ColumnReader.VARCHAR || metadata == type.length();
            case "char" -> charset == null || stringBytes(metadata) == characters(type) * Structures.bytesMax(charset);
            case "varchar" ->
                typeCode != ColumnReader.VARCHAR
                        || charset == null
                        || metadata == type.length() * Structures.bytesMax(charset);
            default -> true;
        };
    }

    private static int characters(MySqlType type) {
        return type.length() < 0 ? 1 : type.length();
    }

    private static int setBytes(int members) {
        int bytes = (members + 7) / 8;
        return bytes > 4 ? 8 : Math.max(bytes, 1);
    }

    /** The length's bits 8 and 9 are inverted in the type's bits 4 and 5. */
    private static int stringBytes(int metadata) {
        int type = metadata < 256 ? ColumnReader.STRING : metadata >> 8;
        return (metadata & 0xff) | ((type & 0x30) ^ 0x30) << 4;
    }
}
