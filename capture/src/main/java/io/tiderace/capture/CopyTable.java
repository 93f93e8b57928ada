package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import org.jspecify.annotations.Nullable;

/**
 * A table of the first copy.
 *
 * @param key by which it is read in ranges; null when it can only be read whole, and so becomes visible as a whole
 * @param pageRows one query reads at most
 */
record CopyTable(TableStructure structure, @Nullable CopyKey key, long pageRows) {
    private static final long PAGE_BYTES = 64L << 20;
    private static final long PAGE_ROWS_MIN = 100;
    private static final long PAGE_ROWS_MAX = 100_000;
    private static final long PAGES_MIN = 32;
    private static final long SMALL_ROWS = 1_000;

    /**
     * @param rows as the source's statistics have it: a small table has small pages, so that there is something for every connection
     * @param rowBytes the same, 0 when they do not know
     */
    static CopyTable of(TableStructure structure, @Nullable CopyKey key, long rows, long rowBytes) {
        long bySize = PAGE_BYTES / Math.max(1, rowBytes);
        long byCount = Math.max(SMALL_ROWS, rows / PAGES_MIN);
        long page = Math.min(Math.max(Math.min(bySize, byCount), PAGE_ROWS_MIN), PAGE_ROWS_MAX);
        return new CopyTable(structure, key, page);
    }

    TableName name() {
        return structure.name();
    }

    /** True when a row cannot be told from another, so that none may come twice. */
    boolean isKeyless() {
        return key == null && structure.primaryKey().isEmpty();
    }
}
