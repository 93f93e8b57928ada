package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.WireBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of one table over a connection that {@link #prepare} has seen, and gives them as encoded chunks. One range at a time; which moment the
 * rows are of, and what is locked meanwhile, is the matter of the connection's transaction. Not thread-safe.
 */
final class RangeReader {
    private final String sourceId;
    private final TableStructure table;
    private final @Nullable CopyKey key;
    private final SourcePosition readAt;
    private final int recordBytesMax;
    private final RowEncoder encoder;
    private final CopyColumn[] columns;
    private final int[] recordKey;
    private final int[] literalAt;
    private final String select;
    private final EncodedChunk chunk;
    private final WireBuffer keyBuffer = new WireBuffer(1 << 8);
    private final WireBuffer tail = new WireBuffer(1 << 8);
    private final byte[][] raw;

    /**
     * @param key null for a table that has none: it can be read whole only
     * @param readAt said to be each row's place in the log
     * @param recordBytesMax what a row may take, {@link RelayWriter#recordBytesMax}
     * @throws DataException when the table holds a column that cannot be carried
     */
    RangeReader(String sourceId, RowEncoder encoder, @Nullable CopyKey key, SourcePosition readAt, int recordBytesMax) {
        this.sourceId = sourceId;
        this.encoder = encoder;
        this.key = key;
        this.readAt = readAt;
        this.recordBytesMax = recordBytesMax;
        table = encoder.table();
        try {
            columns = table.columns().stream().map(CopyColumn::of).toArray(CopyColumn[]::new);
        } catch (BadValueException e) {
            throw bad(e.getMessage());
        }
        recordKey = encoder.keyColumns();
        List<String> selected =
                Arrays.stream(columns).map(CopyColumn::expression).collect(Collectors.toCollection(ArrayList::new));
        literalAt = key == null
                ? new int[0]
                : key.columns().stream()
                        .mapToInt(column -> literalAt(columns[column], column, selected))
                        .toArray();
        select = "SELECT " + String.join(", ", selected) + " FROM "
                + table.name().quoted() + (key == null ? "" : key.hint());
        raw = new byte[columns.length][];
        chunk = new EncodedChunk(encoder, recordBytesMax);
    }

    /** Where in the result a column's literal is made from, from 1: the column itself unless it needs another expression. */
    private static int literalAt(CopyColumn column, int index, List<String> selected) {
        if (column.keyExpression().equals(column.expression())) {
            return index + 1;
        }
        selected.add(column.keyExpression());
        return selected.size();
    }

    /** Makes a connection bring values as they are stored, so that bytes that are no text are found, and compare every date that can be stored. */
    static void prepare(Connection connection) throws SQLException {
        SourceDatabase.execute(
                connection, "SET SESSION character_set_results = NULL, sql_mode = 'ALLOW_INVALID_DATES'");
    }

    /**
     * Reads a range in key order.
     *
     * @param rowsMax to read at most; the last chunk is not the range's end when there are more. When the taker wants no more, the rest of them
     *     still comes over the connection, unless it is aborted
     * @throws SQLException 1412, 1146 or 1054 when the table was altered since the connection's transaction began
     * @throws DataException when a value cannot be carried
     */
    void read(Connection connection, KeyRange range, long rowsMax, EncodedChunk.Taker taker)
            throws SQLException, InterruptedException {
        try (Statement statement =
                connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
            statement.setFetchSize(Integer.MIN_VALUE); // rows come as they are read, not all at once
            try (ResultSet rows = statement.executeQuery(query(range, rowsMax))) {
                long left = rowsMax;
                boolean hasNext = rows.next();
                boolean goesOn = true;
                while (goesOn) {
                    chunk.clear();
                    tail.reset();
                    encoder.tail(
                            tail, Op.READ, System.currentTimeMillis(), 0, null, readAt.file(), readAt.pos(), 0, true);
                    while (hasNext && left > 0 && !chunk.isFull()) {
                        row(rows);
                        left--;
                        if (chunk.isFull() || left == 0) {
                            chunk.lastKey(lastKey(rows));
                        }
                        hasNext = rows.next();
                    }
                    goesOn = taker.take(chunk, !hasNext) && hasNext && left > 0;
                }
            }
        }
    }

    /**
     * Finds where a range can be cut, by walking the index.
     *
     * @return the key of the row that has {@code rows} rows of the range before it; null when the range is not longer
     */
    @Nullable
    List<String> boundary(Connection connection, KeyRange range, long rows) throws SQLException {
        CopyKey by = key;
        if (by == null || !by.isSeekable()) {
            return null;
        }
        String sql = "SELECT " + String.join(", ", keyExpressions(by)) + " FROM "
                + table.name().quoted() + by.hint() + by.where(table, range) + by.orderBy(table) + " LIMIT 1 OFFSET "
                + rows;
        List<List<String>> found = new ArrayList<>();
        SourceDatabase.query(
                connection,
                sql,
                row -> found.add(literals(
                        by, row, IntStream.rangeClosed(1, by.columns().size()).toArray())));
        return found.isEmpty() ? null : found.get(0);
    }

    TableStructure table() {
        return table;
    }

    /** Null when the table can only be read whole. */
    @Nullable
    CopyKey key() {
        return key;
    }

    private List<String> keyExpressions(CopyKey by) {
        return by.columns().stream()
                .map(column -> columns[column].keyExpression())
                .toList();
    }

    private String query(KeyRange range, long rowsMax) {
        CopyKey by = key;
        if (by == null) {
            return select;
        }
        // one row more tells whether the range ends
        String limit = rowsMax == Long.MAX_VALUE ? "" : " LIMIT " + (rowsMax + 1);
        return select + by.where(table, range) + by.orderBy(table) + limit;
    }

    private void row(ResultSet rows) throws SQLException {
        WireBuffer out = chunk.bodies();
        int start = out.length();
        encoder.noImage(out);
        encoder.startImage(out);
        for (int i = 0; i < columns.length; i++) {
            byte[] value = rows.getBytes(i + 1);
            raw[i] = value;
            try {
                if (value == null) {
                    encoder.nullColumn(out, i);
                } else {
                    encoder.startColumn(out, i);
                    columns[i].write(value, out);
                }
            } catch (BadValueException | IllegalArgumentException e) {
                Column column = table.columns().get(i);
                throw bad("column " + column.name() + rowOf(rows) + ": " + e.getMessage());
            } catch (WireBuffer.FullException e) {
                throw tooLarge(rows);
            }
        }
        if (out.length() - start > recordBytesMax) {
            throw tooLarge(rows);
        }
        out.writeRaw(tail.array(), 0, tail.length());
        chunk.endRow(recordKey.length == 0 ? null : recordKey());
    }

    private DataException tooLarge(ResultSet rows) throws SQLException {
        return new RowTooLargeException(table.name(), rowOf(rows))
                .at("source " + sourceId + ", copy as of " + readAt + ": ", recordBytesMax);
    }

    private String rowOf(ResultSet rows) throws SQLException {
        StringBuilder text = new StringBuilder();
        for (int column : recordKey) {
            text.append(text.isEmpty() ? " of the row with " : ", ")
                    .append(KeyText.printed(table.columns().get(column).name(), rows.getBytes(column + 1)));
        }
        return text.toString();
    }

    private byte[] recordKey() {
        keyBuffer.reset();
        encoder.keyHead(keyBuffer);
        for (int column : recordKey) {
            columns[column].write(raw[column], keyBuffer);
        }
        return keyBuffer.toByteArray();
    }

    private @Nullable List<String> lastKey(ResultSet rows) throws SQLException {
        return key == null ? null : literals(key, rows, literalAt);
    }

    private List<String> literals(CopyKey by, ResultSet rows, int[] at) throws SQLException {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < by.columns().size(); i++) {
            result.add(columns[by.columns().get(i)].literal(rows.getBytes(at[i])));
        }
        return result;
    }

    private DataException bad(@Nullable String problem) {
        return new DataException(
                "TR-C043",
                "source " + sourceId + ", copy as of " + readAt + ": table " + table.name() + ": " + problem,
                "correct the value at the source, or leave the table out with the block-allow list, and start again: the copy goes"
                        + " on where it was");
    }
}
