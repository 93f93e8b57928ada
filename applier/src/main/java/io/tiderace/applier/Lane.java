package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Work.Group;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies groups one after the other, each with its checkpoint in one target transaction. Cut into steps of one request each, so that
 * whoever drives it decides what happens in between. One thread.
 *
 * <pre>
 *   begin ─▶ open ─▶ (answer of the last COMMIT lost: is it written? ─yes─▶ done) ─▶ write … write ─▶ checkpoint ─▶ COMMIT ─▶ done
 *              ▲                                                                         │
 *              └──────────────────────── after an error, as often as the caller likes ───┘
 * </pre>
 */
final class Lane {
    private static final int CHECK = -1;
    private static final Group NONE = new Group(List.of(), AppliedPosition.START);

    private final int number;
    private final long epoch;
    private final Target target;
    private final CheckpointStore store;
    private final Mismatches mismatches;
    private AppliedRanges applied;

    private Group group = NONE;
    private List<Write> plan = List.of();
    private AppliedRanges after = new AppliedRanges();
    private @Nullable TargetSession session;
    private int written;

    /** The statement that an error speaks of. */
    private @Nullable Write failed;

    private boolean committed;

    /** A COMMIT of the group was sent and not answered well: every later attempt has to look first. */
    private boolean unclear;

    /** The first lane goes on with what the claim says is applied above the low-water mark. */
    Lane(int number, CheckpointStore.Claim claim, Target target, CheckpointStore store, Mismatches mismatches) {
        this.number = number;
        this.epoch = claim.epoch();
        this.target = target;
        this.store = store;
        this.mismatches = mismatches;
        this.applied = number == 0 ? claim.applied().copy() : new AppliedRanges();
    }

    void begin(Group next) {
        group = next;
        plan = new ArrayList<>();
        for (Write write : WritePlanner.plan(Compactor.compact(next.rows()), next.isReplay())) {
            plan.addAll(EnumErrors.split(write));
        }
        after = next.appliedWith(applied);
        unclear = false;
    }

    /**
     * The next request of the group that was begun, or of its next attempt after an error.
     *
     * @return true when the group is in the target
     */
    boolean step() throws SQLException, FencedException {
        boolean goesOn = false;
        try {
            boolean done = next();
            goesOn = !done;
            applied = done ? after : applied;
            return done;
        } catch (SQLException e) {
            if (!RowErrors.isAboutData(e) || !isWritten()) {
                throw RowErrors.withRow(e, failed, group, target.address());
            }
            applied = after;
            return true;
        } finally {
            if (!goesOn) {
                end();
            }
        }
    }

    /**
     * What a row does not fit says nothing about the row while another may have taken over, or the group's COMMIT may have come through: looks
     * again, in a new transaction.
     */
    private boolean isWritten() throws SQLException, FencedException {
        TargetSession open = session;
        if (open == null) {
            return false;
        }
        open.rollback();
        return store.isWritten(open, number, epoch, group.low(), after);
    }

    private boolean next() throws SQLException, FencedException {
        TargetSession open = session;
        if (open == null) {
            session = target.session();
            written = unclear ? CHECK : 0;
            committed = false;
            return false;
        }
        if (written == CHECK) {
            written = 0; // in the same transaction, see isWritten
            return store.isWritten(open, number, epoch, group.low(), after);
        }
        if (written < plan.size()) {
            Write write = plan.get(written++);
            failed = write;
            mismatches.compare(write, open.write(write), group);
            return false;
        }
        failed = null;
        if (written++ == plan.size()) {
            store.write(open, number, epoch, group.low(), after);
            return false;
        }
        unclear = true;
        open.commit();
        committed = true;
        return true;
    }

    private void end() {
        TargetSession open = session;
        session = null;
        if (open != null && !committed) {
            open.rollback();
        }
        if (open != null) {
            open.close();
        }
    }
}
