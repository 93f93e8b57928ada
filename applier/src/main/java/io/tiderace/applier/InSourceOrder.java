package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Commits in the source's order: transactions that follow each other make a group, groups are numbered as lanes take them, and commit by
 * number. A group is written while others before it are, unless it shares a key with one of them: then it begins when that one is in
 * the target. So no group waits at the target for a row of one behind it, and what it reads there is what the source had.
 */
final class InSourceOrder implements Distribution {
    private final OpenGroup open;
    private final IntConsumer wake;
    private final int lanes;
    private final BitSet working = new BitSet();
    private final CommitTurns turns = new CommitTurns();

    /** The last group that touches a key, of those that are not in the target. */
    private final Map<Long, Long> holders = new HashMap<>();

    private long taken;

    /** @param wake called with the number of a lane that has something to do */
    InSourceOrder(int lanes, IntConsumer wake, Time time) {
        this.lanes = lanes;
        this.wake = wake;
        this.open = new OpenGroup(time);
    }

    @Override
    public boolean offer(Prepared transaction, boolean behind) {
        open.add(transaction);
        wakeOne(behind);
        return true;
    }

    private void wakeOne(boolean behind) {
        int idle = working.nextClearBit(0);
        if (idle < lanes && isReady(behind)) {
            wake.accept(idle);
        }
    }

    private boolean isReady(boolean behind) {
        return open.isReady(behind || working.cardinality() >= SPREAD_LANES);
    }

    @Override
    public void hurry() {
        open.hurry();
        wakeOne(true);
    }

    @Override
    public @Nullable Group next(int lane, boolean behind, AppliedPosition low) {
        if (!isReady(behind)) {
            return null;
        }
        List<Prepared> transactions = open.take();
        long number = ++taken;
        long after = 0;
        for (Prepared transaction : transactions) {
            for (long key : transaction.keys()) {
                Long holder = holders.put(key, number);
                after = holder == null || holder == number ? after : Math.max(after, holder);
            }
        }
        working.set(lane);
        wakeOne(behind);
        return new Group(transactions, low, turns.turn(number, after));
    }

    @Override
    public boolean isEmpty(int lane) {
        return open.isEmpty();
    }

    @Override
    public void finished(int lane, Group group) {
        Long number = group.turn().number();
        for (Prepared transaction : group.transactions()) {
            for (long key : transaction.keys()) {
                holders.remove(key, number);
            }
        }
        working.clear(lane);
        turns.passed(number);
    }

    @Override
    public boolean isIdle() {
        return working.isEmpty() && open.isEmpty();
    }

    @Override
    public int busyLanes() {
        return working.cardinality();
    }

    @Override
    public void broken() {
        turns.end();
    }
}
