package io.tiderace.applier;

import io.tiderace.applier.Compactor.Compacted;
import io.tiderace.applier.Compactor.Compacted.OrderedChange;
import io.tiderace.applier.Compactor.Compacted.RowState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns a compacted group into statements: first every key that has to go, then the rows that are new, then those that are there. After the
 * deletes no surviving row meets a key value of another, so the order within each part is free. Where rows may already be in the target
 * (replay), the survivors replace whatever is in their way.
 */
final class WritePlanner {
    private static final int ROWS_MAX = 500;
    /** Estimated; with escapes still below the 4 MiB that the oldest targets take in one packet. */
    private static final long BYTES_MAX = 1 << 20;

    private final List<Write> plan = new ArrayList<>();

    private WritePlanner() {}

    /** @param replay true when the rows may already be in the target */
    static List<Write> plan(Compacted group, boolean replay) {
        Map<RowMapping, Survivors> tables = new LinkedHashMap<>();
        for (RowState state : group.rows()) {
            if (state.isDeletedFirst()) {
                tables.computeIfAbsent(state.firstMapping(), Survivors::new)
                        .deletes
                        .add(state);
            }
            if (state.last() != null) {
                Survivors survivors = tables.computeIfAbsent(state.mapping(), Survivors::new);
                boolean isThere = state.initial() != null && !state.isDeletedFirst();
                (isThere && !replay ? survivors.updates : survivors.inserts).add(state);
            }
        }
        WritePlanner planner = new WritePlanner();
        tables.values().forEach(table -> {
            planner.deletes(table, true, replay);
            planner.deletes(table, false, replay);
        });
        tables.values().forEach(table -> planner.inserts(table, replay));
        tables.values().forEach(table -> {
            planner.updates(table, true);
            planner.updates(table, false);
        });
        planner.ordered(group.ordered());
        return planner.plan;
    }

    /** Rows of one mapping by what is done with them. */
    private static final class Survivors {
        private final RowMapping mapping;
        private final List<RowState> deletes = new ArrayList<>();
        private final List<RowState> inserts = new ArrayList<>();
        private final List<RowState> updates = new ArrayList<>();

        private Survivors(RowMapping mapping) {
            this.mapping = mapping;
        }
    }

    /** Rows that are there, or keys that were only met within the group, each in statements of their own: so that every count tells. */
    private void deletes(Survivors table, boolean there, boolean replay) {
        List<@Nullable Object[]> images = new ArrayList<>(table.deletes.size());
        for (RowState state : table.deletes) {
            if ((state.initial() != null) == there) {
                images.add(state.keyImage());
            }
        }
        for (int from = 0; from < images.size(); from += ROWS_MAX) {
            List<@Nullable Object[]> part = images.subList(from, Math.min(from + ROWS_MAX, images.size()));
            plan.add(new Write.Delete(table.mapping, part, replay ? -1 : (there ? part.size() : 0)));
        }
    }

    private void inserts(Survivors table, boolean replay) {
        List<@Nullable Object[]> images = new ArrayList<>(table.inserts.size());
        table.inserts.forEach(state -> images.add(lastOf(state)));
        for (List<@Nullable Object[]> part : split(images)) {
            plan.add(replay ? new Write.Replace(table.mapping, part) : new Write.Insert(table.mapping, part));
        }
    }

    private void updates(Survivors table, boolean changed) {
        List<@Nullable Object[]> images = new ArrayList<>(table.updates.size());
        for (RowState state : table.updates) {
            if (changes(state) == changed) {
                images.add(lastOf(state));
            }
        }
        // each row of its own where the statement must repeat values, see TargetDialect
        for (List<@Nullable Object[]> part : split(images, table.mapping.hasWideBits() ? 1 : ROWS_MAX)) {
            plan.add(new Write.Upsert(table.mapping, part, changed));
        }
    }

    private static boolean changes(RowState state) {
        @Nullable Object[] initial = state.initial();
        return initial == null
                || state.firstMapping() != state.mapping()
                || state.mapping().changesValues(initial, lastOf(state));
    }

    /** Inserts of neighbours share a statement; the rest goes one by one, since each may meet the row of the last, or a child or parent of it. */
    private void ordered(List<OrderedChange> changes) {
        int i = 0;
        while (i < changes.size()) {
            OrderedChange change = changes.get(i++);
            @Nullable Object[] before = change.change().before();
            @Nullable Object[] after = change.change().after();
            if (before == null && after != null) {
                List<@Nullable Object[]> images = new ArrayList<>(List.<@Nullable Object[]>of(after));
                while (i < changes.size() && isInsert(changes.get(i), change.mapping())) {
                    images.add(changes.get(i++).change().after());
                }
                split(images).forEach(part -> plan.add(new Write.Insert(change.mapping(), part)));
            } else if (before != null && after != null) {
                // what changes nothing must not touch a key that other rows follow
                if (!change.mapping().isInFamily() || change.mapping().changesValues(before, after)) {
                    plan.add(new Write.UpdateOne(change.mapping(), before, after));
                }
            } else if (before != null) {
                plan.add(new Write.DeleteOne(change.mapping(), before));
            }
        }
    }

    private static boolean isInsert(OrderedChange change, RowMapping mapping) {
        return change.mapping() == mapping && change.change().before() == null;
    }

    private static List<List<@Nullable Object[]>> split(List<@Nullable Object[]> images) {
        return split(images, ROWS_MAX);
    }

    private static List<List<@Nullable Object[]>> split(List<@Nullable Object[]> images, int rowsMax) {
        List<List<@Nullable Object[]>> result = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < images.size(); i++) {
            long size = size(images.get(i));
            if (i > from && (i - from == rowsMax || bytes + size > BYTES_MAX)) {
                result.add(images.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (from < images.size()) {
            result.add(images.subList(from, images.size()));
        }
        return result;
    }

    /** An estimate of the row's text. */
    private static long size(@Nullable Object[] image) {
        long bytes = 0;
        for (Object value : image) {
            bytes += value instanceof String text
                    ? text.length() + 3L
                    : (value instanceof byte[] raw ? raw.length * 2L + 3 : 8);
        }
        return bytes;
    }

    private static @Nullable Object[] lastOf(RowState state) {
        @Nullable Object[] last = state.last();
        if (last == null) {
            throw new IllegalStateException("a deleted row has no image to write");
        }
        return last;
    }
}
