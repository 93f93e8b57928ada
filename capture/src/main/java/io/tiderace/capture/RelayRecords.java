package io.tiderace.capture;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way to the relay topic, to the topic of prepared transactions, and to that of positions, in order: keys, values and how many bytes they take. Not
 * thread-safe.
 */
final class RelayRecords {
    /** What a record takes beside its bytes, roughly. */
    private static final long OVERHEAD_BYTES = 64;

    private static final byte RELAY = 0;
    private static final byte PREPARED = 1;
    private static final byte POSITIONS = 2;

    private byte[] @Nullable [] keys = new byte[16][];
    private byte[] @Nullable [] values = new byte[16][];
    private byte[] topics = new byte[16];
    private int count;
    private long bytes;

    void add(byte @Nullable [] key, byte[] value) {
        add(RELAY, key, value);
    }

    /** Adds a record to the topic of prepared transactions; without a value it ends what was there under the key. */
    void addPrepared(byte[] key, byte @Nullable [] value) {
        add(PREPARED, key, value);
    }

    /** Adds a record to the topic of positions; without a value it ends what was there under the key. */
    void addStored(byte[] key, byte @Nullable [] value) {
        add(POSITIONS, key, value);
    }

    private void add(byte topic, byte @Nullable [] key, byte @Nullable [] value) {
        reserve(1);
        topics[count] = topic;
        keys[count] = key;
        values[count++] = value;
        bytes += bytes(key, value);
    }

    void addAll(RelayRecords others) {
        reserve(others.count);
        System.arraycopy(others.keys, 0, keys, count, others.count);
        System.arraycopy(others.values, 0, values, count, others.count);
        System.arraycopy(others.topics, 0, topics, count, others.count);
        count += others.count;
        bytes += others.bytes;
    }

    /** Moves everything from {@code first} on to a new list. */
    RelayRecords cut(int first) {
        RelayRecords rest = new RelayRecords();
        rest.reserve(count - first);
        for (int i = first; i < count; i++) {
            rest.add(topics[i], keys[i], values[i]);
        }
        Arrays.fill(keys, first, count, null);
        Arrays.fill(values, first, count, null);
        count = first;
        bytes -= rest.bytes;
        return rest;
    }

    /** Puts another value in the place of one. */
    void replace(int index, byte[] value) {
        bytes += bytes(null, value) - bytes(null, values[index]);
        values[index] = value;
    }

    void clear() {
        Arrays.fill(keys, 0, count, null);
        Arrays.fill(values, 0, count, null);
        count = 0;
        bytes = 0;
    }

    byte @Nullable [] key(int index) {
        return keys[index];
    }

    byte @Nullable [] value(int index) {
        return values[index];
    }

    /** True when it is for the topic of prepared transactions. */
    boolean isPrepared(int index) {
        return topics[index] == PREPARED;
    }

    /** True when it is for the topic of positions. */
    boolean isStored(int index) {
        return topics[index] == POSITIONS;
    }

    int count() {
        return count;
    }

    /** Bytes of keys and values with something for each record. */
    long bytes() {
        return bytes;
    }

    private static long bytes(byte @Nullable [] key, byte @Nullable [] value) {
        return (value == null ? 0 : value.length) + (key == null ? 0 : key.length) + OVERHEAD_BYTES;
    }

    private void reserve(int more) {
        if (count + more > values.length) {
            int room = Math.max(count + more, values.length * 2);
            keys = Arrays.copyOf(keys, room);
            values = Arrays.copyOf(values, room);
            topics = Arrays.copyOf(topics, room);
        }
    }
}
