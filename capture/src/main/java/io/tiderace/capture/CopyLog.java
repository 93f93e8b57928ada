package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.CopyState;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.WireBuffer;
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
    private final CaptureRun run;
    private final SourcePosition position;
    private final String serverUuid;
    private final Map<String, TableState> tables = new HashMap<>();
    private final WireBuffer value = new WireBuffer(1 << 12);
    private @Nullable SourcePosition replayUntil;
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
        tables.putAll(state.tables());
        replayUntil = state.replayUntil();
        rows = state.rows();
        bytes = state.bytes();
    }

    /** What one table's rows of a chunk are, encoded but for the numbers. */
    record Chunk(
            RowEncoder encoder,
            WireBuffer bodies,
            int[] ends,
            byte @Nullable [][] keys,
            int rows,
            boolean isFirst,
            boolean isLast,
            String @Nullable [] lastKey,
            @Nullable SourcePosition streamFrom) {}

    /** Tables will be read at this position now: what the stream brings up to there may be in the copy. */
    synchronized void readAt(SourcePosition later) {
        if (!later.equals(position)) {
            replayUntil = later;
        }
    }

    /** The first transaction: the copy begins, these are the tables. */
    synchronized void begin(List<SchemaChange> statements) throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = txn + 1;
        long row = 0;
        transaction.add(null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.COPY_START, null, 0)));
        for (SchemaChange statement : statements) {
            transaction.add(null, run.codec().encode(numbered(statement, number, ++row)));
        }
        end(transaction, row, true);
    }

    synchronized void chunk(TableName table, Chunk chunk) throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = txn + 1;
        long row = 0;
        TableState before = tables.get(table.quoted());
        long done = before == null || chunk.isFirst() ? 0 : before.rows();
        if (chunk.isFirst()) {
            transaction.add(
                    null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.TABLE_START, table, 0)));
        }
        byte[] bodies = chunk.bodies().array();
        int start = 0;
        byte[][] keys = chunk.keys();
        for (int i = 0; i < chunk.rows(); i++) {
            value.reset();
            chunk.encoder().head(value, number, ++row);
            value.writeRaw(bodies, start, chunk.ends()[i] - start);
            start = chunk.ends()[i];
            transaction.add(keys == null ? null : keys[i], value.toByteArray());
        }
        done += chunk.rows();
        rows += chunk.rows();
        bytes += start;
        run.progress().copied(chunk.rows(), start);
        transaction.add(
                null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.CHUNK_DONE, table, done)));
        if (chunk.isLast()) {
            run.progress().tableDone();
            transaction.add(
                    null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.TABLE_DONE, table, done)));
        }
        tables.put(
                table.quoted(),
                new TableState(chunk.isLast(), done, chunk.isLast() ? null : chunk.lastKey(), chunk.streamFrom()));
        end(transaction, row, true);
    }

    /** The last transaction: the stream goes on from the copy's position. */
    synchronized void end() throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        transaction.add(null, run.codec().encode(progress(txn + 1, 1, ChangeEvent.Progress.COPY_END, null, rows)));
        Predicate<TableState> isDropped = state -> state.streamFrom() == null;
        tables.values().removeIf(isDropped);
        end(transaction, 1, false);
    }

    synchronized boolean isDone(TableName table) {
        TableState state = tables.get(table.quoted());
        return state != null && state.isDone();
    }

    synchronized @Nullable TableState state(TableName table) {
        return tables.get(table.quoted());
    }

    synchronized long txn() {
        return txn;
    }

    synchronized StoredPosition stored(boolean isReading) {
        boolean isOver = !isReading && replayUntil == null;
        CopyState state = isOver ? null : new CopyState(isReading, replayUntil, rows, bytes, tables);
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

    private SnapshotProgress progress(
            long number, long row, ChangeEvent.Progress kind, @Nullable TableName table, long done) {
        Progress counts = run.progress();
        return new SnapshotProgress(
                number,
                row,
                kind,
                table,
                done,
                table == null ? counts.rowsTotal() : counts.rowsTotal(table),
                table == null ? bytes : 0,
                counts.tablesDone(),
                counts.tablesTotal(),
                position,
                System.currentTimeMillis());
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
    static SchemaChange statement(String sql, @Nullable String schema, List<TouchedTable> tables) {
        StatementContext context = new StatementContext(schema, "", "utf8mb4", null, "+00:00");
        return new SchemaChange(0, 0, sql, context, tables, true, null, "", 0, 0);
    }
}
