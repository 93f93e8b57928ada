package io.tiderace.applier;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what a restart takes as applied is what the lanes applied, no more and no less. Method: lanes with random groups against a bit set. */
class AppliedRangesPropertyTest {
    private static final int TRANSACTIONS = 200;

    @Property
    void theUnionOfTheLanesIsWhatWasApplied(@ForAll long seed) {
        Random random = new Random(seed);
        int lanes = 1 + random.nextInt(4);
        List<AppliedRanges> rows = new ArrayList<>();
        long[] lows = new long[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            rows.add(new AppliedRanges());
        }
        BitSet applied = new BitSet();
        for (int round = 0; round < 60; round++) {
            int lane = random.nextInt(lanes);
            long low = applied.nextClearBit(1) - 1;
            AppliedRanges row = rows.get(lane).copy();
            for (int i = random.nextInt(4); i >= 0; i--) {
                int first = 1 + random.nextInt(TRANSACTIONS);
                int last = first + random.nextInt(3); // empty transactions folded into one Commit
                row.add(first, last);
                applied.set(first, last + 1);
            }
            row.forgetUpTo(low);
            lows[lane] = low;
            rows.set(lane, AppliedRanges.parse(row.toString()));
        }
        AppliedRanges union = new AppliedRanges();
        long low = 0;
        for (int lane = 0; lane < lanes; lane++) {
            union.addAll(rows.get(lane));
            low = Math.max(low, lows[lane]);
        }
        union.forgetUpTo(low);
        for (int txn = 1; txn <= TRANSACTIONS + 3; txn++) {
            assertThat(txn <= low || union.contains(txn))
                    .as("transaction %d", txn)
                    .isEqualTo(applied.get(txn));
        }
    }

    @Test
    void severalTransactionsMayBeAppliedInPart() {
        AppliedRanges ranges = AppliedRanges.parse("20#5000,12#3,15");
        assertThat(ranges).hasToString("15,12#3,20#5000");
        ranges.addAll(AppliedRanges.parse("12,20#6000,21#1"));
        assertThat(ranges).hasToString("12,15,20#6000,21#1");
        ranges.forgetUpTo(20);
        assertThat(ranges).hasToString("21#1");
    }

    @Test
    void aTransactionAppliedInPartIsRememberedUntilItIsWhole() {
        AppliedRanges ranges = AppliedRanges.parse("12-15,18,20#5000");
        assertThat(ranges.rowsApplied(20)).isEqualTo(5000);
        assertThat(ranges.contains(20)).isFalse();
        ranges.addPart(20, 4000);
        assertThat(ranges.rowsApplied(20)).isEqualTo(5000);
        assertThat(ranges).hasToString("12-15,18,20#5000");
        ranges.add(19, 20);
        assertThat(ranges).hasToString("12-15,18-20");
        ranges.forgetUpTo(13);
        assertThat(ranges).hasToString("14-15,18-20");
    }
}
