package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Changes of one key are applied in the source's order, others in any: each lane has an open group, see {@link LaneScheduler}. */
final class ByKeys implements Distribution {
    private final OpenGroup[] open;
    private final LaneScheduler scheduler;
    private final IntConsumer wake;

    /** @param wake called with the number of a lane that has something to do */
    ByKeys(int lanes, IntConsumer wake, Time time) {
        this.wake = wake;
        this.open = new OpenGroup[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            open[lane] = new OpenGroup(time);
        }
        this.scheduler = new LaneScheduler(lanes);
    }

    @Override
    public boolean offer(Prepared transaction, boolean behind) {
        int rows = transaction.rows().size();
        boolean spread = !behind && scheduler.busyLanes() < SPREAD_LANES;
        int lane = scheduler.assign(transaction.keys(), rows, spread ? 1 : OpenGroup.fullRows(transaction));
        if (lane == LaneScheduler.WAIT) {
            scheduler.holders(transaction.keys()).stream().forEach(this::hurry);
            return false;
        }
        open[lane].add(transaction);
        if (open[lane].isReady(behind)) {
            wake.accept(lane);
        }
        return true;
    }

    @Override
    public void hurry() {
        for (int lane = 0; lane < open.length; lane++) {
            hurry(lane);
        }
    }

    /** What is next waits for the lane, so the lane starts whatever it has. */
    private void hurry(int lane) {
        open[lane].hurry();
        wake.accept(lane);
    }

    @Override
    public @Nullable Group next(int lane, boolean behind, AppliedPosition low) {
        return open[lane].isReady(behind) ? new Group(open[lane].take(), low) : null;
    }

    @Override
    public boolean isEmpty(int lane) {
        return open[lane].isEmpty();
    }

    @Override
    public void finished(int lane, Group group) {
        for (Prepared transaction : group.transactions()) {
            scheduler.finished(lane, transaction.keys(), transaction.rows().size());
        }
    }

    @Override
    public boolean isIdle() {
        return scheduler.isIdle();
    }

    @Override
    public int busyLanes() {
        return scheduler.busyLanes();
    }

    @Override
    public void broken() {}
}
