package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventMetadata;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.WireBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table map of the log bound to the structure that is known: how the rows that follow it are read. Making one checks that the two agree. Not
 * thread-safe.
 */
final class TableBinding {
    private final TableStructure structure;
    private final RowEncoder encoder;
    private final ColumnReader[] readers;
    private final int[] keyColumns;
    private final int[] starts;
    private final @Nullable RowHistory history;
    private final int hidden;

    private TableBinding(
            TableStructure structure, RowEncoder encoder, ColumnReader[] readers, @Nullable RowHistory history) {
        this.structure = structure;
        this.encoder = encoder;
        this.readers = readers;
        this.history = history;
        hidden = history == null ? 0 : history.hidden();
        keyColumns = encoder.keyColumns();
        starts = new int[readers.length + hidden];
    }

    /**
     * @param history null for a table without rows of the past
     * @throws BadValueException saying how the log and the structure differ
     */
    static TableBinding of(
            TableMapEventData map, TableStructure structure, RowEncoder encoder, @Nullable RowHistory history) {
        List<Column> columns = structure.columns();
        byte[] types = map.getColumnTypes();
        if (types.length != columns.size() + (history == null ? 0 : history.hidden())) {
            throw new BadValueException(
                    "the log has " + types.length + " columns, known are " + columns.size() + " " + names(columns));
        }
        TableMapEventMetadata metadata = map.getEventMetadata();
        TableMapCheck.require(map, structure);
        if (history != null && !history.isOf(map)) {
            throw new BadValueException("the log does not say when a row of this system-versioned table ended");
        }
        ColumnReader[] readers = new ColumnReader[columns.size()];
        int character = 0;
        for (int i = 0; i < readers.length; i++) {
            Column column = columns.get(i);
            int type = types[i] & 0xff;
            int detail = map.getColumnMetadata()[i];
            boolean isCharacter = isCharacter(type, detail);
            String charset = isCharacter ? charset(metadata, character) : null;
            character += isCharacter ? 1 : 0;
            String known = charset == null ? column.charset() : charset;
            ColumnReader reader = ColumnReader.of(column, type, detail, known);
            if (reader == null || !TableMapCheck.isSameSize(column.type(), type, detail, known)) {
                throw new BadValueException("column " + column.name() + " is of another type in the log (code " + type
                        + ", metadata " + detail + (charset == null ? "" : ", character set " + charset)
                        + ") than the known " + column.type());
            }
            readers[i] = reader;
        }
        return new TableBinding(structure, encoder, readers, history);
    }

    private static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    private static boolean isCharacter(int type, int metadata) {
        int real = type;
        if (type == ColumnReader.STRING && metadata >= 256 && (metadata >> 8 & 0x30) == 0x30) {
            real = metadata >> 8;
        }
        return real == ColumnReader.STRING
                || real == ColumnReader.VARCHAR
                || real == ColumnReader.VAR_STRING
                || real == ColumnReader.BLOB;
    }

    private static @Nullable String charset(@Nullable TableMapEventMetadata metadata, int character) {
        if (metadata == null) {
            return null;
        }
        if (metadata.getColumnCharsets() != null) {
            return Collations.charset(metadata.getColumnCharsets().get(character));
        }
        TableMapEventMetadata.DefaultCharset charsets = metadata.getDefaultCharset();
        if (charsets == null) {
            return null;
        }
        Map<Integer, Integer> exceptions = charsets.getCharsetCollations();
        Integer collation = exceptions == null ? null : exceptions.get(character);
        return Collations.charset(collation == null ? charsets.getDefaultCharsetCollation() : collation);
    }

    /** True for a table of MariaDB's that keeps rows of the past. */
    boolean isVersioned() {
        return history != null;
    }

    /** True when the image read last is a row of the present. */
    boolean isPresent(byte[] in) {
        return history == null || RowHistory.isPresent(in, starts[history.rowEnd()]);
    }

    TableStructure structure() {
        return structure;
    }

    RowEncoder encoder() {
        return encoder;
    }

    /**
     * Reads one row image and writes it.
     *
     * @param key receives the record key, null where it is not wanted
     * @return the offset just after the image
     * @throws BadValueException naming the column
     * @throws RowTooLargeException when the record would become larger than {@code out} may
     */
    int image(byte[] in, int at, WireBuffer out, @Nullable WireBuffer key) {
        int position = at + (starts.length + 7) / 8;
        encoder.startImage(out);
        for (int i = 0; i < readers.length; i++) {
            starts[i] = position;
            try {
                if ((in[at + i / 8] >> (i % 8) & 1) != 0) {
                    encoder.nullColumn(out, i);
                } else {
                    encoder.startColumn(out, i);
                    position = readers[i].read(in, position, out);
                }
            } catch (BadValueException | IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new BadValueException(
                        "column " + structure.columns().get(i).name() + rowOf(in, at, i) + ": " + e.getMessage());
            } catch (WireBuffer.FullException e) {
                throw new RowTooLargeException(structure.name(), rowOf(in, at, i));
            }
        }
        for (int i = readers.length; i < starts.length; i++) {
            starts[i] = position;
            position += RowHistory.BYTES;
        }
        if (key != null && keyColumns.length > 0) {
            encoder.keyHead(key);
            for (int column : keyColumns) {
                readers[column].read(in, starts[column], key);
            }
        }
        return position;
    }

    /** Says that the image that was read last is one of too many bytes. */
    RowTooLargeException tooLarge(byte[] in) {
        return new RowTooLargeException(structure.name(), rowOf(in, 0, readers.length));
    }

    /** Which row it is, by as much of its key as can be found around the column that cannot be read. */
    private String rowOf(byte[] in, int at, int failed) {
        StringBuilder text = new StringBuilder();
        int known = findStarts(in, at, failed);
        for (int column : keyColumns) {
            if (column != failed && column < known) {
                text.append(text.isEmpty() ? " of the row with " : ", ").append(keyText(in, column));
            }
        }
        return text.toString();
    }

    private String keyText(byte[] in, int index) {
        Column column = structure.columns().get(index);
        try {
            WireBuffer value = new WireBuffer(64);
            readers[index].read(in, starts[index], value);
            return KeyText.wire(column, value);
        } catch (BadValueException | IndexOutOfBoundsException e) {
            return column.name() + " unreadable";
        }
    }

    /**
     * Passes over the columns from this one on, of which only the lengths need to make sense.
     *
     * @return how many columns, from the first, were found
     */
    private int findStarts(byte[] in, int at, int from) {
        for (int i = from; i < readers.length; i++) {
            try {
                boolean isNull = (in[at + i / 8] >> (i % 8) & 1) != 0;
                int end = isNull ? starts[i] : readers[i].end(in, starts[i]);
                if (i + 1 < readers.length) {
                    starts[i + 1] = end;
                }
            } catch (BadValueException | IndexOutOfBoundsException e) {
                return i;
            }
        }
        return readers.length;
    }
}
