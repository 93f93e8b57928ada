package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.CopyState;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.WireBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The copy's side of the relay topic: chunks of any table become numbered transactions, each with the state from which the copy can go on. A
 * transaction of the copy is handed over whole, because after a crash its number may stand for another chunk. Thread-safe.
 */
final class CopyLog {
    private static final int VIEWS_MAX = 64;

    private final CaptureRun run;
    private final SourcePosition position;
    private final String serverUuid;
    private final Map<String, TableState> tables = new HashMap<>();
    private final WireBuffer head = new WireBuffer(32);
    private final List<SourcePosition> views;
    private final @Nullable String watchedFrom;
    private @Nullable SourcePosition replayUntil;
    private @Nullable SourcePosition readLater;
    private long txn;
    private long rows;
    private long bytes;

    /**
     * @param position where the stream goes on after the copy
     * @param state what is done already
     */
    CopyLog(CaptureRun run, long txn, SourcePosition position, String serverUuid, CopyState state) {
        this.run = run;
        this.txn = txn;
        this.position = position;
        this.serverUuid = serverUuid;
        state.tables().forEach((name, table) -> tables.put(name, table.merged()));
        views = new ArrayList<>(state.views());
        watchedFrom = state.watchedFrom();
        replayUntil = state.replayUntil();
        rows = state.rows();
        bytes = state.bytes();
    }

    /** Tables will be read at this position now: what the stream brings up to there may be in the copy. */
    synchronized void readAt(SourcePosition later) {
        if (!later.equals(position)) {
            replayUntil = later;
            readLater = later;
            views.add(later);
            if (views.size() > VIEWS_MAX) {
                // what was read at the oldest is said to be read at the next one: that errs to the safe side
                views.remove(0);
                tables.replaceAll((name, table) -> table.view() > 1 ? table.inView(table.view() - 1) : table);
            }
        }
    }

    /** The first transaction: the copy begins, these are the tables. */
    synchronized void begin(List<SchemaChange> statements) throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = txn + 1;
        long row = 0;
        transaction.add(null, progress(number, ++row, ChangeEvent.Progress.COPY_START, null, TableState.NONE));
        for (SchemaChange statement : statements) {
            transaction.add(null, run.codec().encode(numbered(statement, number, ++row)));
        }
        end(transaction, row, true);
    }

    /**
     * Writes a chunk of a range that is missing.
     *
     * @param isEnd true when nothing of the range lies behind the chunk
     * @return what is left of the range, null when it is done
     */
    synchronized @Nullable KeyRange chunk(CopyTable table, KeyRange range, EncodedChunk chunk, boolean isEnd)
            throws InterruptedException {
        TableState before = state(table.name());
        List<String> upTo = isEnd ? null : chunk.lastKey();
        CopyRanges missing =
                upTo == null && !isEnd ? before.missing() : before.missing().read(range, upTo);
        boolean isDone = missing.isDone();
        TableState after = new TableState(
                isDone,
                before.isLeft() && !isDone,
                before.rows() + chunk.rows(),
                before.bytes() + chunk.bytes(),
                isDone ? null : missing.missing(),
                table.isKeyless() ? readLater : null,
                readLater == null ? 0 : views.size());
        tables.put(table.name().quoted(), after);
        rows += chunk.rows();
        bytes += chunk.bytes();
        run.progress().copied(table.name(), chunk.rows(), chunk.bytes(), after);
        write(table, chunk, before.rows() == 0, after);
        return isEnd ? null : upTo == null ? range : range.behind(upTo);
    }

    private void write(CopyTable copied, EncodedChunk chunk, boolean isFirst, TableState after)
            throws InterruptedException {
        TableName table = copied.name();
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = txn + 1;
        long row = 0;
        if (isFirst) {
            transaction.add(null, progress(number, ++row, ChangeEvent.Progress.TABLE_START, table, TableState.NONE));
        }
        for (int i = 0; i < chunk.rows(); i++) {
            head.reset();
            chunk.encoder().head(head, number, ++row);
            transaction.add(chunk.key(i), chunk.value(i, head));
        }
        transaction.add(null, progress(number, ++row, ChangeEvent.Progress.CHUNK_DONE, table, after));
        if (after.isDone()) {
            transaction.add(null, progress(number, ++row, ChangeEvent.Progress.TABLE_DONE, table, after));
            if (copied.key() == null) {
                transaction.release(table);
            }
        }
        end(transaction, row, true);
    }

    /** A missing range becomes two. */
    synchronized void cut(CopyTable table, KeyRange range, List<String> key) {
        TableState before = state(table.name());
        tables.put(
                table.name().quoted(),
                new TableState(
                        false,
                        before.isLeft(),
                        before.rows(),
                        before.bytes(),
                        before.missing().cut(range, key).missing(),
                        before.streamFrom(),
                        before.view()));
    }

    /**
     * The table met a DDL: what is missing of it is left.
     *
     * @return false when it was left already
     */
    synchronized boolean leave(TableName table) {
        TableState before = state(table);
        if (before.isLeft()) {
            return false;
        }
        List<KeyRange> missing = before.missing().missing();
        tables.put(
                table.quoted(),
                new TableState(
                        false, true, before.rows(), before.bytes(), missing, before.streamFrom(), before.view()));
        run.relay().store(stored(true));
        run.progress().left(table);
        return true;
    }

    /**
     * The last transaction: the stream goes on from the copy's position.
     *
     * @param late tables that are to be copied beside it
     */
    synchronized void end(Map<TableName, LateTable> late) throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        TableState all = new TableState(true, false, rows, bytes, null, null, 0);
        transaction.add(null, progress(txn + 1, 1, ChangeEvent.Progress.COPY_END, null, all));
        String sourceId = run.source().sourceId();
        late.forEach((table, state) -> transaction.store(StoredTables.key(sourceId, table), state.toJson()));
        Predicate<TableState> isDropped = state -> state.streamFrom() == null && state.view() == 0;
        tables.values().removeIf(isDropped);
        end(transaction, 1, false);
    }

    synchronized TableState state(TableName table) {
        return tables.getOrDefault(table.quoted(), TableState.NONE);
    }

    synchronized long txn() {
        return txn;
    }

    /** By the source's clock; tables defined later are not those that the copy began with. Null when that is not known. */
    @Nullable
    String watchedFrom() {
        return watchedFrom;
    }

    synchronized StoredPosition stored(boolean isReading) {
        boolean isOver = !isReading && replayUntil == null;
        CopyState state = isOver
                ? null
                : new CopyState(isReading, replayUntil, rows, bytes, tables, views, isReading ? watchedFrom : null);
        return new StoredPosition(txn, position, serverUuid, System.currentTimeMillis(), state);
    }

    private void end(RelayWriter.Transaction transaction, long row, boolean isReading) throws InterruptedException {
        txn++;
        Commit commit = new Commit(
                txn,
                row + 1,
                txn,
                row,
                null,
                position.gtidSet(),
                position.file(),
                position.pos(),
                System.currentTimeMillis(),
                true,
                false);
        run.relay().transaction(transaction, commit, stored(isReading));
    }

    private byte[] progress(
            long number, long row, ChangeEvent.Progress kind, @Nullable TableName table, TableState done) {
        Progress counts = run.progress();
        return run.codec()
                .encode(new SnapshotProgress(
                        number,
                        row,
                        kind,
                        table,
                        done.rows(),
                        table == null ? counts.rowsTotal() : counts.rowsTotal(table),
                        done.bytes(),
                        counts.tablesDone(),
                        counts.tablesTotal(),
                        position,
                        System.currentTimeMillis()));
    }

    private SchemaChange numbered(SchemaChange statement, long number, long row) {
        return new SchemaChange(
                number,
                row,
                statement.statement(),
                statement.context(),
                statement.tables(),
                true,
                null,
                position.file(),
                position.pos(),
                System.currentTimeMillis());
    }

    /** A statement of the copy's beginning, not yet numbered. */
    static SchemaChange statement(
            String sql, @Nullable String schema, List<TouchedTable> tables, @Nullable String dialect) {
        StatementContext context = new StatementContext(schema, "", "utf8mb4", null, "+00:00", dialect);
        return new SchemaChange(0, 0, sql, context, tables, true, null, "", 0, 0);
    }
}
