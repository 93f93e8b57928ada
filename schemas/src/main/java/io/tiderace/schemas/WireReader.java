package io.tiderace.schemas;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads Avro binary from an array; throws {@link IllegalArgumentException} when the bytes end too early. */
final class WireReader {
    private final byte[] bytes;
    private int at;

    WireReader(byte[] bytes, int offset) {
        this.bytes = bytes;
        at = offset;
    }

    /** Offset of the next byte in the array. */
    int position() {
        return at;
    }

    long readLong() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = next();
            value |= (b & 0x7FL) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw new IllegalArgumentException("a number is longer than ten bytes");
    }

    int readInt() {
        return Math.toIntExact(readLong());
    }

    boolean readBoolean() {
        return next() != 0;
    }

    float readFloat() {
        int bits = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            bits |= (next() & 0xff) << shift;
        }
        return Float.intBitsToFloat(bits);
    }

    double readDouble() {
        long bits = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            bits |= (next() & 0xffL) << shift;
        }
        return Double.longBitsToDouble(bits);
    }

    byte[] readBytes() {
        int count = readCount();
        byte[] result = new byte[count];
        System.arraycopy(bytes, at, result, 0, count);
        at += count;
        return result;
    }

    String readString() {
        int count = readCount();
        String result = new String(bytes, at, count, StandardCharsets.UTF_8);
        at += count;
        return result;
    }

    /** @param likely what it probably is; returned, and not made anew, when it is that */
    String readString(String likely) {
        int start = at;
        if (readCount() == likely.length() && isAt(likely)) {
            at += likely.length();
            return likely;
        }
        at = start;
        return readString();
    }

    /** True when the text, in ASCII, comes next; its bytes are there. */
    private boolean isAt(String text) {
        for (int i = 0; i < text.length(); i++) {
            byte b = bytes[at + i];
            if (b < 0 || b != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** A union of null and string, null first. */
    @Nullable
    String readOptionalString() {
        return readLong() == 0 ? null : readString();
    }

    /** @param likely what it probably is, see {@link #readString(String)} */
    @Nullable
    String readOptionalString(@Nullable String likely) {
        return readLong() == 0 ? null : (likely == null ? readString() : readString(likely));
    }

    private int readCount() {
        long count = readLong();
        if (count < 0 || count > bytes.length - at) {
            throw new IllegalArgumentException("a value of " + count + " bytes at " + at + " runs past the end");
        }
        return (int) count;
    }

    private byte next() {
        if (at >= bytes.length) {
            throw new IllegalArgumentException("the record ends in the middle of a value");
        }
        return bytes[at++];
    }
}
