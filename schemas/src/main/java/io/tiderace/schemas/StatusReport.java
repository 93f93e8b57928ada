package io.tiderace.schemas;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one stage says about one source, once a second, to the status topic and to the live display.
 *
 * @param stage {@code capture}, {@code router} or {@code applier}
 * @param task null for capture, which serves all tasks
 * @param instance the process: host name and process id, or what the operator called it
 * @param phase what it is doing: {@code starting, copying, streaming, waiting, paused, stopping, stopped, finished, failed}
 * @param waitingFor why it waits, as a sentence; null when it does not
 * @param rows rows handled since it started
 * @param rowsPerSecond over the last report interval
 * @param txn last transaction number handled whole
 * @param lagMs age of the last transaction handled when it was handled, 0 when caught up and idle; -1 when not known
 * @param position of that transaction in the binlog
 * @param copy progress of the first copy, null outside it
 * @param error code and problem of the error that stopped it, null when there is none
 * @param figures further numbers by name, each documented in docs/operations.md
 */
public record StatusReport(
        String stage,
        String sourceId,
        @Nullable String task,
        String instance,
        String phase,
        @Nullable String waitingFor,
        long rows,
        double rowsPerSecond,
        long txn,
        long lagMs,
        @Nullable SourcePosition position,
        @Nullable CopyProgress copy,
        @Nullable String error,
        Map<String, Long> figures,
        long updatedAtMs) {

    /**
     * How far the first copy is; totals are estimates of the source's optimizer statistics.
     *
     * @param running tables that are being read
     */
    public record CopyProgress(
            long rows,
            long rowsTotal,
            long bytes,
            int tablesDone,
            int tablesTotal,
            long startedAtMs,
            List<TableProgress> running) {
        public CopyProgress {
            running = List.copyOf(running);
        }

        /** Without a word about single tables. */
        public CopyProgress(long rows, long rowsTotal, long bytes, int tablesDone, int tablesTotal, long startedAtMs) {
            this(rows, rowsTotal, bytes, tablesDone, tablesTotal, startedAtMs, List.of());
        }
    }

    /**
     * How far the copy of one table is.
     *
     * @param rowsTotal an estimate, 0 when not known
     * @param rowsPerSecond since this process began with the table
     * @param remainingMs at that rate, -1 when not known
     */
    public record TableProgress(
            TableName table, long rows, long rowsTotal, long bytes, double rowsPerSecond, long remainingMs) {}

    /** Receives reports; must not block and must not throw. */
    @FunctionalInterface
    public interface Sink {
        void report(StatusReport report);
    }
}
