package io.tiderace.applier;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides which lane applies a transaction. A transaction that shares a key with one lane's unfinished work goes to that lane, behind it; one
 * that shares keys with several waits; one that shares none goes where it makes good groups. So changes of one key are always applied in
 * the source's order. Pure state, no threads; not thread-safe.
 */
final class LaneScheduler {
    /** Several lanes hold keys of the transaction. */
    static final int WAIT = -1;

    private final Map<Long, KeyUse> uses = new HashMap<>();
    private final long[] rowsPending;
    private int filling;

    /** Who holds a key, and how many unfinished transactions there touch it. */
    private static final class KeyUse {
        private final int lane;
        private int transactions = 1;

        private KeyUse(int lane) {
            this.lane = lane;
        }
    }

    LaneScheduler(int lanes) {
        this.rowsPending = new long[lanes];
    }

    /**
     * The lane for a transaction with these keys, taking them for it; or {@link #WAIT}, taking nothing.
     *
     * @param fullRows rows after which an independent transaction goes to another lane: 1 to use idle lanes (low delay), more so that neighbours
     *     share a group (low cost)
     */
    int assign(long[] keys, int rows, int fullRows) {
        int lane = holder(keys);
        if (lane == WAIT) {
            return WAIT;
        }
        int chosen = lane >= 0 ? lane : free(fullRows);
        for (long key : keys) {
            KeyUse use = uses.get(key);
            if (use == null) {
                uses.put(key, new KeyUse(chosen));
            } else {
                use.transactions++;
            }
        }
        rowsPending[chosen] += Math.max(1, rows);
        return chosen;
    }

    /** The lanes whose unfinished work holds any of the keys, as bits. */
    BitSet holders(long[] keys) {
        BitSet lanes = new BitSet(rowsPending.length);
        for (long key : keys) {
            KeyUse use = uses.get(key);
            if (use != null) {
                lanes.set(use.lane);
            }
        }
        return lanes;
    }

    /** A transaction given to the lane is in the target: its keys are free. */
    void finished(int lane, long[] keys, int rows) {
        for (long key : keys) {
            KeyUse use = uses.get(key);
            if (use == null || use.lane != lane) {
                throw new IllegalStateException("key released that lane " + lane + " does not hold");
            }
            if (--use.transactions == 0) {
                uses.remove(key);
            }
        }
        rowsPending[lane] -= Math.max(1, rows);
    }

    boolean isIdle() {
        return uses.isEmpty() && Arrays.stream(rowsPending).allMatch(rows -> rows == 0);
    }

    int busyLanes() {
        return (int) Arrays.stream(rowsPending).filter(rows -> rows > 0).count();
    }

    private static final int NONE = -2;

    private int holder(long[] keys) {
        int lane = NONE;
        for (long key : keys) {
            KeyUse use = uses.get(key);
            if (use != null && lane == NONE) {
                lane = use.lane;
            } else if (use != null && lane != use.lane) {
                return WAIT;
            }
        }
        return lane;
    }

    private int free(int fullRows) {
        if (rowsPending[filling] >= fullRows) {
            int least = filling;
            for (int lane = 0; lane < rowsPending.length; lane++) {
                least = rowsPending[lane] < rowsPending[least] ? lane : least;
            }
            filling = least;
        }
        return filling;
    }
}
