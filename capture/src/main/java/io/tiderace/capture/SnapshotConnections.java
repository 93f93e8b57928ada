package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that all see the source at one moment, with the moment's place in the log, by the least locking that will do:
 *
 * <ol>
 *   <li>none, when the log does not move while the transactions begin;
 *   <li>a global read lock (RELOAD) for as long as it takes to begin them: it waits for commits under way, so what the log has, they see;
 *   <li>a read lock on the copied tables (LOCK TABLES) for as long: no transaction that changed one of them can be between log and table then;
 *   <li>none, and no moment: what was changed meanwhile is written again by the stream.
 * </ol>
 *
 * A backup lock does not stop commits, and {@code performance_schema.log_status} reads log and tables one after the other, so neither gives a moment;
 * {@link CopyView} uses the lock to keep DDL away.
 *
 * @param from changes after this are not in what the connections see, or only in part
 * @param until changes up to this are: the same as {@code from} when it is one moment
 */
record SnapshotConnections(List<Connection> connections, SourcePosition from, SourcePosition until)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotConnections.class);
    private static final int STILL_ATTEMPTS = 30;
    /** A transaction is in the log before its rows can be seen and before its GTID counts as executed, by less than this. */
    private static final long STILL_MS = 100;

    private static final Set<Integer> LOCK_REFUSED = Set.of(1044, 1045, 1142, 1205, 1227, 1317, 3024);

    /**
     * @param tables that will be read
     * @param count of connections
     */
    static SnapshotConnections open(SourceDatabase database, Collection<TableName> tables, int count, boolean hasGtids)
            throws SQLException, InterruptedException {
        List<Connection> connections = new ArrayList<>();
        try (Connection control = database.connect()) {
            for (int i = 0; i < count; i++) {
                connections.add(database.connect());
            }
            Opening opening = new Opening(database, control, connections, hasGtids);
            SourceDatabase.execute(control, "SET SESSION lock_wait_timeout = 5");
            if (opening.isStill()) {
                return opening.opened("none: the log stood still");
            }
            if (opening.isLocked("FLUSH TABLES WITH READ LOCK")) {
                return opening.opened("global read lock");
            }
            String locks = tables.stream()
                    .map(table -> table.quoted() + " READ")
                    .collect(Collectors.joining(", ", "LOCK TABLES ", ""));
            if (!tables.isEmpty() && opening.isLocked(locks)) {
                return opening.opened("read lock on the tables");
            }
            for (int attempt = 1; attempt < STILL_ATTEMPTS && !opening.isStill(); attempt++) {
                LOG.atDebug().addKeyValue("attempt", attempt).log("the log does not stand still");
            }
            opening.requireNotDelayed();
            return opening.opened("none");
        } catch (SQLException | InterruptedException | RuntimeException e) {
            closeAll(connections);
            throw e;
        }
    }

    private static final class Opening {
        private final SourceDatabase database;
        private final Connection control;
        private final List<Connection> connections;
        private final boolean hasGtids;
        private SourcePosition from = new SourcePosition("", 0, null);
        private SourcePosition until = from;
        private long lockedMs;

        Opening(SourceDatabase database, Connection control, List<Connection> connections, boolean hasGtids) {
            this.database = database;
            this.control = control;
            this.connections = connections;
            this.hasGtids = hasGtids;
        }

        /** Begins the transactions without a lock; true when all they see is one place in the log. */
        boolean isStill() throws SQLException, InterruptedException {
            rollback();
            from = database.position(control, hasGtids);
            Thread.sleep(STILL_MS); // what is in the log up to here can be seen then
            begin();
            Thread.sleep(STILL_MS); // what can be seen is counted as executed then
            until = database.position(control, hasGtids);
            return from.equals(until) && !isCommitDelayed();
        }

        void requireNotDelayed() throws SQLException {
            if (isCommitDelayed()) {
                throw new SQLTransientException("transactions wait for a semi-synchronous replica", "40001");
            }
        }

        /**
         * Semi-synchronous replication may hold a transaction back that is in the log already, for seconds. Its GTID does not count as executed
         * meanwhile, but its file and offset lie behind us, and MariaDB's GTIDs go with these.
         */
        private boolean isCommitDelayed() throws SQLException {
            boolean isAhead =
                    !hasGtids || SourceDatabase.isMariaDb(control.getMetaData().getDatabaseProductVersion());
            if (!isAhead) {
                return false;
            }
            String waiting = database.value(
                    control,
                    "SHOW GLOBAL STATUS WHERE variable_name IN"
                            + " ('Rpl_semi_sync_master_wait_sessions', 'Rpl_semi_sync_source_wait_sessions') AND value > 0");
            return waiting != null;
        }

        /** Begins the transactions under a lock; false when the account may not lock, or somebody else does for too long. */
        boolean isLocked(String lock) throws SQLException {
            long began = System.nanoTime();
            try {
                SourceDatabase.execute(control, lock);
            } catch (SQLException e) {
                if (!LOCK_REFUSED.contains(e.getErrorCode())) {
                    throw e;
                }
                LOG.atDebug().addKeyValue("cause", e.getMessage()).log("no lock");
                return false;
            }
            rollback();
            begin();
            from = database.position(control, hasGtids);
            until = from;
            SourceDatabase.execute(control, "UNLOCK TABLES");
            lockedMs = (System.nanoTime() - began) / 1_000_000;
            return true;
        }

        private void begin() throws SQLException {
            for (Connection connection : connections) {
                SourceDatabase.execute(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
                SourceDatabase.execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            }
        }

        private void rollback() throws SQLException {
            for (Connection connection : connections) {
                SourceDatabase.execute(connection, "ROLLBACK");
            }
        }

        SnapshotConnections opened(String lock) {
            LOG.atInfo()
                    .addKeyValue("source", database.sourceId())
                    .addKeyValue("lock", lock)
                    .addKeyValue("lockedMs", lockedMs)
                    .addKeyValue("from", from.toString())
                    .addKeyValue("until", until.toString())
                    .log("the copy sees the source");
            return new SnapshotConnections(connections, from, until);
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
