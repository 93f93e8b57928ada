package io.tiderace.applier;

import io.tiderace.applier.RowMapping.OrderKey;
import io.tiderace.applier.RowMapping.OrderPart;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a transaction touches, as 64-bit hashes: every primary and unique key of the target, before and after image. Two transactions
 * that share no hash may be applied in any order; an accidental equality only costs parallelism. Not thread-safe.
 */
final class OrderKeys {
    /** So many transactions without checks may be under way at once. */
    private static final int FAMILY_SHARES = 16;

    private long[] hashes = new long[32];
    private int size;

    /** Adds what one row change touches, and the family of its table. */
    void add(RowMapping mapping, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after) {
        if (mapping.isInFamily()) {
            for (int share = 0; share < FAMILY_SHARES; share++) {
                put(mix(mapping.familySeed(), share));
            }
        }
        addRow(mapping, before, after);
    }

    /**
     * The same for a change for which foreign keys are not looked at: it is in order with all that are, and need not be with others of its kind.
     *
     * @param txn its transaction
     */
    void addUnchecked(
            RowMapping mapping, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after, long txn) {
        if (mapping.isInFamily()) {
            put(mix(mapping.familySeed(), txn % FAMILY_SHARES));
        }
        addRow(mapping, before, after);
    }

    private void addRow(RowMapping mapping, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after) {
        if (mapping.isTableOrdered()) {
            put(mapping.tableSeed());
            return;
        }
        for (OrderKey key : mapping.orderKeys()) {
            if (before != null) {
                addKey(key, before);
            }
            if (after != null) {
                addKey(key, after);
            }
        }
    }

    /** The distinct hashes, in no particular order. */
    long[] toArray() {
        Arrays.sort(hashes, 0, size);
        int distinct = 0;
        for (int i = 0; i < size; i++) {
            if (i == 0 || hashes[i] != hashes[i - 1]) {
                hashes[distinct++] = hashes[i];
            }
        }
        return Arrays.copyOf(hashes, distinct);
    }

    private void addKey(OrderKey key, @Nullable Object[] image) {
        long hash = key.seed();
        for (OrderPart part : key.parts()) {
            Object value = image[part.index()];
            if (value == null) {
                return; // NULL is equal to nothing
            }
            hash = hash(hash, value, part.fold());
        }
        put(finish(hash));
    }

    /** Where hashes of what the text names begin, far from those of other texts. */
    static long seed(String text) {
        return finish(hash(0x51ed270b_9f8a1c35L, text));
    }

    private void put(long hash) {
        if (size == hashes.length) {
            hashes = Arrays.copyOf(hashes, size * 2);
        }
        hashes[size++] = hash;
    }

    private static long hash(long seed, Object value, KeyFold fold) {
        return switch (fold) {
            case EXACT, UNKNOWN ->
                value instanceof Number number && !(number instanceof Double) && !(number instanceof Float)
                        ? mix(seed, number.longValue())
                        : hash(seed, value instanceof byte[] bytes ? Arrays.toString(bytes) : canonical(value));
            case BYTES -> hash(seed, (byte[]) value);
            case PADDED, LOOSE -> hash(seed, fold.fold((String) value));
        };
    }

    /** Minus zero equals zero. */
    private static String canonical(Object value) {
        return value instanceof Number number ? Double.toString(number.doubleValue() + 0.0) : value.toString();
    }

    private static long hash(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return mix(hash, text.length());
    }

    private static long hash(long seed, byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        long hash = seed;
        for (int i = 0; i < end; i++) {
            hash = (hash ^ (bytes[i] & 0xff)) * 0x100000001b3L;
        }
        return mix(hash, end);
    }

    private static long mix(long seed, long value) {
        return Long.rotateLeft((seed ^ value) * 0x9e3779b97f4a7c15L, 29) * 0xbf58476d1ce4e5b9L;
    }

    private static long finish(long hash) {
        long mixed = (hash ^ (hash >>> 30)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
