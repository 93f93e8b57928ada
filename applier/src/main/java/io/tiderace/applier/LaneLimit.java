package io.tiderace.applier;

/**
 * How many groups may be on their way to the target: as many as there are lanes, until the target says that it has too much to do. Then half of
 * those that are, and one more again with every so many groups that come through (additive increase, multiplicative decrease, as TCP does it).
 * Not thread-safe.
 */
final class LaneLimit {
    private final int lanes;
    private int limit;

    /** Groups to come through before the limit changes again. */
    private int groups;

    LaneLimit(int lanes) {
        this.lanes = lanes;
        this.limit = lanes;
    }

    boolean allows(int running) {
        return running < limit;
    }

    int limit() {
        return limit;
    }

    /**
     * The target refused a request since it has too much to do. What was on its way by then may be refused too, which says nothing new.
     *
     * @param running groups, the refused one among them; 0 when it was only a checkpoint, which says nothing of groups
     */
    void refused(int running) {
        if (running == 0 || (limit < lanes && groups > limit)) {
            return;
        }
        limit = Math.max(1, Math.min(limit, running) / 2);
        groups = limit + running;
    }

    /** A group is in the target. */
    void applied() {
        if (limit < lanes && --groups <= 0) {
            limit++;
            groups = limit;
        }
    }
}
