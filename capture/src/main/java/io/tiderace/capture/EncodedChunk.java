package io.tiderace.capture;

import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.WireBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table, encoded but for the head with their numbers. Filled again and again by its {@link RangeReader}: what it holds is valid until
 * the taker returns.
 */
final class EncodedChunk {
    static final int ROWS_MAX = 2_000;
    static final int BYTES_MAX = 1 << 20;
    /** What comes after a row's image takes less. */
    private static final int TAIL_BYTES = 4 << 10;

    private final RowEncoder encoder;
    private final WireBuffer bodies;
    private final int[] ends = new int[ROWS_MAX];
    private final byte @Nullable [] @Nullable [] keys;
    private int rows;
    private @Nullable List<String> lastKey;

    /** @param rowBytesMax a row beyond it may be met with a {@link WireBuffer.FullException} */
    EncodedChunk(RowEncoder encoder, int rowBytesMax) {
        this.encoder = encoder;
        bodies = new WireBuffer(1 << 16, BYTES_MAX + rowBytesMax + TAIL_BYTES);
        keys = encoder.hasKey() ? new byte[ROWS_MAX][] : null;
    }

    /** Receives chunks in key order. */
    @FunctionalInterface
    interface Taker {
        /**
         * @param isEnd true when the range holds nothing behind this chunk
         * @return false to read no further
         */
        boolean take(EncodedChunk chunk, boolean isEnd) throws InterruptedException;
    }

    RowEncoder encoder() {
        return encoder;
    }

    int rows() {
        return rows;
    }

    int bytes() {
        return bodies.length();
    }

    /** The key of the last row as SQL literals; null without rows and without a key. */
    @Nullable
    List<String> lastKey() {
        return lastKey;
    }

    /** The record key of a row, null for a table without a primary key. */
    byte @Nullable [] key(int row) {
        return keys == null ? null : keys[row];
    }

    /** The record of a row: the head, which has its numbers, and what was encoded. */
    byte[] value(int row, WireBuffer head) {
        int start = row == 0 ? 0 : ends[row - 1];
        int length = ends[row] - start;
        byte[] value = new byte[head.length() + length];
        System.arraycopy(head.array(), 0, value, 0, head.length());
        System.arraycopy(bodies.array(), start, value, head.length(), length);
        return value;
    }

    void clear() {
        rows = 0;
        lastKey = null;
        bodies.reset();
    }

    boolean isFull() {
        return rows == ROWS_MAX || bodies.length() >= BYTES_MAX;
    }

    /** Where the next row is written. */
    WireBuffer bodies() {
        return bodies;
    }

    void endRow(byte @Nullable [] key) {
        if (keys != null) {
            keys[rows] = key;
        }
        ends[rows++] = bodies.length();
    }

    void lastKey(@Nullable List<String> key) {
        lastKey = key;
    }
}
