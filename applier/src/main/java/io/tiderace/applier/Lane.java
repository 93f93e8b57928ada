package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Work.Group;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
 *
 * <p>Groups that commit in turn wait before they open and before COMMIT, see {@link #isWaiting}. What a group holds at the target while it
 * waits may be in the way of one before it, since servers lock gaps between rows too: then it gives that back, and is written anew in its turn.
 *
 * <p>A group that the target does not take in one transaction is applied in several, one after the other, each with its checkpoint.
 */
final class Lane {
    private static final int CHECK = -2;
    private static final int LOCK = -1;
    private static final int NOWHERE = -1;
    private static final long TURN_PATIENCE_MS = 1_000;
    private static final Group NONE = new Group(List.of(), AppliedPosition.START);

    private final int number;
    private final long epoch;
    private final Target target;
    private final CheckpointStore store;
    private final Mismatches mismatches;
    private final GroupQuarantine quarantine;
    private final Oversized oversized;
    private AppliedRanges applied;

    /** What was begun is the first of several parts; these come behind it. */
    private final Deque<Group> rest = new ArrayDeque<>();

    private Group group = NONE;
    private List<Write> plan = List.of();
    private AppliedRanges after = new AppliedRanges();
    private @Nullable TargetSession session;
    private int written;

    /** The statement that an error speaks of. */
    private @Nullable Write failed;

    private boolean committed;

    /** Rows that the statements of this attempt did not find. */
    private long missing;

    /** The statement whose rows are looked up before it runs, since it did not find some of them in an attempt before. */
    private int lookAt = NOWHERE;

    /** A row was in the way of one that the source inserted: rows that are in the way are replaced. */
    private boolean isReplacing;

    private boolean isInTheWay;

    /** A COMMIT of the group was sent and not answered well: every later attempt has to look first. */
    private boolean unclear;

    private boolean isAtRest = true;
    private boolean isBegun;

    /** Nothing of the group is written before it may commit. */
    private boolean isPatient;

    /** What the lanes of a source have in common. */
    record Shared(
            CheckpointStore.Claim claim,
            Target target,
            CheckpointStore store,
            Mismatches mismatches,
            Quarantine quarantine,
            Oversized oversized) {}

    /** The first lane goes on with what the claim says is applied above the low-water mark. */
    Lane(int number, Shared shared) {
        CheckpointStore.Claim claim = shared.claim();
        this.number = number;
        this.epoch = claim.epoch();
        this.target = shared.target();
        this.store = shared.store();
        this.mismatches = shared.mismatches();
        this.quarantine = new GroupQuarantine(shared.quarantine());
        this.oversized = shared.oversized();
        this.applied = number == 0 ? claim.applied().copy() : new AppliedRanges();
    }

    /** @param next to be begun when what was begun before is in the target, all of it */
    void begin(Group next) {
        isAtRest = false;
        beginPart(next);
    }

    /** True when nothing was begun that is not in the target, as far as is known. */
    boolean isAtRest() {
        return isAtRest;
    }

    private void beginPart(Group next) {
        group = next;
        isReplacing = false;
        after = next.appliedWith(applied);
        unclear = false;
        isPatient = false;
        isBegun = false;
        if (!isWaiting()) {
            prepare();
        }
    }

    /** What waits in quarantine is known when all is in the target that shares keys with the group. */
    private void prepare() {
        isBegun = true;
        quarantine.begin(group);
        plan();
    }

    /** True when the next step has to wait until groups before this one are in the target. */
    boolean isWaiting() {
        if (!isBegun) {
            return !group.turn().mayBegin();
        }
        return isForCommit() && !group.turn().mayCommit();
    }

    private boolean isForCommit() {
        return session == null ? isPatient || quarantine.isInvolved() : written > plan.size();
    }

    /** Waits until {@link #isWaiting} is over. */
    void awaitTurn() throws InterruptedException {
        long patienceMs = session == null ? 0 : TURN_PATIENCE_MS;
        if (!group.turn().await(isBegun && isForCommit(), patienceMs)) {
            giveBack();
        }
    }

    /** Lets go of what the group holds at the target; it is written again when it may commit. */
    void giveBack() {
        isPatient = true;
        end();
    }

    private void plan() {
        lookAt = NOWHERE;
        plan = new ArrayList<>();
        for (Write write : WritePlanner.plan(
                Compactor.compact(quarantine.rows(), group.isUnchecked()), isReplacing || group.isReplay())) {
            plan.addAll(EnumErrors.split(write));
        }
    }

    /**
     * The next request of the group that was begun, or of its next attempt after an error.
     *
     * @return true when the group is in the target
     */
    boolean step() throws SQLException, FencedException, InterruptedException {
        if (isWaiting() || !stepOfPart()) {
            return false;
        }
        Group next = rest.poll();
        if (next != null) {
            beginPart(next);
        }
        isAtRest = next == null;
        return isAtRest;
    }

    /** Parts of the group that come behind the one at hand. */
    int partsLeft() {
        return rest.size();
    }

    private boolean stepOfPart() throws SQLException, FencedException, InterruptedException {
        if (!isBegun) {
            prepare();
        }
        boolean goesOn = false;
        try {
            boolean done;
            try {
                done = next();
            } catch (SQLException e) {
                done = settle(e);
            }
            goesOn = !done;
            if (done) {
                applied = after;
                quarantine.applied();
                mismatches.applied(plan.size(), missing, isReplacing || isInTheWay);
            }
            return done;
        } finally {
            if (!goesOn) {
                end();
            }
        }
    }

    private boolean next() throws SQLException, FencedException, InterruptedException {
        TargetSession open = session;
        if (open == null) {
            session = target.session();
            restart();
            if (group.isUnchecked()) {
                session.leaveForeignKeys(true);
            }
            return false;
        }
        if (written == CHECK) {
            written = LOCK; // in the same transaction, see isWritten
            return store.isWritten(open, number, epoch, group.low(), after);
        }
        if (written == LOCK) {
            written = 0;
            if (quarantine.isInvolved()) {
                if (quarantine.lock(open)) {
                    plan();
                }
                return false;
            }
        }
        if (written < plan.size()) {
            write(open, written++);
            return false;
        }
        failed = null;
        if (written == plan.size() && quarantine.isHolding()) {
            quarantine.store(open);
        }
        if (written++ == plan.size()) {
            store.write(open, number, epoch, group.low(), after);
            return false;
        }
        unclear = true;
        open.commit();
        committed = true;
        return true;
    }

    private void restart() {
        quarantine.restart();
        written = unclear ? CHECK : LOCK;
        failed = null;
        committed = false;
        missing = 0;
        isInTheWay = false;
    }

    private void write(TargetSession open, int index) throws SQLException, FencedException {
        Write write = plan.get(index);
        failed = write;
        if (index == lookAt || write.isBlind()) {
            List<Integer> rows = open.missing(write);
            if (!rows.isEmpty() && mismatches.isStopping() && isWritten(false)) {
                restart(); // nothing is missing: the group is there
                return;
            }
            missing += write.isBlind() ? rows.size() : 0;
            if (index == lookAt || (!rows.isEmpty() && mismatches.isWorthLooking())) {
                int first = rows.isEmpty() ? write.images().size() : rows.get(0);
                mismatches.tellMissing(write, rows.size(), RowErrors.describe(write, first, group), target.address());
            }
        }
        long difference = Mismatches.difference(write, open.write(write), group);
        if (difference > 0) {
            lack(open, index, difference);
        } else if (difference < 0 && mismatches.isStopping() && isWritten(false)) {
            restart();
        } else if (difference < 0) {
            isInTheWay = true;
            boolean isKnown = write.images().size() == 1;
            tellInTheWay(write, isKnown ? RowErrors.describe(write, 0, group) : group.describe());
        }
    }

    private void tellInTheWay(@Nullable Write write, String row) {
        String table = write == null ? "" : write.mapping().target().name().toString();
        mismatches.tellInTheWay(table, row, target.address());
    }

    /** The statement has changed what would tell which rows were missing: where that is to be told, once more, looking first. */
    private void lack(TargetSession open, int index, long rows) throws SQLException {
        missing += rows;
        if (index > lookAt && mismatches.isWorthLooking()) {
            open.rollback();
            lookAt = index;
            restart();
        } else if (plan.get(index) instanceof Write.UpdateOne update && mismatches.isInserting(update)) {
            open.write(new Write.Insert(update.mapping(), List.<@Nullable Object[]>of(update.after())));
        }
    }

    /**
     * What a row does not fit says nothing about the row while another may have taken over, or the group's COMMIT may have come through: looks
     * again, in a new transaction.
     *
     * @return true when the group is in the target
     */
    private boolean settle(SQLException e) throws SQLException, FencedException {
        Write write = failed;
        if (!RowErrors.isAboutData(e)) {
            throw e;
        }
        if (!group.turn().mayCommit()) { // others before it may have to do with it
            giveBack();
            return false;
        }
        boolean isParted = SqlErrors.isTransactionTooLarge(e) && group.rows().size() > 1;
        if (isWritten(isParted && unclear)) {
            return true;
        }
        if (isParted) {
            part(e);
            return false;
        }
        if (SqlErrors.isTooLarge(e) && write != null && write.images().size() > 1) {
            narrow(write, e);
        } else if (e.getErrorCode() == RowErrors.DUPLICATE && !isReplacing && mismatches.isReplacing(group)) {
            tellInTheWay(write, write == null ? group.describe() : RowErrors.describe(e, write, group));
            isReplacing = true;
            plan();
        } else if (!quarantine.isTaking() || SqlErrors.kind(e) != SqlErrors.Kind.DATA || !isolate(write, e)) {
            throw RowErrors.withRow(e, write, group, target.address());
        }
        restart();
        return false;
    }

    /** Comes closer to the row that the target refuses, until its change goes into quarantine. False when no attempt can tell which it is. */
    private boolean isolate(@Nullable Write write, SQLException e) {
        if (write == null) {
            return quarantine.checkAtOnce();
        }
        if (write.images().size() > 1) {
            narrow(write, e);
            return true;
        }
        if (!quarantine.refuse(write, SqlErrors.reason(e))) {
            return false;
        }
        plan();
        return true;
    }

    private void narrow(Write write, SQLException e) {
        plan = new ArrayList<>(plan);
        int index = plan.indexOf(write);
        plan.remove(index);
        plan.addAll(index, GroupQuarantine.narrow(write, e));
        lookAt = NOWHERE;
    }

    /** Goes on with the group's first half. */
    private void part(SQLException e) {
        List<Group> halves = oversized.halves(group, e);
        end();
        rest.addFirst(halves.get(1));
        beginPart(halves.get(0));
    }

    /** @param fromNowOn true to have a COMMIT of the group fail that was sent and may still come through, where none has yet */
    private boolean isWritten(boolean fromNowOn) throws SQLException, FencedException {
        TargetSession open = session;
        if (open == null) {
            return false;
        }
        open.rollback();
        boolean result = store.isWritten(open, number, epoch, group.low(), after);
        if (!result && fromNowOn) {
            store.write(open, number, epoch, group.low(), applied); // of two that write the row at once one fails
            open.commit();
        } else {
            open.rollback();
        }
        return result;
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
