package io.tiderace.applier;

import io.tiderace.schemas.SourcePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint of one task and source in the target. What a lane writes here commits together with the rows it speaks of, and only while
 * the epoch is still the one claimed. Thread-safe: it holds no connection.
 */
final class CheckpointStore {
    /** Somebody else has claimed the source: nothing of this process may commit any more. */
    static final class FencedException extends Exception {
        private static final long serialVersionUID = 1L;

        FencedException(String message) {
            super(message);
        }
    }

    /** @param applied above the low-water mark, of all lanes together */
    record Claim(long epoch, AppliedPosition low, AppliedRanges applied) {}

    /** What the lanes' rows say together. */
    record Stored(
            long epoch,
            AppliedPosition low,
            AppliedRanges applied,
            @Nullable Instant updatedAt) {}

    private static final int KEY_DUPLICATE = 1062;

    private final TargetDialect dialect;
    private final String task;
    private final String sourceId;

    CheckpointStore(TargetDialect dialect, String task, String sourceId) {
        this.dialect = dialect;
        this.task = task;
        this.sourceId = sourceId;
    }

    /** Creates our schema and tables where they are missing; needs no right to create when they are there. */
    static void createTables(Connection connection, TargetDialect dialect) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try {
                statement.execute(dialect.selectMetaTable());
                return;
            } catch (SQLException missing) {
                if (SqlErrors.kind(missing) != SqlErrors.Kind.STRUCTURE
                        && SqlErrors.kind(missing) != SqlErrors.Kind.REFUSED) {
                    throw missing;
                }
            }
            for (String sql : dialect.createMetaTables()) {
                statement.execute(sql);
            }
        }
    }

    /**
     * Makes the source ours: raises the epoch in every lane's row, so that a former owner's next commit fails, and gathers what is applied
     * into the first lane's row. Commits.
     */
    Claim claim(Connection connection, int lanes) throws SQLException {
        try {
            Stored stored = read(connection, true);
            long epoch = stored.epoch() + 1;
            try (PreparedStatement drop = connection.prepareStatement(dialect.dropLanesFrom())) {
                key(drop, 1);
                drop.setInt(3, lanes);
                drop.executeUpdate();
            }
            try (PreparedStatement row = connection.prepareStatement(dialect.claimLane())) {
                for (int lane = 0; lane < lanes; lane++) {
                    key(row, 1);
                    row.setInt(3, lane);
                    row.setLong(4, epoch);
                    position(row, 5, stored.low(), lane == 0 ? stored.applied() : new AppliedRanges());
                    row.executeUpdate();
                }
            }
            connection.commit();
            return new Claim(epoch, stored.low(), stored.applied());
        } catch (SQLException e) {
            rollback(connection);
            if (e.getErrorCode() == KEY_DUPLICATE) { // two first claims at once: the next attempt sees the other's rows
                throw new SQLException("claimed by two at once", "40001", e);
            }
            throw e;
        }
    }

    /** The union of the lanes' rows; the beginning when there are none. */
    Stored read(Connection connection, boolean forUpdate) throws SQLException {
        AppliedPosition low = AppliedPosition.START;
        AppliedRanges applied = new AppliedRanges();
        long epoch = 0;
        Instant updatedAt = null;
        try (PreparedStatement query = connection.prepareStatement(dialect.selectCheckpoint(forUpdate))) {
            key(query, 1);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    epoch = Math.max(epoch, rows.getLong("epoch"));
                    applied.addAll(AppliedRanges.parse(rows.getString("applied_ranges")));
                    Instant written = rows.getTimestamp("updated_at").toInstant();
                    updatedAt = updatedAt == null || written.isAfter(updatedAt) ? written : updatedAt;
                    if (rows.getLong("low_txn") > low.txn()) {
                        low = position(rows);
                    }
                }
            }
        }
        applied.forgetUpTo(low.txn());
        return new Stored(epoch, low, applied, updatedAt);
    }

    /** Writes a lane's row into the open transaction. */
    void write(Connection connection, int lane, long epoch, AppliedPosition low, AppliedRanges applied)
            throws SQLException, FencedException {
        try (PreparedStatement update = connection.prepareStatement(dialect.updateCheckpoint())) {
            position(update, 1, low, applied);
            key(update, 7);
            update.setInt(9, lane);
            update.setLong(10, epoch);
            if (update.executeUpdate() != 1) {
                throw new FencedException("another applier has taken over source " + sourceId + " of task " + task);
            }
        }
    }

    /** After a commit whose answer was lost: is this what the lane's row says? Waits for a transaction that is still at it. */
    boolean isWritten(Connection connection, int lane, long epoch, AppliedPosition low, AppliedRanges applied)
            throws SQLException, FencedException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectLane())) {
            key(query, 1);
            query.setInt(3, lane);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next() || row.getLong(1) != epoch) {
                    throw new FencedException("another applier has taken over source " + sourceId + " of task " + task);
                }
                return row.getLong(2) == low.txn() && row.getString(3).equals(applied.toString());
            }
        } finally {
            rollback(connection);
        }
    }

    /** Ends a transaction of which nothing is wanted; a connection that is gone has ended it itself. */
    static void rollback(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException gone) {
            // the server rolls back when it sees the connection end
        }
    }

    private void key(PreparedStatement statement, int index) throws SQLException {
        statement.setString(index, task);
        statement.setString(index + 1, sourceId);
    }

    private static void position(PreparedStatement statement, int index, AppliedPosition low, AppliedRanges applied)
            throws SQLException {
        SourcePosition position = low.position();
        statement.setLong(index, low.txn());
        statement.setLong(index + 1, low.offset());
        statement.setString(index + 2, applied.toString());
        statement.setString(index + 3, position == null ? null : position.gtidSet());
        statement.setString(index + 4, position == null ? null : position.file());
        if (position == null) {
            statement.setNull(index + 5, Types.BIGINT);
        } else {
            statement.setLong(index + 5, position.pos());
        }
    }

    private static AppliedPosition position(ResultSet row) throws SQLException {
        String file = row.getString("binlog_name");
        String gtidSet = row.getString("gtid_set");
        SourcePosition position = file == null && gtidSet == null
                ? null
                : new SourcePosition(file == null ? "" : file, row.getLong("binlog_pos"), gtidSet);
        return new AppliedPosition(row.getLong("low_txn"), row.getLong("low_offset"), position);
    }
}
