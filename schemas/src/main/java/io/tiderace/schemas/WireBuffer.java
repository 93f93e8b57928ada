package io.tiderace.schemas;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing array of bytes that is written as Avro binary (Avro specification, "Binary encoding"). Reused from record to record; not
 * thread-safe.
 */
public final class WireBuffer {
    private static final int MAX_LENGTH = Integer.MAX_VALUE - 16;
    private static final int DOUBLED_MAX = 1 << 20;
    private static final int KEPT_BYTES = 4 << 20;
    private static final int SMALL_BYTES = 64 << 10;

    private final int maxLength;
    private byte[] bytes;
    private int length;

    public WireBuffer(int capacity) {
        this(capacity, MAX_LENGTH);
    }

    /** @param maxLength in bytes; a write beyond it is a {@link FullException}, before anything is allocated */
    public WireBuffer(int capacity, int maxLength) {
        this.maxLength = maxLength;
        bytes = new byte[Math.max(16, capacity)];
    }

    /** Forgets what was written, keeps the room unless it is that of an unusually large value. */
    public void reset() {
        length = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[SMALL_BYTES];
        }
    }

    public int length() {
        return length;
    }

    /** Makes room for that many bytes more, as far as it may hold them, so that the array need not grow while they are written. */
    public void reserve(int more) {
        ensure(Math.min(more, maxLength - length));
    }

    /** The array itself, valid up to {@link #length()} and until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** Takes back everything written after {@code newLength} bytes. */
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot truncate " + length + " bytes to " + newLength);
        }
        length = newLength;
    }

    public void writeByte(int value) {
        ensure(1);
        bytes[length++] = (byte) value;
    }

    /** An Avro int or long: zigzag, variable length. */
    public void writeLong(long value) {
        ensure(10);
        long n = (value << 1) ^ (value >> 63);
        while ((n & ~0x7FL) != 0) {
            bytes[length++] = (byte) (n | 0x80);
            n >>>= 7;
        }
        bytes[length++] = (byte) n;
    }

    public void writeInt32BigEndian(int value) {
        ensure(4);
        bytes[length++] = (byte) (value >> 24);
        bytes[length++] = (byte) (value >> 16);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    public void writeFloat(float value) {
        ensure(4);
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes[length++] = (byte) (bits >> shift);
        }
    }

    public void writeDouble(double value) {
        ensure(8);
        long bits = Double.doubleToRawLongBits(value);
        for (int shift = 0; shift < 64; shift += 8) {
            bytes[length++] = (byte) (bits >> shift);
        }
    }

    public void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    /** Avro bytes: length, then content. */
    public void writeBytes(byte[] source, int offset, int count) {
        writeLong(count);
        writeRaw(source, offset, count);
    }

    /** An Avro string whose content is UTF-8 already. */
    public void writeUtf8(byte[] source, int offset, int count) {
        writeBytes(source, offset, count);
    }

    public void writeString(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        writeBytes(utf8, 0, utf8.length);
    }

    /** An Avro string of which every char is below 128. */
    public void writeAscii(CharSequence value) {
        int count = value.length();
        writeLong(count);
        ensure(count);
        for (int i = 0; i < count; i++) {
            bytes[length++] = (byte) value.charAt(i);
        }
    }

    /** Content without a length. */
    public void writeRaw(byte[] source, int offset, int count) {
        ensure(count);
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
    }

    private void ensure(int more) {
        if (bytes.length - length < more) {
            grow(more);
        }
    }

    private void grow(int more) {
        long needed = (long) length + more;
        if (needed > maxLength) {
            throw new FullException(maxLength);
        }
        // a large array grows by an eighth: twice 64 MiB would be half of a small heap
        long grown = bytes.length <= DOUBLED_MAX ? bytes.length * 2L : bytes.length + bytes.length / 8L;
        bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(needed, grown), maxLength));
    }

    /** More was to be written than the buffer may hold. */
    public static final class FullException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FullException(int maxLength) {
            super("more than " + maxLength + " bytes");
        }
    }
}
