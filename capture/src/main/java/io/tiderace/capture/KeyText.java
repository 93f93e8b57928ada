package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.WireBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Key values for messages, as {@code id=7}: text as it is, other bytes in hexadecimal. */
final class KeyText {
    private static final int BYTES_MAX = 64;

    private KeyText() {}

    /** A value as the server prints it. */
    static String printed(String column, byte[] value) {
        return column + "=" + text(value, 0, value.length);
    }

    /** A value as it is on the wire, without a union branch. */
    static String wire(Column column, WireBuffer value) {
        byte[] bytes = value.array();
        return column.name() + "="
                + switch (column.type().wire()) {
                    case INT, LONG -> Long.toString(number(bytes));
                    case FLOAT, DOUBLE -> "0x" + HexFormat.of().formatHex(bytes, 0, value.length());
                    case STRING, BYTES -> {
                        int start = value.length() - Math.toIntExact(number(bytes));
                        yield text(bytes, start, value.length());
                    }
                };
    }

    private static long number(byte[] bytes) {
        long value = 0;
        int at = 0;
        do {
            value |= (long) (bytes[at] & 0x7f) << (7 * at);
        } while (bytes[at++] < 0);
        return value >>> 1 ^ -(value & 1);
    }

    private static String text(byte[] bytes, int from, int to) {
        int end = Math.min(to, from + BYTES_MAX);
        String text = new String(bytes, from, end - from, StandardCharsets.UTF_8);
        boolean isText = text.chars().noneMatch(c -> c < ' ' || c == '\ufffd');
        String more = end < to ? "…" : "";
        return (isText ? "'" + text + "'" : "0x" + HexFormat.of().formatHex(Arrays.copyOfRange(bytes, from, end)))
                + more;
    }
}
