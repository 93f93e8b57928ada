package io.tiderace.applier;

import io.tiderace.schemas.TableName;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the target in which transactions follow each other; the first request after {@link #commit}, {@link #rollback} or
 * opening begins one. Every method is one request, or none. Not thread-safe.
 */
interface TargetSession extends AutoCloseable {
    /** The checkpoint of a task and source. */
    record CheckpointKey(String task, String sourceId) {}

    /**
     * One lane's row of a checkpoint.
     *
     * @param applied above the low-water mark, by this lane
     * @param updatedAt when it was written, by the target's clock; null in a row that is to be written
     */
    record LaneRow(
            int lane,
            long epoch,
            AppliedPosition low,
            AppliedRanges applied,
            @Nullable Instant updatedAt) {}

    /** Executes a planned statement, one of {@link EnumErrors#split}; the rows affected as the target counts them. ENUM's error value takes three requests. */
    long write(Write write) throws SQLException;

    /** The indexes of the statement's images whose row is not there now; of a statement that finds rows by their key. */
    List<Integer> missing(Write write) throws SQLException;

    /** @param forUpdate true to keep others from writing the rows until the transaction ends */
    List<LaneRow> lanes(CheckpointKey key, boolean forUpdate) throws SQLException;

    /** One lane's row, kept from others until the transaction ends; null when there is none. */
    @Nullable
    LaneRow lane(CheckpointKey key, int lane) throws SQLException;

    /** Writes a lane's row where the row has the epoch given; false when there is none. */
    boolean updateLane(CheckpointKey key, LaneRow row) throws SQLException;

    /** Writes a lane's row, whatever was there. */
    void putLane(CheckpointKey key, LaneRow row) throws SQLException;

    /** Removes the rows of that lane and all behind it. */
    void dropLanesFrom(CheckpointKey key, int lane) throws SQLException;

    /** Makes the register of what waits in quarantine, where it is missing. */
    void openQuarantine(CheckpointKey key) throws SQLException;

    /** Keeps others from the register until the transaction ends; its generation. */
    long lockQuarantine(CheckpointKey key) throws SQLException;

    /** The register as it is now. */
    Quarantine.Register quarantine(CheckpointKey key) throws SQLException;

    /** Adds changes to the register, which is locked. */
    void addQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException;

    /** Takes changes out of the register, which is locked, and raises its generation. */
    void removeQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException;

    /** Has a target that checks unique keys only at COMMIT check them at every statement, until the session is closed. */
    void checkAtOnce() throws SQLException;

    /** Has the target check no foreign key, and so change no other rows, or check them again, until the session is closed. */
    void leaveForeignKeys(boolean leave) throws SQLException;

    /** The foreign keys that the target checks in a session as it is at first; none when it does not check them. */
    List<Families.Link> foreignKeys() throws SQLException;

    /** A table as it is now, null when there is none. */
    @Nullable
    TargetTable table(TableName name) throws SQLException;

    /** When this fails with the connection, the transaction may be committed, not be committed, or be committed a little later. */
    void commit() throws SQLException;

    /** Ends a transaction of which nothing is wanted; a connection that is gone has ended it itself. */
    void rollback();

    @Override
    void close();
}
