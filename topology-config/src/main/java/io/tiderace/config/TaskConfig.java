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

    /** DM's {@code meta}: a GTID set, or a file and offset; unset parts are null and 0. */
    public record Start(
            @Nullable String binlogName,
            long binlogPos,
            @Nullable String binlogGtid) {}

    /** First copy: tables read at once (DM's {@code mydumpers.threads}, default 4). */
    public record Copy(int threads) {}

    /**
     * Apply.
     *
     * @param workerCount connections to the target (DM's {@code syncers.worker-count}, default 16)
     * @param safeMode always write so that rows which are already there are no error (DM's {@code syncers.safe-mode})
     */
    public record Apply(int workerCount, boolean safeMode) {}

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
