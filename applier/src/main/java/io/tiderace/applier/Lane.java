package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Work.Group;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Applies groups one after the other, each with its checkpoint in one target transaction. One thread. */
final class Lane {
    private final int number;
    private final long epoch;
    private final Target target;
    private final CheckpointStore store;
    private final Backoff backoff;
    private final Mismatches mismatches;
    private AppliedRanges applied;
    private boolean unclear;

    /** The first lane goes on with what the claim says is applied above the low-water mark. */
    Lane(
            int number,
            CheckpointStore.Claim claim,
            Target target,
            CheckpointStore store,
            Backoff backoff,
            Mismatches mismatches) {
        this.number = number;
        this.epoch = claim.epoch();
        this.target = target;
        this.store = store;
        this.backoff = backoff;
        this.mismatches = mismatches;
        this.applied = number == 0 ? claim.applied().copy() : new AppliedRanges();
    }

    /** Returns when the group is in the target. */
    void apply(Group group) throws FencedException, InterruptedException {
        AppliedRanges after = group.appliedWith(applied);
        List<Write> plan = WritePlanner.plan(Compactor.compact(group.rows()), group.isReplay());
        unclear = false;
        backoff.call("applying " + group.describe(), () -> {
            attempt(group, plan, after);
            return after;
        });
        applied = after;
    }

    /** One attempt, for a checkpoint that is not worth waiting for. */
    void applyOnce(Group group) throws SQLException, FencedException {
        AppliedRanges after = group.appliedWith(applied);
        unclear = false;
        attempt(group, List.of(), after);
        applied = after;
    }

    private void attempt(Group group, List<Write> plan, AppliedRanges after) throws SQLException, FencedException {
        try (Connection connection = target.connection()) {
            if (unclear && store.isWritten(connection, number, epoch, group.low(), after)) {
                return;
            }
            unclear = false;
            boolean committed = false;
            try {
                write(connection, group, plan);
                store.write(connection, number, epoch, group.low(), after);
                unclear = true;
                connection.commit();
                committed = true;
            } finally {
                if (!committed) {
                    CheckpointStore.rollback(connection);
                }
            }
        } catch (SQLException e) {
            throw RowErrors.withRow(e, group, target.address());
        }
    }

    private void write(Connection connection, Group group, List<Write> plan) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (Write write : plan) {
                for (Write part : EnumErrors.split(write)) {
                    write(statement, group, part);
                }
            }
        }
    }

    private void write(Statement statement, Group group, Write write) throws SQLException {
        try {
            String sql = target.dialect().write(write);
            long affected = EnumErrors.isIn(write)
                    ? EnumErrors.execute(statement, sql, write)
                    : statement.executeLargeUpdate(sql);
            mismatches.compare(write, affected, group);
        } catch (SQLException e) {
            throw RowErrors.withRow(e, write, group, target.address());
        }
    }
}
