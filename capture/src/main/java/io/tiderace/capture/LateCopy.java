package io.tiderace.capture;

import io.tiderace.capture.LateLog.Definition;
import io.tiderace.capture.LateTables.Look;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies tables on a thread of its own while the stream goes on: first it has all of them captured, then it reads one after the other in ranges, each
 * when the stream is near the log's end. A connection that breaks is made again; the stream does not notice.
 *
 * <pre>
 *   stream at the log's end -> look announced -> snapshot, its place P -> stream past P -> chunk written -> … -> look over
 *            ^                                                                  | a statement on the table, too many changes
 *            +------------------------------------------------------------------+
 * </pre>
 */
final class LateCopy implements Runnable, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LateCopy.class);
    private static final int CAPTURED_AT_ONCE = 200;
    private static final int ROWS_AT_ONCE = 2 * EncodedChunk.ROWS_MAX;
    private static final long LOOK_NANOS = 300_000_000;
    private static final long PAUSE_MS = 100;
    private static final long PREPARED_MS = 5_000;
    private static final long PAUSE_MAX_MS = 10_000;
    private static final long JOIN_MS = 10_000;

    private final CaptureRun run;
    private final LateTables late;
    private final StreamBoundary boundary;
    private final LateLog log;
    private final SourceDatabase database;
    private final Thread thread;
    private final AtomicBoolean isStopping = new AtomicBoolean();
    private volatile @Nullable LateSnapshot open;

    LateCopy(CaptureRun run, SourceDatabase database, LateTables late, StreamBoundary boundary, LateLog log) {
        this.run = run;
        this.database = database;
        this.late = late;
        this.boundary = boundary;
        this.log = log;
        thread = new Thread(this, "late-copy-" + run.source().sourceId());
    }

    void start() {
        thread.start();
    }

    private boolean isStopping() {
        return isStopping.get() || run.isStopping();
    }

    @Override
    public void run() {
        int failures = 0;
        while (!isStopping()) {
            try (LateSnapshot snapshot = LateSnapshot.open(run, database)) {
                open = snapshot;
                while (!isStopping() && step(snapshot)) {
                    failures = 0;
                }
                return;
            } catch (SQLException e) {
                failures++;
                if (isStopping() || !isTransient(e)) {
                    return;
                }
                pause(e, failures);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                if (!isStopping()) {
                    run.failed(e);
                }
                return;
            } finally {
                open = null;
                boundary.gate(null);
            }
        }
    }

    private boolean isTransient(SQLException e) {
        try {
            var verdict =
                    SourceErrors.verdict(run.source().sourceId(), run.source().from(), e);
            verdict.ifPresent(run::failed);
            return verdict.isEmpty();
        } catch (RuntimeException bug) {
            run.failed(bug);
            return false;
        }
    }

    private void pause(SQLException e, int failures) {
        LOG.atWarn()
                .addKeyValue("source", run.source().sourceId())
                .addKeyValue("attempt", failures)
                .addKeyValue("cause", e.getMessage())
                .log("copying beside the stream was interrupted, trying again");
        long until = System.nanoTime() + Math.min(PAUSE_MAX_MS, PAUSE_MS << Math.min(failures, 10)) * 1_000_000;
        while (!isStopping() && System.nanoTime() < until) {
            sleep(PAUSE_MS);
        }
    }

    private static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return false when all tables are whole, or when it is told to stop */
    private boolean step(LateSnapshot snapshot) throws SQLException, InterruptedException {
        // a look is good only once the stream is past it: it is worth while when the stream is near
        if (boundary.work(snapshot.end(), this::isStopping, () -> true) == null) {
            return false;
        }
        List<TableName> awaited = boundary.work(null, this::isStopping, () -> late.tables().entrySet().stream()
                .filter(table -> !table.getValue().isCaptured())
                .map(Map.Entry::getKey)
                .limit(CAPTURED_AT_ONCE)
                .toList());
        if (awaited == null) {
            return false;
        }
        try {
            return awaited.isEmpty() ? copyNext(snapshot) : capture(snapshot, awaited);
        } catch (SQLException e) {
            if (!LateSnapshot.isPassing(e)) {
                throw e;
            }
            LOG.atDebug().setCause(e).log("a table is looked at again");
            Thread.sleep(PAUSE_MS);
            return true;
        } finally {
            snapshot.forget();
            boundary.work(null, this::isStopping, () -> {
                late.lookAway();
                return true;
            });
        }
    }

    /** Reads what tables look like and captures them from the place on where the stream has come to that. */
    private boolean capture(LateSnapshot snapshot, List<TableName> tables) throws SQLException, InterruptedException {
        Look look = boundary.work(null, this::isStopping, () -> late.look(tables));
        if (look == null) {
            return false;
        }
        if (Boolean.FALSE.equals(boundary.work(null, this::isStopping, log::canCapture))) {
            LOG.atWarn()
                    .addKeyValue("source", run.source().sourceId())
                    .log("prepared XA transactions have to be committed or rolled back before tables are added");
            Thread.sleep(PREPARED_MS);
            return true;
        }
        Map<TableName, @Nullable Definition> definitions = new TreeMap<>();
        for (TableName table : tables) {
            definitions.put(table, definition(snapshot, table));
        }
        return work(snapshot.end(), look, () -> {
            if (!log.canCapture()) {
                return;
            }
            log.captured(definitions);
            LOG.atInfo()
                    .addKeyValue("source", run.source().sourceId())
                    .addKeyValue("tables", definitions.size())
                    .addKeyValue("from", log.position())
                    .log("captured from here on");
        });
    }

    private static @Nullable Definition definition(LateSnapshot snapshot, TableName table) throws SQLException {
        try {
            return new Definition(
                    snapshot.createSchema(table.schema()), snapshot.createTable(table), snapshot.definition(table));
        } catch (SQLException e) {
            if (e.getErrorCode() == 1146 || e.getErrorCode() == 1049) {
                return null; // it is gone
            }
            throw e;
        }
    }

    /** What to look at next, as the stream knows it. */
    private record Next(TableName table, TableStructure structure, SourcePosition at, Look look) {}

    private boolean copyNext(LateSnapshot snapshot) throws SQLException, InterruptedException {
        Next next = boundary.work(null, this::isStopping, this::next);
        if (next == null) {
            return false;
        }
        SourcePosition place = snapshot.begin(next.table, next.at);
        TableShape shape = snapshot.shape(next.table);
        if (shape.key(next.structure) == null) {
            snapshot.forget();
            return new WholeTableCopy(run, late, boundary, log, this::isStopping).copy(snapshot, next.table);
        }
        return copy(snapshot, next, place, shape);
    }

    private @Nullable Next next() throws InterruptedException {
        if (late.isEmpty()) {
            log.end();
            return null;
        }
        TableName table = late.tables().keySet().iterator().next();
        TableStructure structure = Objects.requireNonNull(log.structure(table), "a late table has no structure");
        return new Next(table, structure, log.position(), late.look(List.of(table)));
    }

    /** Ranges, until the look has lasted long enough. */
    private boolean copy(LateSnapshot snapshot, Next next, SourcePosition place, TableShape shape)
            throws SQLException, InterruptedException {
        CopyKey key = Objects.requireNonNull(shape.key(next.structure));
        boolean isGood = work(place, next.look, () -> {
            requireSame(run, shape, next.structure);
            LateTable state = Objects.requireNonNull(late.table(next.table));
            LateTable ordered = state.in(shape.order(key, next.structure));
            if (!ordered.equals(state)) {
                late.put(next.table, ordered);
            }
        });
        RangeReader reader = new RangeReader(
                run.source().sourceId(),
                run.codec().rowEncoder(run.source().sourceId(), next.structure),
                key,
                place,
                run.relay().recordBytesMax());
        long until = System.nanoTime() + LOOK_NANOS;
        AtomicBoolean goesOn = new AtomicBoolean(isGood && !next.look.isSpoilt());
        while (goesOn.get() && System.nanoTime() < until && !isStopping()) {
            KeyRange range = boundary.work(null, this::isStopping, () -> {
                LateTable state = late.table(next.table);
                return state == null ? null : state.missing().get(0);
            });
            if (range == null) {
                break;
            }
            reader.read(snapshot.reading(), range, ROWS_AT_ONCE, (chunk, isEnd) -> {
                goesOn.set(deliver(next, place, chunk, isEnd));
                return goesOn.get();
            });
        }
        return !isStopping();
    }

    private boolean deliver(Next next, SourcePosition place, EncodedChunk chunk, boolean isEnd)
            throws InterruptedException {
        Boolean isWritten = boundary.work(place, this::isStopping, () -> {
            LateTable state = late.table(next.table);
            if (next.look.isSpoilt() || state == null) {
                return false;
            }
            List<String> last = chunk.lastKey();
            KeyRange left =
                    isEnd || last == null ? null : state.missing().get(0).behind(last);
            log.chunk(next.table, chunk, next.look, state.copied(left, chunk.rows()), false);
            return true;
        });
        return isWritten != null && isWritten;
    }

    /** What is done at the boundary with a look that is good. */
    @FunctionalInterface
    interface Use {
        void run() throws InterruptedException;
    }

    /** @return false when told to stop; a spoilt look is no use, and no harm */
    private boolean work(SourcePosition place, Look look, Use use) throws InterruptedException {
        Boolean isDone = boundary.work(place, this::isStopping, () -> {
            if (!look.isSpoilt()) {
                use.run();
            }
            return true;
        });
        return isDone != null;
    }

    /** @throws DataException when the table is not what the log makes of it; nobody has altered it since */
    static void requireSame(CaptureRun run, TableShape shape, TableStructure known) {
        String difference = shape.difference(known);
        if (difference != null) {
            throw new DataException(
                    "TR-C047",
                    "source " + run.source().sourceId() + ": table " + known.name()
                            + " is not what the statements in the log make of it: " + difference,
                    "somebody altered it with sql_log_bin=0; leave the table out with the block-allow list and start, then take it"
                            + " in again: it is copied anew");
        }
    }

    @Override
    public void close() {
        isStopping.set(true);
        boundary.close();
        LateSnapshot connected = open;
        if (connected != null) {
            connected.abort();
        }
        try {
            thread.join(JOIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
