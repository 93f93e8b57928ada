package io.tiderace.capture;

import io.tiderace.capture.CopyLog.Chunk;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
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
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Copies one table over one connection, in the order of its key and in chunks, one query in all. A table without a key, or with one after which
 * a query cannot go on, becomes visible as a whole and is done again as a whole.
 */
final class TableCopy {
    private static final int CHUNK_ROWS = 2_000;
    private static final int CHUNK_BYTES = 1 << 20;

    private final CaptureRun run;
    private final CopyLog log;
    private final TableStructure table;
    private final SourcePosition readAt;
    private final RowEncoder encoder;
    private final CopyColumn[] columns;
    private final int[] keyColumns;
    private final boolean isResumable;
    private final @Nullable SourcePosition streamFrom;
    private final WireBuffer bodies = new WireBuffer(1 << 16);
    private final WireBuffer key = new WireBuffer(1 << 8);
    private final int[] ends = new int[CHUNK_ROWS];
    private final byte[][] keys;
    private int rows;

    /** @throws DataException when the table holds a column that cannot be carried */
    TableCopy(CaptureRun run, CopyLog log, TableStructure table, SourcePosition readAt, SourcePosition streamBegin) {
        this.run = run;
        this.log = log;
        this.table = table;
        this.readAt = readAt;
        encoder = run.codec().rowEncoder(run.source().sourceId(), table);
        try {
            columns = table.columns().stream().map(CopyColumn::of).toArray(CopyColumn[]::new);
        } catch (BadValueException e) {
            throw bad(e.getMessage());
        }
        keyColumns = encoder.keyColumns();
        keys = new byte[keyColumns.length == 0 ? 0 : CHUNK_ROWS][];
        isResumable = isResumable(table);
        // the stream must leave out what a table that is read late has already; rows of keyed tables may come twice
        // instead
        streamFrom = keyColumns.length > 0 || readAt.equals(streamBegin) ? null : readAt;
    }

    /** True when a copy can go on after the last key that was copied. */
    static boolean isResumable(TableStructure table) {
        return !table.primaryKey().isEmpty()
                && table.primaryKey().stream()
                        .map(name -> table.columns().get(table.indexOf(name)))
                        .allMatch(column -> CopyColumn.of(column).isOrdered());
    }

    /** @return false when it was told to stop */
    boolean copy(Connection connection, BooleanSupplier isStopping) throws SQLException, InterruptedException {
        TableState before = log.state(table.name());
        String[] after = isResumable && before != null ? before.lastKey() : null;
        boolean isFirst = after == null;
        if (!isResumable) {
            run.relay().hold();
        }
        // without the savepoint the table's metadata, and so every DDL on it, would stay locked until all tables are
        // read
        SourceDatabase.execute(connection, "SAVEPOINT before_table");
        try (Statement statement =
                connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
            statement.setFetchSize(Integer.MIN_VALUE); // rows come as they are read, not all at once
            try (ResultSet result = statement.executeQuery(query(after))) {
                boolean hasNext = result.next();
                do {
                    String[] last = hasNext ? fill(result) : after;
                    hasNext = hasNext && result.next();
                    if (isStopping.getAsBoolean()) {
                        return false;
                    }
                    if (!hasNext && !isResumable) {
                        run.relay().release();
                    }
                    deliver(isFirst, !hasNext, last);
                    isFirst = false;
                } while (hasNext);
            }
        }
        SourceDatabase.execute(connection, "ROLLBACK TO SAVEPOINT before_table");
        return true;
    }

    private String query(String @Nullable [] after) {
        String selected = Arrays.stream(columns).map(CopyColumn::expression).collect(Collectors.joining(", "));
        StringBuilder sql = new StringBuilder("SELECT ")
                .append(selected)
                .append(" FROM ")
                .append(table.name().quoted());
        if (after != null) {
            sql.append(" WHERE ").append(behind(after));
        }
        if (keyColumns.length > 0) {
            sql.append(" ORDER BY ")
                    .append(Arrays.stream(keyColumns)
                            .mapToObj(column -> columns[column].name())
                            .collect(Collectors.joining(", ")));
        }
        return sql.toString();
    }

    /** (a, b) > (x, y), written so that MySQL uses the index: a > x OR (a = x AND b > y). */
    private String behind(String[] after) {
        List<String> cases = new ArrayList<>();
        StringBuilder equal = new StringBuilder();
        for (int i = 0; i < keyColumns.length; i++) {
            String name = columns[keyColumns[i]].name();
            cases.add("(" + equal + name + " > " + after[i] + ")");
            equal.append(name).append(" = ").append(after[i]).append(" AND ");
        }
        return String.join(" OR ", cases);
    }

    /** Fills a chunk from the current row on, leaves the cursor on its last row, and gives that row's key. */
    private String @Nullable [] fill(ResultSet result) throws SQLException {
        bodies.reset();
        rows = 0;
        byte[][] raw = new byte[columns.length][];
        while (true) {
            row(result, raw);
            if (rows == CHUNK_ROWS || bodies.length() >= CHUNK_BYTES) {
                return lastKey(raw);
            }
            if (!result.next()) {
                return lastKey(raw);
            }
        }
    }

    private void row(ResultSet result, byte[][] raw) throws SQLException {
        encoder.noImage(bodies);
        encoder.startImage(bodies);
        for (int i = 0; i < columns.length; i++) {
            byte[] value = result.getBytes(i + 1);
            raw[i] = value;
            try {
                if (value == null) {
                    encoder.nullColumn(bodies, i);
                } else {
                    encoder.startColumn(bodies, i);
                    columns[i].write(value, bodies);
                }
            } catch (BadValueException | IllegalArgumentException e) {
                Column column = table.columns().get(i);
                throw bad("column " + column.name() + ": " + e.getMessage());
            }
        }
        encoder.tail(bodies, Op.READ, System.currentTimeMillis(), 0, null, readAt.file(), readAt.pos(), 0, true);
        if (keyColumns.length > 0) {
            key.reset();
            encoder.keyHead(key);
            for (int column : keyColumns) {
                columns[column].write(raw[column], key);
            }
            keys[rows] = key.toByteArray();
        }
        ends[rows++] = bodies.length();
    }

    private String @Nullable [] lastKey(byte[][] raw) {
        if (!isResumable) {
            return null;
        }
        String[] result = new String[keyColumns.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = columns[keyColumns[i]].literal(raw[keyColumns[i]]);
        }
        return result;
    }

    private void deliver(boolean isFirst, boolean isLast, String @Nullable [] lastKey) throws InterruptedException {
        log.chunk(
                table.name(),
                new Chunk(
                        encoder,
                        bodies,
                        ends,
                        keyColumns.length == 0 ? null : keys,
                        rows,
                        isFirst,
                        isLast,
                        lastKey,
                        streamFrom));
        rows = 0;
    }

    private DataException bad(@Nullable String problem) {
        TableName name = table.name();
        return new DataException(
                "TR-C043",
                "source " + run.source().sourceId() + ", copy of table " + name + ": " + problem,
                "correct the value at the source, or leave the table out with the block-allow list, and start again: the copy goes"
                        + " on where it was");
    }
}
