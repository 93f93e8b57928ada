package io.tiderace.applier;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One statement to be, over rows that do not touch each other. Images are those of the mapping's source. */
sealed interface Write {
    RowMapping mapping();

    /** Rows that the target reports as affected when it holds what the source held; -1 when that cannot be said. */
    long expected();

    /** Rows whose key values are those of the images are deleted. */
    record Delete(RowMapping mapping, List<@Nullable Object[]> images, long expected) implements Write {}

    /** The rows are new. */
    record Insert(RowMapping mapping, List<@Nullable Object[]> images) implements Write {
        @Override
        public long expected() {
            return images.size();
        }
    }

    /** The rows are there and keep their key values: MySQL counts 2 for a changed row, 1 for an unchanged and for a missing one. */
    record Upsert(RowMapping mapping, List<@Nullable Object[]> images, long expected) implements Write {}

    /** Whatever is in the way of the rows goes. */
    record Replace(RowMapping mapping, List<@Nullable Object[]> images) implements Write {
        @Override
        public long expected() {
            return -1;
        }
    }

    /** One of the rows that equal the image, in a table without a key. */
    record UpdateOne(
            RowMapping mapping,
            @Nullable Object[] before,
            @Nullable Object[] after) implements Write {
        @Override
        public long expected() {
            return 1;
        }
    }

    /** One of the rows that equal the image, in a table without a key. */
    record DeleteOne(RowMapping mapping, @Nullable Object[] before) implements Write {
        @Override
        public long expected() {
            return 1;
        }
    }
}
