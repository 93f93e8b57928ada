package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport.CopyProgress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the router has done with one source in this process. Written by the thread that has the source, read by the reporting one. */
final class SourceFigures {
    private volatile boolean owned;
    private volatile long rows;
    private volatile long dropped;
    private volatile long repeats;
    private volatile long statements;
    private volatile long txn;
    private volatile long lagMs = -1;
    private volatile long handledAtMs;
    private volatile @Nullable SourcePosition position;
    private volatile @Nullable CopyProgress copy;
    private volatile boolean copyEnded;

    void own(boolean isOwned, long lastTxn) {
        owned = isOwned;
        txn = lastTxn;
    }

    void count(long passedRows, long droppedRows, long repeated, long ddl) {
        rows = passedRows;
        dropped = droppedRows;
        repeats = repeated;
        statements = ddl;
    }

    void committed(Commit commit) {
        long now = System.currentTimeMillis();
        txn = commit.txn();
        position = new SourcePosition(commit.file(), commit.pos(), commit.gtidSet());
        lagMs = Math.max(0, now - commit.tsMs());
        handledAtMs = now;
    }

    void copying(SnapshotProgress progress) {
        CopyProgress before = copy;
        long now = System.currentTimeMillis();
        switch (progress.progress()) {
            case COPY_START -> {
                copyEnded = false;
                copy = new CopyProgress(0, progress.rowsTotal(), 0, 0, progress.tablesTotal(), now);
            }
            case COPY_END -> {
                copyEnded = true;
                copy = null;
            }
            case TABLE_START, CHUNK_DONE, TABLE_DONE ->
                copy = new CopyProgress(
                        rows,
                        before == null ? 0 : before.rowsTotal(),
                        progress.bytes(),
                        progress.tablesDone(),
                        progress.tablesTotal(),
                        before == null ? now : before.startedAtMs());
        }
    }

    boolean isOwned() {
        return owned;
    }

    long rows() {
        return rows;
    }

    long txn() {
        return txn;
    }

    /** Lag of the last transaction; 0 once nothing has come for a second. */
    long lagMs() {
        return lagMs > 0 && System.currentTimeMillis() - handledAtMs > 1000 ? 0 : lagMs;
    }

    @Nullable
    SourcePosition position() {
        return position;
    }

    @Nullable
    CopyProgress copy() {
        return copyEnded ? null : copy;
    }

    /** Further figures of the report. */
    Map<String, Long> more() {
        return Map.of("dropped-rows", dropped, "repeated-records", repeats, "statements", statements);
    }
}
