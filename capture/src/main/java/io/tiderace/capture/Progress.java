package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.StatusReport.TableProgress;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What a source's capture counts, for the status reports; outlives restarts of the engine. Thread-safe. */
final class Progress {
    private static final long IDLE_AFTER_NANOS = 2_000_000_000L;

    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong copiedRows = new AtomicLong();
    private final AtomicLong copiedBytes = new AtomicLong();
    private final AtomicLong tablesDone = new AtomicLong();
    private final SourceSilence silence = new SourceSilence();
    private volatile long lagMs = -1;
    private volatile long lagNanos = System.nanoTime();
    private volatile String phase = "starting";
    private volatile long rowsTotal;
    private volatile int tablesTotal;
    private volatile Map<TableName, Long> estimates = Map.of();
    private volatile long copyStartedAtMs;
    private volatile @Nullable String waitingFor;
    private final Map<TableName, TableCount> running = new ConcurrentHashMap<>();
    private volatile boolean isCopyingLate;

    void rows(long count) {
        rows.addAndGet(count);
    }

    long rows() {
        return rows.get();
    }

    /** Whether the log's connection is alive. */
    SourceSilence silence() {
        return silence;
    }

    /** A transaction has ended, so long after it was committed; 0 as well when the server says that there is none. */
    void lag(long ms) {
        silence.found();
        lagMs = Math.max(0, ms);
        lagNanos = System.nanoTime();
    }

    /** Of the last transaction; 0 when none has come for a while. */
    long lagMs() {
        boolean isIdle = System.nanoTime() - lagNanos > IDLE_AFTER_NANOS;
        return lagMs > 0 && isIdle ? 0 : lagMs;
    }

    void phase(String name) {
        phase = name;
    }

    String phase() {
        return phase;
    }

    void copyStarted(long totalRows, int tables, int done, long rowsDone, long bytesDone) {
        rowsTotal = totalRows;
        tablesTotal = tables;
        tablesDone.set(done);
        copiedRows.set(rowsDone);
        copiedBytes.set(bytesDone);
        copyStartedAtMs = System.currentTimeMillis();
        running.clear();
        phase = "copying";
    }

    /** Tables are copied beside the stream, which goes on. */
    void lateCopyStarted(long totalRows, int tables, long rowsDone) {
        String before = phase;
        copyStarted(totalRows, tables, 0, rowsDone, 0);
        phase = before;
        isCopyingLate = true;
    }

    void lateCopyEnded() {
        isCopyingLate = false;
    }

    /** A chunk of a table was copied. */
    void copied(TableName table, long rowCount, long byteCount, TableState after) {
        copiedRows.addAndGet(rowCount);
        copiedBytes.addAndGet(byteCount);
        rows.addAndGet(rowCount);
        if (after.isDone()) {
            tablesDone.incrementAndGet();
            running.remove(table);
        } else {
            running.computeIfAbsent(table, name -> new TableCount(after.rows() - rowCount))
                    .take(after);
        }
    }

    /** A table's copy is given up. */
    void left(TableName table) {
        running.remove(table);
    }

    /** Why the copy waits, null when it does not. */
    void waitingFor(@Nullable String reason) {
        waitingFor = reason;
    }

    @Nullable
    String waitingFor() {
        return waitingFor;
    }

    /** Of the tables that are being copied, by name. */
    List<TableProgress> running() {
        List<TableProgress> result = new ArrayList<>();
        running.forEach((table, count) -> result.add(count.progress(table, rowsTotal(table))));
        result.sort(Comparator.comparing(TableProgress::table));
        return result;
    }

    private static final class TableCount {
        private final long rowsBefore;
        private final long startedNanos = System.nanoTime();
        private volatile TableState last = TableState.NONE;

        TableCount(long rowsBefore) {
            this.rowsBefore = rowsBefore;
        }

        void take(TableState state) {
            last = state;
        }

        TableProgress progress(TableName table, long total) {
            double seconds = (System.nanoTime() - startedNanos) / 1e9;
            double rate = seconds < 0.5 ? 0 : (last.rows() - rowsBefore) / seconds;
            long remainingMs = rate > 0 && total > 0 ? (long) (Math.max(0, total - last.rows()) / rate * 1000) : -1;
            return new TableProgress(table, last.rows(), total, last.bytes(), rate, remainingMs);
        }
    }

    StatusReport.@Nullable CopyProgress copy() {
        return "copying".equals(phase) || isCopyingLate
                ? new StatusReport.CopyProgress(
                        copiedRows.get(),
                        rowsTotal,
                        copiedBytes.get(),
                        (int) tablesDone.get(),
                        tablesTotal,
                        copyStartedAtMs,
                        running())
                : null;
    }

    long copiedRows() {
        return copiedRows.get();
    }

    long copiedBytes() {
        return copiedBytes.get();
    }

    int tablesDone() {
        return (int) tablesDone.get();
    }

    int tablesTotal() {
        return tablesTotal;
    }

    /** The optimizer's estimates, by table. */
    void estimates(Map<TableName, Long> rowsByTable) {
        estimates = Map.copyOf(rowsByTable);
    }

    Map<TableName, Long> estimates() {
        return estimates;
    }

    long rowsTotal(TableName table) {
        return estimates.getOrDefault(table, 0L);
    }

    long rowsTotal() {
        return rowsTotal;
    }

    /** A position for reports: the one in Kafka. */
    static @Nullable SourcePosition position(@Nullable StoredPosition stored) {
        return stored == null ? null : stored.position();
    }
}
