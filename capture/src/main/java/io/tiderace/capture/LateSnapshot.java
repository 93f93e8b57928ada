package io.tiderace.capture;

import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two connections to the source: one that sees a table at one moment, and one that asks where in the log that is. A transaction may be in the log,
 * and so in the stream, before it can be seen (MySQL commits to the log first): with GTIDs that is waited for, without them a lock on the table
 * tells. MariaDB tells the place of every snapshot by itself (MariaDB documentation, "Enhancements for START TRANSACTION WITH CONSISTENT SNAPSHOT").
 */
final class LateSnapshot implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LateSnapshot.class);
    private static final Set<Integer> NOT_ALLOWED = Set.of(1044, 1045, 1142, 1227);
    private static final Set<Integer> NOT_NOW = Set.of(1205, 1317, 3024);
    private static final long VISIBLE_TICK_MS = 2;
    private static final long STILL_MS = 100;

    private final CaptureRun run;
    private final SourceDatabase database;
    private final Connection control;
    private final Connection reading;
    private final boolean hasGtids;

    private LateSnapshot(
            CaptureRun run, SourceDatabase database, Connection control, Connection reading, boolean hasGtids) {
        this.run = run;
        this.database = database;
        this.control = control;
        this.reading = reading;
        this.hasGtids = hasGtids;
    }

    static LateSnapshot open(CaptureRun run, SourceDatabase database) throws SQLException {
        Connection control = database.connect();
        try {
            boolean hasGtids = database.settings(control).hasGtids();
            Connection reading = database.connect();
            LateSnapshot snapshot = new LateSnapshot(run, database, control, reading, hasGtids);
            RangeReader.prepare(reading);
            SourceDatabase.execute(reading, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            SourceDatabase.execute(reading, "SET SESSION lock_wait_timeout = 5");
            SourceDatabase.execute(control, "SET SESSION lock_wait_timeout = 1");
            return snapshot;
        } catch (SQLException | RuntimeException e) {
            control.close();
            throw e;
        }
    }

    Connection reading() {
        return reading;
    }

    /** The end of the log as of now. */
    SourcePosition end() throws SQLException {
        return database.position(control, hasGtids);
    }

    String createTable(TableName table) throws SQLException {
        return database.createTable(control, table);
    }

    TableDefinition definition(TableName table) throws SQLException {
        return TableDefinition.read(control, table);
    }

    String createSchema(String schema) throws SQLException {
        return database.createSchema(control, schema);
    }

    TableShape shape(TableName table) throws SQLException {
        return TableShape.read(control, table);
    }

    /**
     * From here on the connection sees the table at a moment that has everything before {@code seen}; nobody can alter the table until {@link #forget}.
     *
     * @return where everything that the moment has lies before
     */
    SourcePosition begin(TableName table, SourcePosition seen) throws SQLException, InterruptedException {
        String set = seen.gtidSet();
        if (!hasGtids || set == null) {
            SourcePosition locked = locked(table);
            if (locked == null) {
                throw new SourceException(
                        "TR-C042",
                        "source " + run.source().sourceId() + " has no GTIDs, and "
                                + run.source().from().user() + " may not lock table " + table
                                + ", so no moment can be found to read it at",
                        "GRANT LOCK TABLES ON *.* TO '" + run.source().from().user()
                                + "'@'%' for the time of the copy; the table is locked for moments only");
            }
            return locked;
        }
        GtidSet wanted = GtidSet.parse(set);
        if (run.isMariaDb()) {
            SourcePosition place = beginExactly(table);
            while (place == null || !covers(place, wanted)) {
                forget();
                Thread.sleep(VISIBLE_TICK_MS);
                place = beginExactly(table);
            }
            return place;
        }
        while (!isVisible(wanted)) {
            Thread.sleep(VISIBLE_TICK_MS);
        }
        start(table);
        return end();
    }

    private boolean isVisible(GtidSet wanted) throws SQLException {
        return covers(end(), wanted);
    }

    private static boolean covers(SourcePosition place, GtidSet wanted) {
        String executed = place.gtidSet();
        return executed != null && GtidSet.parse(executed).contains(wanted);
    }

    /**
     * The same for a table that is read whole: what the connection sees of it is what the log has up to one place.
     *
     * @return the place, null when there was none to be had; try again
     */
    @Nullable
    SourcePosition beginExactly(TableName table) throws SQLException, InterruptedException {
        if (run.isMariaDb()) {
            start(table);
            return database.snapshotPlace(reading, control);
        }
        SourcePosition locked = locked(table);
        if (locked != null) {
            return locked;
        }
        SourcePosition before = end();
        start(table);
        if (isStill(before)) {
            return before;
        }
        forget();
        return null;
    }

    /** With GTIDs a transaction has its own until it can be seen (MySQL manual, 19.1.3.1 GTID Format and Storage, {@code gtid_owned}). */
    private boolean isStill(SourcePosition before) throws SQLException, InterruptedException {
        if (!hasGtids) {
            Thread.sleep(STILL_MS); // a commit that was under way has moved the position by then
            return before.equals(end());
        }
        String owned = database.value(control, "SELECT @@GLOBAL.gtid_owned");
        return before.equals(end()) && (owned == null || owned.isBlank());
    }

    /** By a lock that is held for as long as it takes to begin; null when it may not or cannot be had. */
    private @Nullable SourcePosition locked(TableName table) throws SQLException {
        try {
            SourceDatabase.execute(control, "LOCK TABLES " + table.quoted() + " READ");
        } catch (SQLException e) {
            if (NOT_ALLOWED.contains(e.getErrorCode())) {
                return null;
            }
            throw e;
        }
        try {
            start(table);
            return end();
        } finally {
            SourceDatabase.execute(control, "UNLOCK TABLES");
        }
    }

    /** Opening the table keeps it from being altered until the transaction ends (MySQL manual, 10.11.4 Metadata Locking). */
    private void start(TableName table) throws SQLException {
        SourceDatabase.execute(reading, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        SourceDatabase.query(reading, "SELECT 1 FROM " + table.quoted() + " LIMIT 1", row -> {});
    }

    /** Ends what {@link #begin} began, if anything. */
    void forget() throws SQLException {
        SourceDatabase.execute(reading, "ROLLBACK");
    }

    /** True for an error that says that the table was altered, or is busy: looking again helps. */
    static boolean isPassing(SQLException e) {
        int code = e.getErrorCode();
        return code == 1146 || code == 1412 || code == 1054 || code == 1049 || NOT_NOW.contains(code);
    }

    /** Ends a running query at once; from any thread. */
    void abort() {
        try {
            reading.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("a connection was closed already");
        }
    }

    @Override
    public void close() throws SQLException {
        try {
            reading.abort(Runnable::run); // closing would read the rest of a result
        } finally {
            control.close();
        }
    }
}
