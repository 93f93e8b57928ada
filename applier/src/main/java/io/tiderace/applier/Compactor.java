package io.tiderace.applier;

import io.tiderace.applier.Compactor.Compacted.OrderedChange;
import io.tiderace.applier.Compactor.Compacted.RowState;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reduces the changes of a group to what is left of each row: its last image, and whether its key has to be deleted first because the row
 * was deleted, or a value of a primary or unique key changed, at any moment of the group. INSERT then DELETE stays a DELETE. Rows are
 * told apart by their key values as written: keys that only a collation holds equal are different rows of which one is gone.
 */
final class Compactor {
    /**
     * A change with the mapping of its table.
     *
     * @param offset in the apply topic
     */
    record MappedRow(RowMapping mapping, RowChange change, long offset) {}

    /**
     * @param rows by target table and row key, in the order in which the keys were first met
     * @param ordered changes of tables without a key, and of those whose foreign keys the target checks, in order
     */
    record Compacted(List<RowState> rows, List<OrderedChange> ordered) {
        /** What became of one row key. */
        static final class RowState {
            private final RowMapping firstMapping;
            private final RowChange first;
            private final @Nullable Object @Nullable [] initial;
            private RowMapping mapping;
            private @Nullable Object @Nullable [] last;
            private boolean deleteFirst;

            private RowState(MappedRow row, @Nullable Object @Nullable [] initial) {
                this.firstMapping = row.mapping();
                this.first = row.change();
                this.mapping = row.mapping();
                this.initial = initial;
            }

            /** Of the last image. */
            RowMapping mapping() {
                return mapping;
            }

            RowMapping firstMapping() {
                return firstMapping;
            }

            /** The first change that met this key, for messages. */
            RowChange first() {
                return first;
            }

            /** The image before the group, null when the key was not there. */
            @Nullable
            Object @Nullable [] initial() {
                return initial;
            }

            /** The image after the group, null when the key is gone. */
            @Nullable
            Object @Nullable [] last() {
                return last;
            }

            boolean isDeletedFirst() {
                return deleteFirst;
            }

            /** An image of the first mapping that has this key. */
            @Nullable
            Object[] keyImage() {
                @Nullable Object[] image = initial != null ? initial : first.after();
                if (image == null) {
                    throw new IllegalStateException("row change without images in transaction " + first.txn());
                }
                return image;
            }
        }

        /** One change that is made as the source made it. */
        record OrderedChange(RowMapping mapping, RowChange change) {}
    }

    private record Identity(TableName target, List<@Nullable Object> key) {}

    private final Map<Identity, RowState> states = new LinkedHashMap<>();
    private final List<OrderedChange> ordered = new ArrayList<>();

    private Compactor() {}

    static Compacted compact(List<MappedRow> rows) {
        return compact(rows, false);
    }

    /** @param unchecked true when foreign keys are not looked at */
    static Compacted compact(List<MappedRow> rows, boolean unchecked) {
        Compactor compactor = new Compactor();
        for (MappedRow row : rows) {
            if (row.mapping().isKeyless() || (row.mapping().isInFamily() && !unchecked)) {
                compactor.ordered.add(new OrderedChange(row.mapping(), row.change()));
            } else {
                compactor.add(row);
            }
        }
        return new Compacted(List.copyOf(compactor.states.values()), compactor.ordered);
    }

    private void add(MappedRow row) {
        RowMapping mapping = row.mapping();
        @Nullable Object[] before = row.change().before();
        @Nullable Object[] after = row.change().after();
        if (before != null && after != null) {
            Identity oldKey = identity(mapping, before);
            Identity newKey = identity(mapping, after);
            if (oldKey.equals(newKey)) {
                RowState state = states.computeIfAbsent(oldKey, key -> new RowState(row, before));
                state.deleteFirst |= mapping.changesIdentity(before, after);
                leave(state, mapping, after);
                return;
            }
        }
        if (before != null) {
            RowState state = states.computeIfAbsent(identity(mapping, before), key -> new RowState(row, before));
            state.deleteFirst = true;
            leave(state, mapping, null);
        }
        if (after != null) {
            leave(states.computeIfAbsent(identity(mapping, after), key -> new RowState(row, null)), mapping, after);
        }
    }

    private static void leave(RowState state, RowMapping mapping, @Nullable Object @Nullable [] image) {
        state.mapping = mapping;
        state.last = image;
    }

    private static Identity identity(RowMapping mapping, @Nullable Object[] image) {
        return new Identity(mapping.target().name(), mapping.key(image));
    }
}
