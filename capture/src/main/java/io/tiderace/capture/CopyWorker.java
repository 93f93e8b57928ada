package io.tiderace.capture;

import io.tiderace.capture.CopyQueue.Piece;
import io.tiderace.schemas.SourcePosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection's part of the first copy.
 *
 * <pre>
 * take a piece -> [nobody else has one: cut it] -> read a page of it -> what is left goes on here
 *      ^                                                                        | nothing left
 *      +------------------------------------------------------------------------+
 * </pre>
 */
final class CopyWorker {
    private final CaptureRun run;
    private final CopyLog log;
    private final CopyQueue queue;
    private final Connection connection;
    private final SourcePosition readAt;
    private final BooleanSupplier isStopping;
    private @Nullable CopyTable current;
    private @Nullable RangeReader reader;

    /** @param readAt the moment that the connection sees */
    CopyWorker(
            CaptureRun run,
            CopyLog log,
            CopyQueue queue,
            Connection connection,
            SourcePosition readAt,
            BooleanSupplier isStopping) {
        this.run = run;
        this.log = log;
        this.queue = queue;
        this.connection = connection;
        this.readAt = readAt;
        this.isStopping = isStopping;
    }

    /** Works until there is nothing more to do. */
    void work() throws SQLException, InterruptedException {
        for (Piece piece = queue.take(); piece != null; piece = queue.take()) {
            try {
                copy(piece);
            } finally {
                queue.done();
            }
        }
    }

    private void copy(Piece piece) throws SQLException, InterruptedException {
        CopyTable table = piece.table();
        RangeReader by = reader(table);
        if (table.key() == null) {
            run.relay().hold();
        }
        KeyRange left = piece.range();
        while (left != null && !isStopping.getAsBoolean()) {
            // without the savepoint the table's metadata, and so every DDL on it, would stay locked until all is read
            SourceDatabase.execute(connection, "SAVEPOINT before_page");
            left = page(table, by, cut(table, by, left));
            SourceDatabase.execute(connection, "ROLLBACK TO SAVEPOINT before_page");
        }
    }

    /** Leaves the range's end to others when they have nothing else. */
    private KeyRange cut(CopyTable table, RangeReader by, KeyRange range) throws SQLException {
        if (!queue.isEmpty()) {
            return range;
        }
        List<String> boundary = by.boundary(connection, range, table.pageRows());
        if (boundary == null) {
            return range;
        }
        log.cut(table, range, boundary);
        queue.add(new Piece(table, range.behind(boundary)));
        return range.upTo(boundary);
    }

    private @Nullable KeyRange page(CopyTable table, RangeReader by, KeyRange range)
            throws SQLException, InterruptedException {
        CopyKey key = table.key();
        long rowsMax = key != null && key.isSeekable() ? table.pageRows() : Long.MAX_VALUE;
        KeyRange[] left = {range};
        by.read(connection, range, rowsMax, (chunk, isEnd) -> {
            if (isStopping.getAsBoolean()) {
                return false;
            }
            KeyRange before = left[0];
            left[0] = before == null ? null : log.chunk(table, before, chunk, isEnd);
            return true;
        });
        return left[0];
    }

    private RangeReader reader(CopyTable table) {
        RangeReader known = reader;
        if (known == null || !table.equals(current)) {
            String sourceId = run.source().sourceId();
            known = new RangeReader(sourceId, run.codec().rowEncoder(sourceId, table.structure()), table.key(), readAt);
            reader = known;
            current = table;
        }
        return known;
    }
}
