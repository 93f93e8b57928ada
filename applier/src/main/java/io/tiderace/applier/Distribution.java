package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import org.jspecify.annotations.Nullable;

/** Which lane applies a transaction, and with which others in one group. Not thread-safe. */
interface Distribution {
    /** Lanes that work for low delay; what comes while so many are busy is gathered. */
    int SPREAD_LANES = 4;

    /**
     * Takes the next transaction in the source's order.
     *
     * @param behind true when more input is at hand, so that groups are worth filling
     * @return false when it has to wait; what it waits for is hurried
     */
    boolean offer(Prepared transaction, boolean behind);

    /** All that was taken is wanted in the target soon. */
    void hurry();

    /** The lane's next group, null when there is none now. */
    @Nullable
    Group next(int lane, boolean behind, AppliedPosition low);

    /** True when the lane has nothing that may become a group by getting older. */
    boolean isEmpty(int lane);

    /** The group, which {@link #next} gave, is in the target. */
    void finished(int lane, Group group);

    /** True when all that was taken is in the target. */
    boolean isIdle();

    int busyLanes();

    /** A group will not get into the target. */
    void broken();
}
