package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A table with unique indexes that rejects duplicates, and does what MySQL does with the planner's statements. */
final class ModelTarget {
    static final class Duplicate extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Duplicate(String message) {
            super(message);
        }
    }

    private final TargetTable table;
    private final List<@Nullable Object[]> rows = new ArrayList<>();

    ModelTarget(TargetTable table) {
        this.table = table;
    }

    ModelTarget copy() {
        ModelTarget copy = new ModelTarget(table);
        rows.forEach(row -> copy.rows.add(row.clone()));
        return copy;
    }

    List<@Nullable Object[]> rows() {
        return rows;
    }

    void insert(@Nullable Object[] row) {
        for (@Nullable Object[] other : rows) {
            for (TargetKey key : table.keys()) {
                if (equal(key, row, other)) {
                    throw new Duplicate(
                            key.name() + ": " + Arrays.toString(row) + " against " + Arrays.toString(other));
                }
            }
        }
        rows.add(row.clone());
    }

    /** As a source does it: the row must be there. */
    void update(@Nullable Object[] before, @Nullable Object[] after) {
        delete(before);
        try {
            insert(after);
        } catch (Duplicate e) {
            rows.add(before.clone());
            throw e;
        }
    }

    void delete(@Nullable Object[] before) {
        for (int i = 0; i < rows.size(); i++) {
            if (Arrays.equals(rows.get(i), before)) {
                rows.remove(i);
                return;
            }
        }
        throw new IllegalStateException("no row " + Arrays.toString(before));
    }

    /** Runs a planned statement; false when the counts are not those expected. */
    boolean apply(Write write) {
        long affected = 0;
        if (write instanceof Write.Delete delete) {
            int before = rows.size();
            delete.images()
                    .forEach(image -> rows.removeIf(row -> equal(table.keys().get(0), row, image)));
            affected = before - rows.size();
        } else if (write instanceof Write.Insert insert) {
            insert.images().forEach(this::insert);
            affected = insert.images().size();
        } else if (write instanceof Write.Upsert upsert) {
            for (@Nullable Object[] image : upsert.images()) {
                affected += upsert(image);
            }
        } else if (write instanceof Write.Replace replace) {
            for (@Nullable Object[] image : replace.images()) {
                rows.removeIf(row -> table.keys().stream().anyMatch(key -> equal(key, row, image)));
                rows.add(image.clone());
            }
        } else if (write instanceof Write.UpdateOne update) {
            delete(update.before());
            rows.add(update.after().clone());
            affected = 1;
        } else if (write instanceof Write.DeleteOne delete) {
            delete(delete.before());
            affected = 1;
        }
        return write.expected() < 0 || write.expected() == affected;
    }

    private int upsert(@Nullable Object[] image) {
        for (TargetKey key : table.keys()) {
            for (int i = 0; i < rows.size(); i++) {
                @Nullable Object[] old = rows.get(i);
                if (equal(key, old, image)) {
                    rows.remove(i);
                    insert(image);
                    return Arrays.equals(old, image) ? 1 : 2;
                }
            }
        }
        rows.add(image.clone());
        return 1;
    }

    private boolean equal(TargetKey key, @Nullable Object[] left, @Nullable Object[] right) {
        for (KeyPart part : key.parts()) {
            int index = -1;
            for (int i = 0; i < table.columns().size(); i++) {
                index = table.columns().get(i).name().equals(part.column()) ? i : index;
            }
            TargetColumn column = table.columns().get(index);
            Object leftValue = left[index];
            Object rightValue = right[index];
            if (leftValue == null || rightValue == null) {
                return false;
            }
            boolean loose = column.collation() != null && column.collation().endsWith("_ci");
            if (!Objects.equals(loose ? lower(leftValue) : leftValue, loose ? lower(rightValue) : rightValue)) {
                return false;
            }
        }
        return true;
    }

    private static Object lower(Object value) {
        return value.toString().toLowerCase(Locale.ROOT).replace('á', 'a').stripTrailing();
    }

    /** The content, comparable. */
    @Override
    public String toString() {
        TreeSet<String> sorted = new TreeSet<>();
        int same = 0;
        for (@Nullable Object[] row : rows) {
            String text = Arrays.toString(row);
            while (!sorted.add(text)) {
                text = Arrays.toString(row) + " again " + same++;
            }
        }
        return sorted.toString();
    }
}
