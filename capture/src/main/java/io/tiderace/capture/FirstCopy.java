package io.tiderace.capture;

import io.debezium.pipeline.source.spi.ChangeEventSource.ChangeEventSourceContext;
import io.tiderace.capture.SourceDatabase.Settings;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the tables that a copy still lacks, several at once, every one at the same moment of the source. Ends with COPY_END, or when it is told to
 * stop; then the next one goes on with what is missing.
 */
final class FirstCopy {
    private static final Logger LOG = LoggerFactory.getLogger(FirstCopy.class);
    private static final long TICK_MS = 20;
    private static final int THREADS_MAX = 64;

    private final CaptureRun run;
    private final ChangeEventSourceContext context;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    FirstCopy(CaptureRun run, ChangeEventSourceContext context) {
        this.run = run;
        this.context = context;
    }

    /** Connections for as many tables at once as the tasks ask for. */
    static SnapshotConnections open(CaptureRun run, SourceDatabase database, Settings settings)
            throws SQLException, InterruptedException {
        int threads = run.instances().stream()
                .map(TaskConfig.Instance::copy)
                .mapToInt(TaskConfig.Copy::threads)
                .max()
                .orElse(1);
        return SnapshotConnections.open(database, Math.min(Math.max(threads, 1), THREADS_MAX), settings.hasGtids());
    }

    /** @return true when COPY_END is in Kafka */
    boolean copy(SnapshotConnections snapshot, CopyLog log, SourcePosition streamBegin, List<TableStructure> tables)
            throws SQLException, InterruptedException {
        List<TableStructure> missing = new ArrayList<>();
        for (TableStructure table : tables) {
            if (!log.isDone(table.name())) {
                missing.add(table);
                requireExact(snapshot, table);
            }
        }
        missing.sort(Comparator.comparingLong(
                        (TableStructure table) -> run.progress().rowsTotal(table.name()))
                .reversed());
        for (Connection connection : snapshot.connections()) {
            // values come as they are stored and are decoded here, so that bytes that are no text are found
            SourceDatabase.execute(connection, "SET character_set_results = NULL");
        }
        Queue<TableStructure> queue = new ConcurrentLinkedQueue<>(missing);
        List<Thread> threads = new ArrayList<>();
        for (Connection connection : snapshot.connections()) {
            Thread thread = new Thread(
                    () -> work(connection, snapshot.until(), log, streamBegin, queue),
                    "copy-" + run.source().sourceId() + "-" + threads.size());
            threads.add(thread);
            thread.start();
        }
        await(threads, snapshot);
        rethrow();
        if (isStopping()) {
            return false;
        }
        log.end();
        run.relay().flush();
        LOG.atInfo()
                .addKeyValue("source", run.source().sourceId())
                .addKeyValue("rows", run.progress().copiedRows())
                .addKeyValue("bytes", run.progress().copiedBytes())
                .addKeyValue("tables", tables.size())
                .log("copy finished");
        return true;
    }

    private void requireExact(SnapshotConnections snapshot, TableStructure table) {
        if (!snapshot.isExact() && table.primaryKey().isEmpty()) {
            throw new SourceException(
                    "TR-C042",
                    "source " + run.source().sourceId() + ": table " + table.name()
                            + " has no primary key, and without a lock the"
                            + " source did not stay still long enough to read it at one position",
                    "GRANT RELOAD ON *.* TO '" + run.source().from().user()
                            + "'@'%' for the time of the copy, or give the table a primary key, or start when fewer changes come");
        }
    }

    private boolean isStopping() {
        return run.isStopping() || !context.isRunning() || failure.get() != null;
    }

    private void work(
            Connection connection,
            SourcePosition readAt,
            CopyLog log,
            SourcePosition streamBegin,
            Queue<TableStructure> queue) {
        try {
            for (TableStructure table = queue.poll(); table != null && !isStopping(); table = queue.poll()) {
                new TableCopy(run, log, table, readAt, streamBegin).copy(connection, this::isStopping);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException e) {
            if (!run.isStopping() && context.isRunning()) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private void await(List<Thread> threads, SnapshotConnections snapshot) throws InterruptedException {
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                thread.join(TICK_MS);
                run.progress().alive();
                if (isStopping()) {
                    snapshot.abort();
                }
            }
        }
    }

    private void rethrow() throws SQLException {
        Exception thrown = failure.get();
        if (thrown instanceof SQLException sql) {
            throw sql;
        }
        if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        }
    }

    /** Tells the reports what there is to do. */
    static void announce(CaptureRun run, Map<TableName, Long> estimates, StoredPosition.@Nullable CopyState state) {
        run.progress().estimates(estimates);
        long total = estimates.values().stream().mapToLong(Long::longValue).sum();
        int done = state == null
                ? 0
                : (int) state.tables().values().stream()
                        .filter(StoredPosition.TableState::isDone)
                        .count();
        run.progress()
                .copyStarted(
                        total,
                        estimates.size(),
                        done,
                        state == null ? 0 : state.rows(),
                        state == null ? 0 : state.bytes());
    }
}
