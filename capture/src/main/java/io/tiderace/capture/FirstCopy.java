package io.tiderace.capture;

import io.debezium.pipeline.source.spi.ChangeEventSource.ChangeEventSourceContext;
import io.tiderace.capture.CopyKey.IndexPart;
import io.tiderace.capture.CopyQueue.Piece;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the tables that a copy still lacks, over several connections that see the source at the same moment. When the source has to keep too
 * much history for that moment it lets go and reads the rest at a later one. Ends with COPY_END, or when it is told to stop; then the next one
 * goes on with what is missing.
 */
final class FirstCopy {
    private static final Logger LOG = LoggerFactory.getLogger(FirstCopy.class);
    private static final long TICK_MS = 20;

    private final CaptureRun run;
    private final ChangeEventSourceContext context;
    private final SourceDatabase database;
    private final TlsFiles tls;
    private final boolean hasGtids;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    FirstCopy(
            CaptureRun run, ChangeEventSourceContext context, SourceDatabase database, TlsFiles tls, boolean hasGtids) {
        this.run = run;
        this.context = context;
        this.database = database;
        this.tls = tls;
        this.hasGtids = hasGtids;
    }

    /**
     * Reads until nothing is missing, in as many rounds as it takes: each sees the source at a moment of its own.
     *
     * @param first closed here
     * @return true when COPY_END is in Kafka
     * @throws SourceException when tables met DDL that cannot be copied beside the stream
     */
    boolean copy(CopyView first, CopyLog log, List<TableStructure> structures)
            throws SQLException, InterruptedException {
        CopyView view = first;
        try (CopyThrottle throttle = new CopyThrottle(run.limits(), database, tls, run.progress())) {
            throttle.start();
            List<CopyTable> tables = tables(structures);
            while (round(view, log, throttle, tables)) {
                view.close();
                throttle.awaitShorter(this::isStopping);
                if (isStopping()) {
                    return false;
                }
                view = CopyView.open(run, database, hasGtids);
                log.readAt(view.snapshot().until());
                leaveAltered(view, log, structures);
                view.settled();
            }
        } finally {
            view.close();
        }
        rethrow();
        if (isStopping()) {
            return false;
        }
        Map<TableName, LateTable> late = LeftTables.late(run, structures, log::state);
        log.end(late);
        run.relay().flush();
        LOG.atInfo()
                .addKeyValue("source", run.source().sourceId())
                .addKeyValue("rows", run.progress().copiedRows())
                .addKeyValue("bytes", run.progress().copiedBytes())
                .addKeyValue("tables", structures.size())
                .log("copy finished");
        AddedTables.begin(run, late);
        return true;
    }

    /** Gives up the tables that are not those that the copy began with, as far as they are not copied. */
    static void leaveAltered(CopyView view, CopyLog log, List<TableStructure> structures) throws SQLException {
        Connection connection = view.snapshot().connections().get(0);
        for (TableStructure table : structures) {
            boolean isSame = view.watch().isDefinedBefore(table.name(), log.watchedFrom())
                    && SourceDatabase.isUnchanged(connection, table);
            if (!log.state(table.name()).isDone() && !isSame) {
                log.leave(table.name());
            }
        }
    }

    /** @return true when there is more to read, of a later moment */
    private boolean round(CopyView view, CopyLog log, CopyThrottle throttle, List<CopyTable> tables)
            throws SQLException, InterruptedException {
        SnapshotConnections snapshot = view.snapshot();
        CopyQueue queue = new CopyQueue(missing(snapshot, log, tables));
        List<Thread> threads = new ArrayList<>();
        for (Connection connection : snapshot.connections()) {
            RangeReader.prepare(connection);
            CopyWorker worker =
                    new CopyWorker(run, new CopyWorker.Round(view, log, queue, throttle), connection, this::isStopping);
            Thread thread =
                    new Thread(() -> work(worker), "copy-" + run.source().sourceId() + "-" + threads.size());
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        await(threads, snapshot, queue);
        return !isStopping() && !queue.isFinished();
    }

    /** The tables with the keys by which they are read, those that cannot be cut before the others, large before small. */
    private List<CopyTable> tables(List<TableStructure> structures) throws SQLException {
        List<CopyTable> result = new ArrayList<>();
        try (Connection connection = database.connect()) {
            Map<TableName, List<IndexPart>> indexes = SourceDatabase.uniqueIndexes(connection);
            Map<TableName, Long> rowBytes = database.rowBytes(connection);
            for (TableStructure structure : structures) {
                TableName name = structure.name();
                CopyKey key = key(structure, indexes.getOrDefault(name, List.of()));
                result.add(
                        CopyTable.of(structure, key, run.progress().rowsTotal(name), rowBytes.getOrDefault(name, 0L)));
            }
        }
        result.sort(Comparator.comparing(
                        (CopyTable table) -> table.key() != null && table.key().isSeekable())
                .thenComparing(table -> -run.progress().rowsTotal(table.name())));
        return result;
    }

    private @Nullable CopyKey key(TableStructure structure, List<IndexPart> parts) {
        try {
            return CopyKey.choose(structure, parts);
        } catch (BadValueException e) {
            return null; // the reader says which column cannot be carried
        }
    }

    private List<Piece> missing(SnapshotConnections snapshot, CopyLog log, List<CopyTable> tables) {
        List<Piece> result = new ArrayList<>();
        for (CopyTable table : tables) {
            StoredPosition.TableState state = log.state(table.name());
            if (state.isLeft()) {
                continue;
            }
            for (KeyRange range : state.missing().missing()) {
                requireExact(snapshot, table);
                result.add(new Piece(table, range));
            }
        }
        return result;
    }

    private void requireExact(SnapshotConnections snapshot, CopyTable table) {
        if (!snapshot.isExact() && table.isKeyless()) {
            throw new SourceException(
                    "TR-C042",
                    "source " + run.source().sourceId() + ": table " + table.name()
                            + " has no primary key and no unique key without NULLs, and without a lock the"
                            + " source did not stay still long enough to read it at one position",
                    "GRANT RELOAD ON *.* TO '" + run.source().from().user()
                            + "'@'%' for the time of the copy, or give the table a primary key, or start when fewer changes come");
        }
    }

    private boolean isStopping() {
        return run.isStopping() || !context.isRunning() || failure.get() != null;
    }

    private void work(CopyWorker worker) {
        try {
            worker.work();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException e) {
            if (!run.isStopping() && context.isRunning()) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private void await(List<Thread> threads, SnapshotConnections snapshot, CopyQueue queue)
            throws InterruptedException {
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                thread.join(TICK_MS);
                if (isStopping()) {
                    queue.stop();
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
