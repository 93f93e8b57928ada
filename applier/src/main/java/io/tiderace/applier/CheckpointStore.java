package io.tiderace.applier;

import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.applier.TargetSession.LaneRow;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint of one task and source in the target. What a lane writes here commits together with the rows it speaks of, and only while
 * the epoch is still the one claimed. Thread-safe: it holds no session.
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
    record Claim(long epoch, AppliedPosition low, AppliedRanges applied, Quarantine.Register quarantine) {}

    /** What the lanes' rows say together. */
    record Stored(
            long epoch,
            AppliedPosition low,
            AppliedRanges applied,
            @Nullable Instant updatedAt) {}

    private static final int KEY_DUPLICATE = 1062;

    private final CheckpointKey key;

    CheckpointStore(String task, String sourceId) {
        this.key = new CheckpointKey(task, sourceId);
    }

    CheckpointKey key() {
        return key;
    }

    /**
     * Makes the source ours: raises the epoch in every lane's row, so that a former owner's next commit fails, and gathers what is applied
     * into the first lane's row. Commits.
     */
    Claim claim(TargetSession session, int lanes) throws SQLException {
        try {
            Stored stored = read(session, true);
            long epoch = stored.epoch() + 1;
            session.dropLanesFrom(key, lanes);
            for (int lane = 0; lane < lanes; lane++) {
                AppliedRanges applied = lane == 0 ? stored.applied() : new AppliedRanges();
                session.putLane(key, new LaneRow(lane, epoch, stored.low(), applied, null));
            }
            session.openQuarantine(key);
            Quarantine.Register quarantine = session.quarantine(key);
            if (stored.epoch() == 0 && !quarantine.changes().isEmpty()) {
                throw new DataException(
                        "TR-A028",
                        quarantine.changes().size() + " changes of source " + key.sourceId()
                                + " wait in the quarantine of task " + key.task()
                                + ", which has no checkpoint: they are of a run whose checkpoint was deleted",
                        "'tiderace quarantine discard --all', then start again");
            }
            session.commit();
            return new Claim(epoch, stored.low(), stored.applied(), quarantine);
        } catch (SQLException e) {
            session.rollback();
            if (e.getErrorCode() == KEY_DUPLICATE) { // two first claims at once: the next attempt sees the other's rows
                throw new SQLException("claimed by two at once", "40001", e);
            }
            throw e;
        }
    }

    /** The union of the lanes' rows; the beginning when there are none. */
    Stored read(TargetSession session, boolean forUpdate) throws SQLException {
        AppliedPosition low = AppliedPosition.START;
        AppliedRanges applied = new AppliedRanges();
        long epoch = 0;
        Instant updatedAt = null;
        for (LaneRow row : session.lanes(key, forUpdate)) {
            epoch = Math.max(epoch, row.epoch());
            applied.addAll(row.applied());
            Instant written = row.updatedAt();
            updatedAt = updatedAt == null || (written != null && written.isAfter(updatedAt)) ? written : updatedAt;
            if (row.low().txn() > low.txn()) {
                low = row.low();
            }
        }
        applied.forgetUpTo(low.txn());
        return new Stored(epoch, low, applied, updatedAt);
    }

    /** Writes a lane's row into the open transaction. */
    void write(TargetSession session, int lane, long epoch, AppliedPosition low, AppliedRanges applied)
            throws SQLException, FencedException {
        if (!session.updateLane(key, new LaneRow(lane, epoch, low, applied, null))) {
            throw fenced();
        }
    }

    /**
     * After a commit whose answer was lost: is this what the lane's row says? Waits for a transaction that is still at it. When not, whatever
     * is done next must be in the same transaction: should the lost commit come through after all, one of the two fails.
     */
    boolean isWritten(TargetSession session, int lane, long epoch, AppliedPosition low, AppliedRanges applied)
            throws SQLException, FencedException {
        LaneRow row = session.lane(key, lane);
        if (row == null || row.epoch() != epoch) {
            throw fenced();
        }
        return row.low().txn() == low.txn() && row.applied().toString().equals(applied.toString());
    }

    /** @throws FencedException when the source is not ours any more */
    void requireOwner(TargetSession session, long epoch) throws SQLException, FencedException {
        if (read(session, false).epoch() != epoch) {
            throw fenced();
        }
    }

    private FencedException fenced() {
        return new FencedException(
                "another applier has taken over source " + key.sourceId() + " of task " + key.task());
    }
}
