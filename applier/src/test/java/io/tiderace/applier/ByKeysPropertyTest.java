package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Histories.Shape;
import io.tiderace.applier.Work.Group;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whatever the order in which groups commit, the target never sees a duplicate and ends as the source; and every group begins some time. Method:
 * random histories through keys and groups; of the groups that have begun, a random one commits.
 */
class ByKeysPropertyTest {
    private static final int LANES = 5;

    @Property(tries = 3000)
    void anyInterleavingOfGroupsGivesTheSourcesResult(@ForAll long seed, @ForAll Shape shape) {
        Random random = new Random(seed);
        Histories history = new Histories(shape, seed);
        ModelTarget target = history.source.copy();
        Lanes lanes = new Lanes(random, rows -> WritePlanner.plan(Compactor.compact(rows), false)
                .forEach(write -> assertThat(target.apply(write)).isTrue()));
        for (int txn = 1; txn <= 40; txn++) {
            lanes.offer(prepared(txn, history.transaction(txn)));
        }
        lanes.drain();
        assertThat(target.toString()).isEqualTo(history.source.toString());
    }

    /** What each lane may do at any time, in a random order. */
    static final class Lanes {
        private final ByKeys groups;
        private final List<Group> begun = new ArrayList<>();
        private final Random random;
        private final Target target;

        /** Commits the rows of a group. */
        @FunctionalInterface
        interface Target {
            void commit(List<MappedRow> rows);
        }

        Lanes(Random random, Target target) {
            this.random = random;
            this.groups = new ByKeys(1 + random.nextInt(4));
            this.target = target;
        }

        void offer(Work.Prepared transaction) {
            assertThat(groups.hasRoom()).isTrue();
            groups.offer(transaction);
            while (random.nextInt(3) > 0) {
                step(Intake.Input.values()[random.nextInt(Intake.Input.values().length)]);
            }
        }

        private void step(Intake.Input input) {
            if (random.nextInt(10) == 0) {
                groups.hurry();
            }
            if (begun.size() < LANES && random.nextBoolean()) {
                boolean isReady = groups.isReady(input);
                Group next = groups.next(input, AppliedPosition.START);
                assertThat(next != null).isEqualTo(isReady);
                if (next != null) {
                    begun.add(next);
                }
            } else if (!begun.isEmpty()) {
                Group done = begun.remove(random.nextInt(begun.size()));
                target.commit(done.rows());
                groups.finished(done);
            }
        }

        /** Nothing more comes: all groups begin. */
        void drain() {
            for (int i = 0; !groups.isIdle(); i++) {
                assertThat(i).as("steps until all is applied").isLessThan(100_000);
                step(Intake.Input.NONE);
            }
        }
    }

    static Work.Prepared prepared(long txn, List<MappedRow> rows) {
        OrderKeys keys = new OrderKeys();
        rows.forEach(row ->
                keys.add(row.mapping(), row.change().before(), row.change().after()));
        Step.Mark mark = new Step.Mark(txn, txn, rows.size(), null, txn);
        return new Work.Prepared(
                new Step.Rows(mark, List.of(), List.of(), false, rows.size()),
                rows,
                keys.toArray(),
                false,
                false,
                null);
    }
}
