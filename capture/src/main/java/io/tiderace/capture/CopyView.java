package io.tiderace.capture;

import io.tiderace.config.TaskConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the copy reads the source by: connections that see one moment, and a watch on the tables since before it. From {@link #open} to {@link
 * #settled} no DDL runs, by a backup lock where the account may take one (BACKUP_ADMIN; it blocks no change of rows), or else it is found out.
 */
final class CopyView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CopyView.class);
    private static final int CONNECTIONS_MAX = 64;
    private static final Set<Integer> LOCK_REFUSED = Set.of(1044, 1045, 1064, 1205, 1227);

    private final Connection lock;
    private final TableWatch watch;
    private final SnapshotConnections snapshot;

    private CopyView(Connection lock, TableWatch watch, SnapshotConnections snapshot) {
        this.lock = lock;
        this.watch = watch;
        this.snapshot = snapshot;
    }

    /** As many connections as the tasks ask for. */
    static CopyView open(CaptureRun run, SourceDatabase database, boolean hasGtids)
            throws SQLException, InterruptedException {
        int count = run.instances().stream()
                .map(TaskConfig.Instance::copy)
                .mapToInt(TaskConfig.Copy::threads)
                .max()
                .orElse(1);
        Connection lock = database.connect();
        TableWatch watch = null;
        try {
            lockInstance(lock);
            watch = TableWatch.begin(database, run::captures, run::isStopping);
            SnapshotConnections snapshot = SnapshotConnections.open(
                    database, watch.tables(), Math.min(Math.max(count, 1), CONNECTIONS_MAX), hasGtids);
            return new CopyView(lock, watch, snapshot);
        } catch (SQLException | InterruptedException | RuntimeException e) {
            if (watch != null) {
                watch.close();
            }
            lock.close();
            throw e;
        }
    }

    private static void lockInstance(Connection connection) throws SQLException {
        try {
            SourceDatabase.execute(connection, "SET SESSION lock_wait_timeout = 5");
            SourceDatabase.execute(connection, "LOCK INSTANCE FOR BACKUP");
        } catch (SQLException e) {
            if (!LOCK_REFUSED.contains(e.getErrorCode())) {
                throw e;
            }
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("no backup lock");
        }
    }

    /**
     * To be called when the structures are known: DDL may run again.
     *
     * @throws UncheckedIOException when one ran meanwhile, so that the structures may not be those of the moment; to be tried again
     */
    void settled() throws SQLException {
        boolean isStill = watch.isStill();
        lock.close();
        if (!isStill) {
            throw new UncheckedIOException(
                    new IOException("a table was made, altered or dropped while the copy began"));
        }
    }

    SnapshotConnections snapshot() {
        return snapshot;
    }

    TableWatch watch() {
        return watch;
    }

    @Override
    public void close() throws SQLException {
        snapshot.close();
        watch.close();
        lock.close();
    }
}
