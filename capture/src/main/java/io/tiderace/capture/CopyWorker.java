package io.tiderace.capture;

import io.tiderace.capture.CopyQueue.Piece;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's part of a round of the first copy.
 *
 * <pre>
 * take a piece -> [altered: give the table up] -> [nobody else has one: cut it] -> read a page of it -> what is left goes on here
 *      ^                      |                                                                                 | nothing left
 *      +----------------------+---------------------------------------------------------------------------------+
 * </pre>
 */
final class CopyWorker {
    private static final Logger LOG = LoggerFactory.getLogger(CopyWorker.class);
    /** The definition is another one, a column is not there, the table is not there. */
    static final Set<Integer> ALTERED = Set.of(1412, 1054, 1146);

    private final CaptureRun run;
    private final Round round;
    private final CopyLog log;
    private final CopyQueue queue;
    private final Connection connection;
    private final BooleanSupplier isStopping;
    private @Nullable CopyTable current;
    private @Nullable RangeReader reader;

    /** What the workers share. */
    record Round(CopyView view, CopyLog log, CopyQueue queue, CopyThrottle throttle) {}

    CopyWorker(CaptureRun run, Round round, Connection connection, BooleanSupplier isStopping) {
        this.run = run;
        this.round = round;
        log = round.log();
        queue = round.queue();
        this.connection = connection;
        this.isStopping = isStopping;
    }

    /** Works until there is nothing more to do, or the view is too old. */
    void work() throws SQLException, InterruptedException {
        for (Piece piece = queue.take(); piece != null; piece = queue.take()) {
            KeyRange left = piece.range();
            try {
                left = copy(piece);
            } finally {
                if (left != null) {
                    queue.add(new Piece(piece.table(), left));
                }
                queue.done();
            }
            if (round.throttle().isTooOld()) {
                queue.stop();
            }
        }
    }

    /** Gives what is left when the copy stops before the piece's end. */
    private @Nullable KeyRange copy(Piece piece) throws SQLException, InterruptedException {
        CopyTable table = piece.table();
        KeyRange left = piece.range();
        while (left != null && !isStopping.getAsBoolean() && !round.throttle().isTooOld()) {
            round.throttle().await(isStopping);
            // without the savepoint the table's metadata, and so every DDL on it, would stay locked until all is read
            SourceDatabase.execute(connection, "SAVEPOINT before_page");
            try {
                left = isUnchanged(table) ? page(table, cut(table, left)) : leave(table);
            } catch (SQLException e) {
                if (!ALTERED.contains(e.getErrorCode())) {
                    throw e;
                }
                left = leave(table);
            }
            SourceDatabase.execute(connection, "ROLLBACK TO SAVEPOINT before_page");
        }
        return left;
    }

    /** Whether it is or not, it stays so until the savepoint is rolled back. */
    private boolean isUnchanged(CopyTable table) throws SQLException {
        SourceDatabase.execute(
                connection, "SELECT 1 FROM " + table.name().quoted() + " LIMIT 0"); // takes the metadata lock
        return round.view().watch().isUnchanged(table.name());
    }

    private @Nullable KeyRange leave(CopyTable table) {
        if (log.leave(table.name())) {
            LOG.atWarn()
                    .addKeyValue("source", run.source().sourceId())
                    .addKeyValue("table", table.name())
                    .log("altered while it is copied, left for later");
        }
        queue.remove(table);
        return null;
    }

    /** Leaves the range's end to others when they have nothing else. */
    private KeyRange cut(CopyTable table, KeyRange range) throws SQLException {
        if (!queue.isEmpty()) {
            return range;
        }
        List<String> boundary = reader(table).boundary(connection, range, table.pageRows());
        if (boundary == null) {
            return range;
        }
        log.cut(table, range, boundary);
        queue.add(new Piece(table, range.behind(boundary)));
        return range.upTo(boundary);
    }

    private @Nullable KeyRange page(CopyTable table, KeyRange range) throws SQLException, InterruptedException {
        CopyKey key = table.key();
        if (key == null) {
            run.relay().hold(table.name()); // until the chunk that ends the table
        }
        long rowsMax = key != null && key.isSeekable() ? table.pageRows() : Long.MAX_VALUE;
        KeyRange[] left = {range};
        reader(table).read(connection, range, rowsMax, (chunk, isEnd) -> {
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
            known = new RangeReader(
                    sourceId,
                    run.codec().rowEncoder(sourceId, table.structure()),
                    table.key(),
                    round.view().snapshot().until(),
                    run.relay().recordBytesMax());
            reader = known;
            current = table;
        }
        return known;
    }
}
