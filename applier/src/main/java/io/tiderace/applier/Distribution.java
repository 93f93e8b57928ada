package io.tiderace.applier;

import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import org.jspecify.annotations.Nullable;

/** Which transactions are applied in one group, and when a group may begin; any lane may have it. Not thread-safe. */
interface Distribution {
    /** False while enough waits to be begun: what is distributed later has less to wait for, since more is in the target by then. */
    boolean hasRoom();

    /** Takes the next transaction in the source's order. */
    void offer(Prepared transaction);

    /** All that was taken is wanted in the target soon. */
    void hurry();

    /**
     * True when {@link #next} has a group.
     *
     * @param input what is to be expected
     */
    boolean isReady(Input input);

    /** The next group, null when none should begin now. */
    @Nullable
    Group next(Input input, AppliedPosition low);

    /** The group, which {@link #next} gave, is in the target. */
    void finished(Group group);

    /** True when all that was taken is in the target. */
    boolean isIdle();

    /** Groups that were given and are not in the target. */
    int running();

    /** A group will not get into the target. */
    void broken();
}
