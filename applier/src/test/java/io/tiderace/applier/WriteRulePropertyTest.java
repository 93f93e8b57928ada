package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Histories.Shape;
import io.tiderace.schemas.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a group that was compacted and planned leaves the target as its changes one by one would have left it. Method: random histories of a
 * model source, cut into random groups, applied to a model target that rejects duplicates.
 */
class WriteRulePropertyTest {
    @Test
    void aKeyDeletedAndInsertedInOneGroupStays() {
        Histories history = new Histories(Shape.INTEGER_KEY, 0);
        ModelTarget target = history.source.copy();
        @Nullable Object[] old = {1, 1, 1, 10};
        @Nullable Object[] fresh = {1, 2, 1, 11};
        target.insert(old);
        apply(
                target,
                List.of(
                        new MappedRow(history.mapping, Histories.row(1, 1, Op.DELETE, old, null), 0),
                        new MappedRow(history.mapping, Histories.row(1, 2, Op.INSERT, null, fresh), 0)),
                false);
        assertThat(target.rows()).containsExactly(fresh);
    }

    @Test
    void uniqueValuesMaySwapRows() {
        Histories history = new Histories(Shape.INTEGER_KEY, 0);
        ModelTarget target = history.source.copy();
        target.insert(new Object[] {1, 1, 1, 0});
        target.insert(new Object[] {2, 2, 2, 0});
        List<MappedRow> swap = new ArrayList<>();
        @Nullable
        Object[][] images = {{1, 1, 1, 0}, {1, null, 1, 0}, {2, 2, 2, 0}, {2, 1, 2, 0}, {1, null, 1, 0}, {1, 2, 1, 0}};
        for (int i = 0; i < images.length; i += 2) {
            swap.add(new MappedRow(history.mapping, Histories.row(1, i, Op.UPDATE, images[i], images[i + 1]), 0));
        }
        apply(target, swap, false);
        assertThat(target.toString()).isEqualTo("[[1, 2, 1, 0], [2, 1, 2, 0]]");
    }

    @Property(tries = 3000)
    void groupsLeaveWhatSingleChangesLeave(@ForAll long seed, @ForAll Shape shape) {
        Histories history = new Histories(shape, seed);
        Random random = new Random(seed);
        ModelTarget target = history.source.copy();
        for (int group = 0; group < 12; group++) {
            List<MappedRow> rows = new ArrayList<>();
            for (int txn = 0; txn <= random.nextInt(5); txn++) {
                rows.addAll(history.transaction(group * 10L + txn));
            }
            apply(target, rows, false);
            assertThat(target.toString()).isEqualTo(history.source.toString());
        }
    }

    /** The copy read the table at some later moment; the transactions up to then are replayed, also from the beginning after a crash. */
    @Property(tries = 3000)
    void replayEndsWhereTheCopyWasRead(@ForAll long seed) {
        for (Shape shape : List.of(Shape.INTEGER_KEY, Shape.LOOSE_TEXT_KEY)) {
            Random random = new Random(seed);
            Histories history = new Histories(shape, seed);
            List<List<MappedRow>> transactions = new ArrayList<>();
            for (int txn = 0; txn < 20; txn++) {
                transactions.add(history.transaction(txn));
            }
            ModelTarget target = history.source.copy();
            int crash = random.nextInt(20);
            replay(target, transactions.subList(0, crash), random);
            replay(target, transactions, random);
            assertThat(target.toString()).isEqualTo(history.source.toString());
            transactions.clear();
            transactions.add(history.transaction(20));
            apply(target, transactions.get(0), false);
            assertThat(target.toString()).isEqualTo(history.source.toString());
        }
    }

    private static void replay(ModelTarget target, List<List<MappedRow>> transactions, Random random) {
        for (int from = 0; from < transactions.size(); ) {
            int to = Math.min(transactions.size(), from + 1 + random.nextInt(4));
            List<MappedRow> rows = new ArrayList<>();
            transactions.subList(from, to).forEach(rows::addAll);
            apply(target, rows, true);
            from = to;
        }
    }

    private static void apply(ModelTarget target, List<MappedRow> rows, boolean replay) {
        for (Write write : WritePlanner.plan(Compactor.compact(rows), replay)) {
            assertThat(target.apply(write)).as("affected rows of %s", write).isTrue();
        }
    }
}
