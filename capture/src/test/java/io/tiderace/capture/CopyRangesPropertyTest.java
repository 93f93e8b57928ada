package io.tiderace.capture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Goal: however a table is cut, read in pages, and gone on with after a crash, every row is read once. Method: a set of numbers is the table; random
 * steps read, cut, lose what was not stored, and merge.
 */
class CopyRangesPropertyTest {
    @Property(tries = 3000)
    void everyRowIsReadOnce(@ForAll long seed, @ForAll @IntRange(min = 0, max = 200) int rows) {
        Random random = new Random(seed);
        TreeSet<Integer> table = new TreeSet<>();
        for (int i = 0; i < rows; i++) {
            table.add(random.nextInt(1000));
        }
        List<Integer> read = new ArrayList<>();
        CopyRanges ranges = CopyRanges.ALL;
        int steps = 0;
        while (!ranges.isDone()) {
            KeyRange range =
                    ranges.missing().get(random.nextInt(ranges.missing().size()));
            switch (random.nextInt(4)) {
                case 0 -> ranges = cut(ranges, range, table, random);
                case 1 -> ranges = ranges.merged();
                default -> ranges = read(ranges, range, table, 1 + random.nextInt(20), read);
            }
            assertThat(rows(ranges, table)).isEqualTo(without(table, read));
            assertThat(++steps).isLessThan(100_000);
        }
        Collections.sort(read);
        assertThat(read).isEqualTo(new ArrayList<>(table));
    }

    /** What two neighbours that nobody reads have in common is their boundary, so they are one. */
    @Property(tries = 500)
    void mergingUndoesEveryCut(@ForAll long seed) {
        Random random = new Random(seed);
        TreeSet<Integer> table = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            table.add(random.nextInt(1000));
        }
        CopyRanges ranges = CopyRanges.ALL;
        for (int i = 0; i < 20; i++) {
            ranges = cut(
                    ranges, ranges.missing().get(random.nextInt(ranges.missing().size())), table, random);
        }
        assertThat(ranges.merged()).isEqualTo(CopyRanges.ALL);
    }

    @Property(tries = 20)
    void aRangeThatIsNotMissingCannotBeRead(@ForAll @IntRange(min = 1, max = 9) int key) {
        List<String> at = List.of(String.valueOf(key));
        CopyRanges ranges = CopyRanges.ALL.read(KeyRange.ALL, at);
        assertThatThrownBy(() -> ranges.read(KeyRange.ALL, at)).isInstanceOf(IllegalArgumentException.class);
    }

    private static CopyRanges cut(CopyRanges ranges, KeyRange range, TreeSet<Integer> table, Random random) {
        List<Integer> inside = rows(range, table);
        if (inside.isEmpty()) {
            return ranges;
        }
        int at = inside.get(random.nextInt(inside.size()));
        boolean isEnd = range.upTo() != null && Integer.parseInt(range.upTo().get(0)) == at;
        return isEnd ? ranges : ranges.cut(range, List.of(String.valueOf(at)));
    }

    private static CopyRanges read(
            CopyRanges ranges, KeyRange range, TreeSet<Integer> table, int limit, List<Integer> read) {
        List<Integer> inside = rows(range, table);
        List<Integer> page = inside.subList(0, Math.min(limit, inside.size()));
        read.addAll(page);
        boolean isEnd = page.size() == inside.size();
        return ranges.read(range, isEnd ? null : List.of(String.valueOf(page.get(page.size() - 1))));
    }

    private static List<Integer> rows(KeyRange range, TreeSet<Integer> table) {
        List<Integer> result = new ArrayList<>();
        for (int row : table) {
            boolean isBehind = range.after() == null
                    || row > Integer.parseInt(range.after().get(0));
            boolean isBefore =
                    range.upTo() == null || row <= Integer.parseInt(range.upTo().get(0));
            if (isBehind && isBefore) {
                result.add(row);
            }
        }
        return result;
    }

    private static Set<Integer> rows(CopyRanges ranges, TreeSet<Integer> table) {
        Set<Integer> result = new HashSet<>();
        for (KeyRange range : ranges.missing()) {
            for (int row : rows(range, table)) {
                assertThat(result.add(row)).as("row %d is in two ranges", row).isTrue();
            }
        }
        return result;
    }

    private static Set<Integer> without(TreeSet<Integer> table, List<Integer> read) {
        Set<Integer> result = new HashSet<>(table);
        read.forEach(result::remove);
        return result;
    }
}
