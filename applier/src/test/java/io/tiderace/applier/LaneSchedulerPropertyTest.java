package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Histories.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whatever the order in which lanes commit, the target never sees a duplicate and ends as the source. Method: random histories through
 * keys and scheduler onto simulated lanes; a random lane commits a random prefix of its queue as a group.
 */
class LaneSchedulerPropertyTest {
    private record Assigned(List<MappedRow> rows, long[] keys) {}

    @Property(tries = 3000)
    void anyInterleavingOfLanesGivesTheSourcesResult(@ForAll long seed, @ForAll Shape shape) {
        Random random = new Random(seed);
        int lanes = 1 + random.nextInt(5);
        Histories history = new Histories(shape, seed);
        ModelTarget target = history.source.copy();
        LaneScheduler scheduler = new LaneScheduler(lanes);
        List<Deque<Assigned>> queues = new ArrayList<>();
        for (int lane = 0; lane < lanes; lane++) {
            queues.add(new ArrayDeque<>());
        }
        for (int txn = 1; txn <= 40; txn++) {
            List<MappedRow> rows = history.transaction(txn);
            OrderKeys keys = new OrderKeys();
            rows.forEach(row ->
                    keys.add(row.mapping(), row.change().before(), row.change().after()));
            long[] hashes = keys.toArray();
            int lane = scheduler.assign(hashes, rows.size(), 1 + random.nextInt(10));
            while (lane == LaneScheduler.WAIT) {
                commit(random.nextInt(lanes), queues, scheduler, target, random);
                lane = scheduler.assign(hashes, rows.size(), 1 + random.nextInt(10));
            }
            queues.get(lane).add(new Assigned(rows, hashes));
            while (random.nextInt(3) == 0) {
                commit(random.nextInt(lanes), queues, scheduler, target, random);
            }
        }
        while (!scheduler.isIdle()) {
            commit(random.nextInt(lanes), queues, scheduler, target, random);
        }
        assertThat(target.toString()).isEqualTo(history.source.toString());
    }

    private static void commit(
            int lane, List<Deque<Assigned>> queues, LaneScheduler scheduler, ModelTarget target, Random random) {
        List<MappedRow> group = new ArrayList<>();
        List<Assigned> taken = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0 && !queues.get(lane).isEmpty(); i--) {
            Assigned next = queues.get(lane).remove();
            taken.add(next);
            group.addAll(next.rows());
        }
        WritePlanner.plan(Compactor.compact(group), false)
                .forEach(write -> assertThat(target.apply(write)).isTrue());
        taken.forEach(done -> scheduler.finished(lane, done.keys(), done.rows().size()));
    }
}
