package io.tiderace.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads what a {@code WireBuffer} holds, by Avro's specification. */
final class WireInput {
    private final ByteBuffer in;

    WireInput(byte[] wire) {
        in = ByteBuffer.wrap(wire).order(ByteOrder.LITTLE_ENDIAN);
    }

    long readLong() {
        long value = 0;
        int shift = 0;
        byte b;
        do {
            b = in.get();
            value |= (long) (b & 0x7f) << shift;
            shift += 7;
        } while (b < 0);
        return value >>> 1 ^ -(value & 1);
    }

    float readFloat() {
        return in.getFloat();
    }

    double readDouble() {
        return in.getDouble();
    }

    byte[] readBytes() {
        byte[] result = new byte[Math.toIntExact(readLong())];
        in.get(result);
        return result;
    }

    String readString() {
        return new String(readBytes(), StandardCharsets.UTF_8);
    }

    boolean isAtEnd() {
        return !in.hasRemaining();
    }
}
