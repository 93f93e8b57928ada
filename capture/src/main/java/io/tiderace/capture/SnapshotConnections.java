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
 *   <li>none, when nothing is committed while the transactions begin and the server has MySQL's GTIDs: a transaction owns its GTID from before it is in the log until it
 *       counts as executed, and it counts as executed only once it can be seen. So when no GTID is owned after the transactions began, and the same ones are
 *       executed before and after that, what they see is what was executed (MySQL manual, 19.1.3 GTID Life Cycle);
 *   <li>a global read lock (RELOAD) for as long as it takes to begin them: it waits for commits under way, so what the log has, they see;
 *   <li>a read lock on the copied tables (LOCK TABLES) for as long: no transaction that changed one of them can be between log and table then;
 *   <li>none, where the account may not lock. Without a proof it is taken for one moment when the log stands still for long enough; else there is no
 *       moment, and what was changed meanwhile is written again by the stream.
 * </ol>
 *
 * A backup lock does not stop commits, and {@code performance_schema.log_status} reads log and tables one after the other, so neither gives a moment;
 * {@link CopyView} uses the lock to keep DDL away.
 *
 * @param from changes after this are not in what the connections see, or only in part
 * @param until changes up to this are: the same as {@code from} when it is one moment
 * @param isExact true when everything read belongs to exactly one place in the log
 */
record SnapshotConnections(List<Connection> connections, SourcePosition from, SourcePosition until, boolean isExact)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotConnections.class);
    private static final int STILL_ATTEMPTS = 30;
    /** Where there is no proof: a transaction is in the log before its rows can be seen, hardly ever by more than this. */
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
            if (opening.isIdle()) {
                return opening.opened("none: nothing was committed", true);
            }
            if (opening.isLocked("FLUSH TABLES WITH READ LOCK")) {
                return opening.opened("global read lock", true);
            }
            String locks = tables.stream()
                    .map(table -> table.quoted() + " READ")
                    .collect(Collectors.joining(", ", "LOCK TABLES ", ""));
            if (!tables.isEmpty() && opening.isLocked(locks)) {
                return opening.opened("read lock on the tables", true);
            }
            return opening.opened("none", opening.isStillInTime());
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
        /** False where a transaction counts as executed once it is in the log: without GTIDs, and with MariaDB's. */
        private final boolean isProvable;

        private SourcePosition from = new SourcePosition("", 0, null);
        private SourcePosition until = from;
        private long lockedMs;

        Opening(SourceDatabase database, Connection control, List<Connection> connections, boolean hasGtids)
                throws SQLException {
            this.database = database;
            this.control = control;
            this.connections = connections;
            this.hasGtids = hasGtids;
            isProvable =
                    hasGtids && !SourceDatabase.isMariaDb(control.getMetaData().getDatabaseProductVersion());
        }

        /** Begins the transactions without a lock; true when what they see is proved to be one place in the log. */
        boolean isIdle() throws SQLException {
            if (!isProvable) {
                return false;
            }
            rollback();
            from = database.position(control, true);
            begin();
            String owned = database.value(control, "SELECT @@GLOBAL.gtid_owned");
            until = database.position(control, true);
            return from.equals(until) && (owned == null || owned.isBlank());
        }

        /** Begins the transactions without a lock, at one place in the log if there is such a moment. */
        boolean isStillInTime() throws SQLException, InterruptedException {
            SourcePosition first = null;
            for (int attempt = 1; attempt < STILL_ATTEMPTS; attempt++) {
                if (isIdle() || (!isProvable && isStill())) {
                    return true;
                }
                first = first == null ? from : first;
                Thread.sleep(STILL_MS);
            }
            if (isProvable) {
                Thread.sleep(STILL_MS);
                until = database.position(control, true); // what can be seen is counted as executed now
                return false;
            }
            from = first == null ? from : first; // seconds ago: what was in the log then can be seen
            requireNotDelayed();
            return false;
        }

        /** The same where there is no proof: true when the log did not move for a while before and after. */
        private boolean isStill() throws SQLException, InterruptedException {
            rollback();
            from = database.position(control, hasGtids);
            Thread.sleep(STILL_MS); // what is in the log up to here can be seen then
            begin();
            Thread.sleep(STILL_MS); // what can be seen is counted as executed then
            until = database.position(control, hasGtids);
            return from.equals(until) && !isCommitDelayed();
        }

        private void requireNotDelayed() throws SQLException {
            if (isCommitDelayed()) {
                throw new SQLTransientException("transactions wait for a semi-synchronous replica", "40001");
            }
        }

        /**
         * Semi-synchronous replication may hold a transaction back that is in the log already, for seconds. Its GTID does not count as executed
         * meanwhile, but its file and offset lie behind us, and MariaDB's GTIDs go with these.
         */
        private boolean isCommitDelayed() throws SQLException {
            if (isProvable) {
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

        SnapshotConnections opened(String lock, boolean isExact) {
            LOG.atInfo()
                    .addKeyValue("source", database.sourceId())
                    .addKeyValue("lock", lock)
                    .addKeyValue("lockedMs", lockedMs)
                    .addKeyValue("from", from.toString())
                    .addKeyValue("until", until.toString())
                    .log("the copy sees the source");
            return new SnapshotConnections(connections, from, until, isExact);
        }
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
