package io.tiderace.applier;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts groups that commit one after the other, 1, 2, 3, …, and lets others wait for their turn. Thread-safe. */
final class CommitTurns {
    /** The place of one group: a group that commits when it likes is number 0. */
    static final class Turn {
        static final Turn FREE = new Turn(new CommitTurns(), 0, 0);

        private final CommitTurns turns;
        private final long number;
        private final long after;

        private Turn(CommitTurns turns, long number, long after) {
            this.turns = turns;
            this.number = number;
            this.after = after;
        }

        long number() {
            return number;
        }

        /** True when every group is in the target that this one shares a key with. */
        boolean mayBegin() {
            return turns.committed >= after;
        }

        /** True when every group before is in the target. */
        boolean mayCommit() {
            return turns.committed >= number - 1;
        }

        /**
         * Waits until it may begin, or commit.
         *
         * @param patienceMs how long to wait while no other group gets into the target, 0 for ever
         * @return false when the patience is over
         * @throws InterruptedException also when a group before will not get into the target
         */
        boolean await(boolean toCommit, long patienceMs) throws InterruptedException {
            return turns.await(toCommit ? number - 1 : after, TimeUnit.MILLISECONDS.toNanos(patienceMs));
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    private volatile long committed;
    private long movedAt = System.nanoTime();
    private boolean isBroken;

    /** @param after the last group that has to be in the target before this one may begin, 0 for none */
    Turn turn(long number, long after) {
        return new Turn(this, number, after);
    }

    /** The group is in the target; it was its turn. */
    void passed(long number) {
        lock.lock();
        try {
            if (number != committed + 1) {
                throw new IllegalStateException("group " + number + " committed after group " + committed);
            }
            committed = number;
            movedAt = System.nanoTime();
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Some group will not get into the target: whoever waits does so in vain. */
    void end() {
        lock.lock();
        try {
            isBroken = true;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean await(long number, long patienceNs) throws InterruptedException {
        lock.lock();
        try {
            while (committed < number) {
                if (isBroken) {
                    throw new InterruptedException("a group before cannot be applied");
                }
                if (patienceNs == 0) {
                    moved.await();
                    continue;
                }
                long left = patienceNs - (System.nanoTime() - movedAt);
                if (left <= 0) {
                    return false;
                }
                moved.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
