package io.tiderace.applier;

import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.schemas.ChangeEvent.Commit;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Between the loop that brings transactions and the lanes that apply them. A transaction waits in {@code ready} until the distribution takes
 * it, then in an open group until a lane takes that. Thread-safe: one lock, held for moments only.
 */
final class Dispatcher {
    private static final long IDLE_MS = 100;
    private static final long CHECKPOINT_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1_000);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition[] laneWork;

    /** Lanes that are at something. */
    private final BitSet working = new BitSet();

    private final Deque<Object> ready = new ArrayDeque<>();
    private final Distribution distribution;
    private final LaneLimit limit;
    private final LowWater lowWater;
    private final Runnable wakeLoop;
    private final Time time;
    private @Nullable Work exclusive;
    private boolean exclusiveTaken;
    private boolean stopping;
    private Input input = Input.NONE;
    private long bytes;
    private long storedTxn;
    private long storedAt;
    private long rowsApplied;
    private long groups;
    private long lagMs = -1;

    /** @param wakeLoop called when the loop has something to do: a DDL statement was executed */
    Dispatcher(int lanes, CommitOrder order, LowWater lowWater, Runnable wakeLoop, Time time) {
        this.time = time;
        this.storedAt = time.nanos();
        this.laneWork = new Condition[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            laneWork[lane] = lock.newCondition();
        }
        this.distribution = order == CommitOrder.SOURCE ? new InSourceOrder() : new ByKeys(lanes);
        this.limit = new LaneLimit(lanes);
        this.lowWater = lowWater;
        this.storedTxn = lowWater.txn();
        this.wakeLoop = wakeLoop;
    }

    /** Takes a transaction, in the source's order; what is given of it see {@link Prepared}. */
    void offer(Step.Rows step, List<Compactor.MappedRow> rows, long[] keys, boolean replay, boolean unchecked) {
        lock.lock();
        try {
            LowWater.Pending pending = step.mark().commit() == null ? null : lowWater.begin(step.mark());
            input = Input.ARRIVING;
            bytes += step.bytes();
            ready.add(new Prepared(step, rows, keys, replay, unchecked, pending));
            dispatch();
        } finally {
            lock.unlock();
        }
    }

    void offer(Step.Ddl step) {
        lock.lock();
        try {
            input = Input.ARRIVING;
            bytes += step.bytes();
            ready.add(new Work.Ddl(step));
            dispatch();
        } finally {
            lock.unlock();
        }
    }

    /**
     * All that was read has been offered: what waited for more to come begins.
     *
     * @param next what is to be expected
     */
    void settle(Input next) {
        lock.lock();
        try {
            input = next;
            wakeLane();
        } finally {
            lock.unlock();
        }
    }

    private void dispatch() {
        while (exclusive == null && !ready.isEmpty() && distribution.hasRoom()) {
            Object head = ready.element();
            boolean alone = !(head instanceof Prepared rows) || rows.step().isAlone();
            if (alone && !distribution.isIdle()) {
                distribution.hurry();
                break;
            }
            ready.remove();
            if (alone) {
                exclusive = head instanceof Prepared rows ? new Group(List.of(rows), lowWater.position()) : (Work) head;
                exclusiveTaken = false;
                laneWork[0].signal();
                return;
            }
            distribute((Prepared) head);
        }
        wakeLane();
    }

    private void distribute(Prepared transaction) {
        if (transaction.rows().isEmpty()) {
            end(transaction);
        } else {
            distribution.offer(transaction);
        }
    }

    /** One lane is enough: it wakes the next when there is more. */
    private void wakeLane() {
        int idle = working.nextClearBit(0);
        if (idle < laneWork.length && limit.allows(distribution.running()) && distribution.isReady(input)) {
            laneWork[idle].signal();
        }
    }

    private void signalAll() {
        for (Condition condition : laneWork) {
            condition.signal();
        }
    }

    /** Waits for the lane's next work; null when there will be none. */
    @Nullable
    Work take(int lane) throws InterruptedException {
        lock.lock();
        try {
            while (!stopping) {
                Work work = next(lane);
                if (work != null) {
                    return work;
                }
                if (lane == 0) { // which looks whether a checkpoint is due
                    laneWork[0].await(IDLE_MS, TimeUnit.MILLISECONDS);
                } else {
                    laneWork[lane].await();
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** The lane's next work, null when there is none now. */
    @Nullable
    Work poll(int lane) {
        lock.lock();
        try {
            return stopping ? null : next(lane);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Work next(int lane) {
        Work next = null;
        if (lane == 0 && exclusive != null && !exclusiveTaken) {
            exclusiveTaken = true;
            next = exclusive;
        } else if (limit.allows(distribution.running())) {
            next = distribution.next(input, lowWater.position());
        }
        if (next == null && lane == 0 && isCheckpointDue()) {
            next = new Group(List.of(), lowWater.position());
        }
        if (next != null) {
            working.set(lane);
            dispatch();
        }
        return next;
    }

    private boolean isCheckpointDue() {
        return working.isEmpty() && lowWater.txn() > storedTxn && time.nanos() - storedAt > CHECKPOINT_IDLE_NS;
    }

    /** The target has too much to do: for a while it gets less at a time. */
    void overloaded() {
        lock.lock();
        try {
            limit.refused(distribution.running());
        } finally {
            lock.unlock();
        }
    }

    /** The work is in the target. */
    void finished(int lane, Work work) {
        lock.lock();
        try {
            working.clear(lane);
            if (work instanceof Group group) {
                groups++;
                storedTxn = Math.max(storedTxn, group.low().txn());
                storedAt = time.nanos();
                if (work != exclusive && !group.transactions().isEmpty()) {
                    distribution.finished(group);
                    limit.applied();
                }
                group.transactions().forEach(this::end);
            } else if (work instanceof Work.Ddl ddl) {
                bytes -= ddl.step().bytes();
            }
            if (work == exclusive) {
                exclusive = null;
                wakeLoop.run();
            }
            dispatch();
        } finally {
            lock.unlock();
        }
    }

    private void end(Prepared transaction) {
        bytes -= transaction.step().bytes();
        rowsApplied += transaction.rows().size();
        LowWater.Pending pending = transaction.pending();
        if (pending != null) {
            lowWater.applied(pending);
        }
        Commit commit = transaction.step().mark().commit();
        if (commit != null && commit.rows() > 0) {
            lagMs = Math.max(0, System.currentTimeMillis() - commit.tsMs());
        }
    }

    /** No lane gets anything more. */
    void stop() {
        lock.lock();
        try {
            stopping = true;
            signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Stops because a lane cannot go on: no lane waits for it. */
    void fail() {
        stop();
        distribution.broken();
    }

    /** Encoded bytes of everything taken and not applied. */
    long bytes() {
        return locked(() -> bytes);
    }

    /** Transactions that the low-water mark has not passed: they are kept count of, in memory and in the checkpoint. */
    int transactionsInFlight() {
        return locked(() -> lowWater.transactionsInFlight());
    }

    /** True when all that was offered is applied. */
    boolean isDrained() {
        return locked(() -> ready.isEmpty() && exclusive == null && distribution.isIdle());
    }

    /**
     * What the status report tells.
     *
     * @param lagMs of the last transaction, -1 before the first
     * @param allowedLanes as many groups as may be on their way at once, see {@link LaneLimit}
     * @param last below the mark, null before the first
     */
    record Figures(
            AppliedPosition low,
            @Nullable Commit last,
            long rows,
            long groups,
            long lagMs,
            int busyLanes,
            int allowedLanes,
            int transactionsInFlight,
            long bytes) {}

    Figures figures() {
        return locked(() -> new Figures(
                lowWater.position(),
                lowWater.lastCommit(),
                rowsApplied,
                groups,
                lagMs,
                distribution.running(),
                limit.limit(),
                lowWater.transactionsInFlight(),
                bytes));
    }

    AppliedPosition low() {
        return locked(() -> lowWater.position());
    }

    private <T> T locked(Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }
}
