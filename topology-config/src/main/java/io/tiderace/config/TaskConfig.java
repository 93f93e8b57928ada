package io.tiderace.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One migration: a DM task file, its named rules resolved into each instance.
 *
 * @param target where to write; its session always holds {@code foreign_key_checks}
 * @param ignoreCheckingItems DM's names of prechecks to leave out, {@code all} for all of them
 * @param metaSchema schema of our own tables in the target ({@code tiderace_meta} unless the file says otherwise)
 */
public record TaskConfig(
        String name,
        Mode mode,
        String metaSchema,
        DatabaseConfig target,
        List<String> ignoreCheckingItems,
        List<Instance> instances) {
    public TaskConfig {
        ignoreCheckingItems = List.copyOf(ignoreCheckingItems);
        instances = List.copyOf(instances);
    }

    public enum Mode {
        /** First copy only. */
        FULL,
        /** Changes only, from {@link Instance#start} or from now. */
        INCREMENTAL,
        /** First copy, then changes. */
        ALL
    }

    /**
     * One source's part in the task.
     *
     * @param start where an incremental task begins, null for now; ignored once a position is stored
     */
    public record Instance(
            String sourceId, @Nullable Start start, BlockAllowList tables, Routes routes, Copy copy, Apply apply) {}

    /**
     * Where to begin: DM's {@code meta} (a GTID set, or a file and offset; unset parts are null and 0), or a time, which goes before them.
     *
     * @param time of the first transaction, or the nearest later one; from the command line
     */
    public record Start(
            @Nullable String binlogName,
            long binlogPos,
            @Nullable String binlogGtid,
            @Nullable StartTime time) {
        public Start(@Nullable String binlogName, long binlogPos, @Nullable String binlogGtid) {
            this(binlogName, binlogPos, binlogGtid, null);
        }

        /** For messages. */
        @Override
        public String toString() {
            if (time != null) {
                return time.toString();
            }
            return (binlogName == null ? "" : binlogName + ":" + binlogPos)
                    + (binlogGtid == null ? "" : (binlogName == null ? "" : " ") + "after " + binlogGtid);
        }
    }

    /** First copy: tables read at once (DM's {@code mydumpers.threads}, default 4). */
    public record Copy(int threads) {}

    /**
     * Apply.
     *
     * @param workerCount connections to the target (DM's {@code syncers.worker-count}, default 16)
     * @param safeMode always write so that rows which are already there are no error (DM's {@code syncers.safe-mode})
     * @param onMismatch what happens when the target does not hold a row as the source did (our own {@code syncers.on-mismatch})
     * @param onDataError what happens when the target refuses a row (our own {@code syncers.on-data-error})
     * @param commitOrder in which transactions appear in the target (our own {@code syncers.commit-order})
     * @param transactionRowsMax rows of a transaction that is applied whole (our own {@code syncers.max-transaction-rows})
     */
    public record Apply(
            int workerCount,
            boolean safeMode,
            OnMismatch onMismatch,
            OnDataError onDataError,
            CommitOrder commitOrder,
            int transactionRowsMax) {
        /** What {@code max-transaction-rows} is where it is not given. */
        public static final int DEFAULT_TRANSACTION_ROWS_MAX = 100_000;

        public Apply(int workerCount, boolean safeMode) {
            this(workerCount, safeMode, OnMismatch.WARN, OnDataError.STOP);
        }

        public Apply(int workerCount, boolean safeMode, OnMismatch onMismatch, OnDataError onDataError) {
            this(workerCount, safeMode, onMismatch, onDataError, CommitOrder.ANY);
        }

        public Apply(
                int workerCount,
                boolean safeMode,
                OnMismatch onMismatch,
                OnDataError onDataError,
                CommitOrder commitOrder) {
            this(workerCount, safeMode, onMismatch, onDataError, commitOrder, DEFAULT_TRANSACTION_ROWS_MAX);
        }
    }

    public enum CommitOrder {
        /** Transactions that share a key value come in the source's order. */
        ANY,
        /** All come in the source's order: whoever reads the target sees it as the source was at some moment. */
        SOURCE
    }

    public enum OnDataError {
        /** The task stops, and nothing of the transaction is applied. */
        STOP,
        /** The row's changes wait in quarantine, and the task goes on with others. */
        QUARANTINE
    }

    public enum OnMismatch {
        /** The task stops, and nothing of the transaction is applied. */
        STOP,
        /** Goes on where a row is missing, stops where one is in the way; both are told. */
        WARN,
        /** Goes on, and leaves the target as the source is; told as well. */
        UPSERT
    }

    /** This task with an incremental part that begins at a time, whatever its file says; tasks that copy stay as they are. */
    public TaskConfig startingAt(StartTime time) {
        if (mode != Mode.INCREMENTAL) {
            return this;
        }
        List<Instance> others = instances.stream()
                .map(each -> new Instance(
                        each.sourceId(),
                        new Start(null, 0, null, time),
                        each.tables(),
                        each.routes(),
                        each.copy(),
                        each.apply()))
                .toList();
        return new TaskConfig(name, mode, metaSchema, target, ignoreCheckingItems, others);
    }

    /** The instance of a source, or null when the task does not use it. */
    public @Nullable Instance instance(String sourceId) {
        for (Instance instance : instances) {
            if (instance.sourceId().equals(sourceId)) {
                return instance;
            }
        }
        return null;
    }
}
