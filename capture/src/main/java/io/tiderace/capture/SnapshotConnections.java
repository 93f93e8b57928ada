package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that all see the source at one moment, with the moment's place in the log. The least locking that the account allows: a global read
 * lock for as long as it takes to begin the transactions, else none.
 *
 * @param from changes after this are not in what the connections see, or only in part
 * @param until changes up to this are: the same as {@code from} unless the source did not stay still for long enough without a lock
 */
record SnapshotConnections(List<Connection> connections, SourcePosition from, SourcePosition until)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotConnections.class);
    private static final int STILL_ATTEMPTS = 30;
    /** A commit that was under way when the transactions began has moved the position by then. */
    private static final long STILL_MS = 100;

    private static final Set<Integer> LOCK_REFUSED = Set.of(1044, 1045, 1142, 1205, 1227, 1317, 3024);

    static SnapshotConnections open(SourceDatabase database, int count, boolean hasGtids)
            throws SQLException, InterruptedException {
        List<Connection> connections = new ArrayList<>();
        try (Connection control = database.connect()) {
            for (int i = 0; i < count; i++) {
                connections.add(database.connect());
            }
            if (isLocked(control)) {
                begin(connections);
                SourcePosition position = database.position(control, hasGtids);
                SourceDatabase.execute(control, "UNLOCK TABLES");
                return new SnapshotConnections(connections, position, position);
            }
            return withoutLock(database, control, connections, hasGtids);
        } catch (SQLException | InterruptedException | RuntimeException e) {
            closeAll(connections);
            throw e;
        }
    }

    private static boolean isLocked(Connection control) throws SQLException {
        try {
            SourceDatabase.execute(control, "SET SESSION lock_wait_timeout = 5");
            SourceDatabase.execute(control, "FLUSH TABLES WITH READ LOCK");
            return true;
        } catch (SQLException e) {
            if (!LOCK_REFUSED.contains(e.getErrorCode())) {
                throw e;
            }
            return false;
        }
    }

    private static SnapshotConnections withoutLock(
            SourceDatabase database, Connection control, List<Connection> connections, boolean hasGtids)
            throws SQLException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            SourcePosition before = database.position(control, hasGtids);
            begin(connections);
            Thread.sleep(STILL_MS);
            SourcePosition after = database.position(control, hasGtids);
            if (before.equals(after) || attempt == STILL_ATTEMPTS) {
                return new SnapshotConnections(connections, before, after);
            }
            for (Connection connection : connections) {
                SourceDatabase.execute(connection, "ROLLBACK");
            }
        }
    }

    private static void begin(List<Connection> connections) throws SQLException {
        for (Connection connection : connections) {
            SourceDatabase.execute(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            SourceDatabase.execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        }
    }

    /** True when everything read belongs to exactly one place in the log. */
    boolean isExact() {
        return from.equals(until);
    }

    /** Ends running queries at once; closing in an orderly way would read their results to the end. */
    void abort() {
        for (Connection connection : connections) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.atDebug().setCause(e).log("a connection was closed already");
            }
        }
    }

    @Override
    public void close() {
        closeAll(connections);
    }

    private static void closeAll(List<Connection> connections) {
        for (Connection connection : connections) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.atDebug().setCause(e).log("a broken connection is closed as well");
            }
        }
    }
}
