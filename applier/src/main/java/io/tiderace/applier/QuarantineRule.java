package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which changes wait in quarantine: those that the target refuses, and whatever comes later and touches a primary or unique key value that a
 * waiting change touched, before or after. So what waits and what does not never meet in a key value, and may be applied in any order
 * to each other. Pure.
 */
final class QuarantineRule {
    static final String BEHIND = "an earlier change that shares a key value with it waits";

    private QuarantineRule() {}

    /** @param reason why it waits */
    record Held(MappedRow row, long[] keys, String reason) {}

    /** Both in the source's order. */
    record Split(List<MappedRow> applied, List<Held> held) {}

    /**
     * @param rows in the source's order
     * @param waits true for a key value of which a change waits already
     * @param refused changes that the target refuses, with its reason
     */
    static Split split(List<MappedRow> rows, LongPredicate waits, Map<RowChange, String> refused) {
        List<MappedRow> applied = new ArrayList<>(rows.size());
        List<Held> held = new ArrayList<>();
        Set<Long> added = new HashSet<>();
        for (MappedRow row : rows) {
            long[] keys = keys(row);
            String reason = refused.get(row.change());
            for (int i = 0; i < keys.length && reason == null; i++) {
                reason = waits.test(keys[i]) || added.contains(keys[i]) ? BEHIND : null;
            }
            if (reason == null) {
                applied.add(row);
                continue;
            }
            held.add(new Held(row, keys, reason));
            for (long key : keys) {
                added.add(key);
            }
        }
        return new Split(applied, held);
    }

    static long[] keys(MappedRow row) {
        OrderKeys keys = new OrderKeys();
        keys.add(row.mapping(), row.change().before(), row.change().after());
        return keys.toArray();
    }

    /**
     * The change from which on a row waits that the target refuses: the first of the group that has its key.
     *
     * @param image of the refused statement
     */
    static @Nullable RowChange firstOf(List<MappedRow> rows, @Nullable Object[] image) {
        MappedRow refused = null;
        for (MappedRow row : rows) {
            if (row.change().after() == image || row.change().before() == image) {
                refused = row;
                break;
            }
        }
        if (refused == null || refused.mapping().isKeyless()) {
            return refused == null ? null : refused.change();
        }
        List<@Nullable Object> key = refused.mapping().key(image);
        for (MappedRow row : rows) {
            if (row.mapping().target().name().equals(refused.mapping().target().name())
                    && (hasKey(row, row.change().before(), key)
                            || hasKey(row, row.change().after(), key))) {
                return row.change();
            }
        }
        return refused.change();
    }

    private static boolean hasKey(MappedRow row, @Nullable Object @Nullable [] image, List<@Nullable Object> key) {
        return image != null && row.mapping().key(image).equals(key);
    }

    /** Changes that hang together by their key values, each set in the source's order, by its first: what is replayed or discarded as one. */
    static List<List<QuarantinedChange>> connected(List<QuarantinedChange> changes) {
        List<QuarantinedChange> sorted = new ArrayList<>(changes);
        sorted.sort(Comparator.comparing(QuarantinedChange::id));
        int[] roots = new int[sorted.size()];
        Map<Long, Integer> holders = new HashMap<>();
        for (int i = 0; i < roots.length; i++) {
            roots[i] = i;
            for (long key : sorted.get(i).keys()) {
                Integer holder = holders.putIfAbsent(key, i);
                if (holder != null) {
                    int one = root(roots, holder);
                    int other = root(roots, i);
                    roots[Math.max(one, other)] = Math.min(one, other);
                }
            }
        }
        Map<Integer, List<QuarantinedChange>> sets = new TreeMap<>();
        for (int i = 0; i < roots.length; i++) {
            sets.computeIfAbsent(root(roots, i), root -> new ArrayList<>()).add(sorted.get(i));
        }
        return List.copyOf(sets.values());
    }

    private static int root(int[] roots, int index) {
        int root = index;
        while (roots[root] != root) {
            roots[root] = roots[roots[root]];
            root = roots[root];
        }
        return root;
    }
}
