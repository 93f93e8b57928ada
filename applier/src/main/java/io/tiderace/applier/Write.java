package io.tiderace.applier;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One statement to be, over rows that do not touch each other. Images are those of the mapping's source. */
sealed interface Write {
    RowMapping mapping();

    /** What is written, or for a deletion what has the key. */
    default List<@Nullable Object[]> images() {
        return List.of();
    }

    /** Rows that the target reports as affected when it holds what the source held; -1 when that cannot be said. */
    long expected();

    /** The same for some of the images. */
    Write part(List<@Nullable Object[]> some);

    /** True when only a look-up tells whether the rows are there, though they should be. */
    default boolean isBlind() {
        return false;
    }

    /** Rows whose key values are those of the images are deleted: all are there, or none, or it cannot be said. */
    record Delete(RowMapping mapping, List<@Nullable Object[]> images, long expected) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return new Delete(mapping, some, expected > 0 ? some.size() : expected);
        }
    }

    /** The rows are new. */
    record Insert(RowMapping mapping, List<@Nullable Object[]> images) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return new Insert(mapping, some);
        }

        @Override
        public long expected() {
            return images.size();
        }
    }

    /**
     * The rows are there and keep their key values: MySQL counts 2 for a changed row, 1 for an unchanged and for a missing one.
     *
     * @param changed false when the rows are to be as they were, so that the count does not tell whether they are there
     */
    record Upsert(RowMapping mapping, List<@Nullable Object[]> images, boolean changed) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return new Upsert(mapping, some, changed);
        }

        @Override
        public long expected() {
            return changed ? 2L * images.size() : -1;
        }

        @Override
        public boolean isBlind() {
            return !changed;
        }
    }

    /** Whatever is in the way of the rows goes. */
    record Replace(RowMapping mapping, List<@Nullable Object[]> images) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return new Replace(mapping, some);
        }

        @Override
        public long expected() {
            return -1;
        }
    }

    /** The row that has the image's key; one of those that equal the image, in a table without a key. */
    record UpdateOne(
            RowMapping mapping,
            @Nullable Object[] before,
            @Nullable Object[] after) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return this;
        }

        @Override
        public List<@Nullable Object[]> images() {
            return List.<@Nullable Object[]>of(before);
        }

        @Override
        public long expected() {
            return 1;
        }
    }

    /** The row that has the image's key; one of those that equal the image, in a table without a key. */
    record DeleteOne(RowMapping mapping, @Nullable Object[] before) implements Write {
        @Override
        public Write part(List<@Nullable Object[]> some) {
            return this;
        }

        @Override
        public List<@Nullable Object[]> images() {
            return List.<@Nullable Object[]>of(before);
        }

        @Override
        public long expected() {
            return 1;
        }
    }
}
