package io.tiderace.capture;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * MySQL's binary JSON to the text that MySQL prints, so that copy and stream give the same. Not thread-safe. Source: MySQL internals,
 * {@code json_binary.h} (format) and {@code Json_wrapper::to_string} (text).
 */
final class JsonText {
    private static final int MAX_DEPTH = 101;
    private static final int INLINE_16 = 0x06;

    private final StringBuilder out = new StringBuilder();
    private byte[] in = new byte[0];
    private int end;

    /** The document in {@code bytes[at, at + length)} as text. An empty document is what a failed non-strict update leaves: JSON null. */
    StringBuilder text(byte[] bytes, int at, int length) {
        in = bytes;
        end = at + length;
        out.setLength(0);
        if (length == 0) {
            return out.append("null");
        }
        value(bytes[at] & 0xff, at + 1, 0);
        return out;
    }

    private void value(int type, int at, int depth) {
        if (depth > MAX_DEPTH) {
            throw new BadValueException("JSON nested deeper than MySQL allows");
        }
        switch (type) {
            case 0x00 -> container(at, false, false, depth);
            case 0x01 -> container(at, false, true, depth);
            case 0x02 -> container(at, true, false, depth);
            case 0x03 -> container(at, true, true, depth);
            case 0x04 -> literal(at);
            case 0x05 -> out.append((short) unsigned(at, 2));
            case INLINE_16 -> out.append(unsigned(at, 2));
            case 0x07 -> out.append((int) unsigned(at, 4));
            case 0x08 -> out.append(unsigned(at, 4));
            case 0x09 -> out.append(unsigned(at, 8));
            case 0x0a -> out.append(Long.toUnsignedString(unsigned(at, 8)));
            case 0x0b -> number(Double.longBitsToDouble(unsigned(at, 8)));
            case 0x0c -> {
                long length = varLength(at);
                string(at + varLengthBytes(at), (int) length);
            }
            case 0x0f -> opaque(at);
            default -> throw new BadValueException("unknown JSON value type " + type);
        }
    }

    private void container(int at, boolean array, boolean large, int depth) {
        int width = large ? 4 : 2;
        int count = (int) unsigned(at, width);
        int keys = at + 2 * width;
        int values = array ? keys : keys + count * (width + 2);
        out.append(array ? '[' : '{');
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                out.append(", ");
            }
            if (!array) {
                int key = keys + i * (width + 2);
                string(at + (int) unsigned(key, width), (int) unsigned(key + width, 2));
                out.append(": ");
            }
            int entry = values + i * (1 + width);
            check(entry, 1 + width);
            int type = in[entry] & 0xff;
            boolean inline =
                    type == 0x04 || type == 0x05 || type == INLINE_16 || (large && (type == 0x07 || type == 0x08));
            value(type, inline ? entry + 1 : at + (int) unsigned(entry + 1, width), depth + 1);
        }
        out.append(array ? ']' : '}');
    }

    private void literal(int at) {
        check(at, 1);
        byte code = in[at];
        switch (code) {
            case 0 -> out.append("null");
            case 1 -> out.append("true");
            case 2 -> out.append("false");
            default -> throw new BadValueException("unknown JSON literal " + code);
        }
    }

    private void string(int at, int length) {
        check(at, length);
        String text = new String(in, at, length, StandardCharsets.UTF_8);
        if (text.indexOf('\ufffd') >= 0) {
            byte[] again = text.getBytes(StandardCharsets.UTF_8);
            if (!Arrays.equals(again, 0, again.length, in, at, at + length)) {
                throw new BadValueException("bytes that are no text in a JSON string");
            }
        }
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\f' -> out.append("\\f");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u00")
                                .append(Character.forDigit(c >> 4, 16))
                                .append(Character.forDigit(c & 15, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private void opaque(int at) {
        int fieldType = in[at] & 0xff;
        int length = (int) varLength(at + 1);
        int data = at + 1 + varLengthBytes(at + 1);
        check(data, length);
        switch (fieldType) {
            case 246 -> Decimals.append(out, in, data + 2, in[data] & 0xff, in[data + 1] & 0xff);
            case 7, 12, 17, 18 -> temporal(data, true, true);
            case 10, 14 -> temporal(data, true, false);
            case 11, 19 -> temporal(data, false, true);
            default -> {
                byte[] raw = new byte[length];
                System.arraycopy(in, data, raw, 0, length);
                out.append("\"base64:type").append(fieldType).append(':');
                out.append(Base64.getEncoder().encodeToString(raw)).append('"');
            }
        }
    }

    private void temporal(int at, boolean date, boolean time) {
        out.append('"');
        Temporals.packedInJson(out, unsigned(at, 8), date, time);
        out.append('"');
    }

    private long varLength(int at) {
        long value = 0;
        for (int i = 0; i < 5; i++) {
            check(at + i, 1);
            value |= (long) (in[at + i] & 0x7f) << (7 * i);
            if ((in[at + i] & 0x80) == 0) {
                return value;
            }
        }
        throw new BadValueException("malformed JSON length");
    }

    private int varLengthBytes(int at) {
        int count = 1;
        while ((in[at + count - 1] & 0x80) != 0) {
            count++;
        }
        return count;
    }

    private long unsigned(int at, int count) {
        check(at, count);
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | (in[at + i] & 0xff);
        }
        return value;
    }

    private void check(int at, int count) {
        if (at < 0 || count < 0 || at > end - count) {
            throw new BadValueException("JSON document is cut off");
        }
    }

    /** As {@code my_gcvt}: shortest digits that give the double back, fixed notation for 15 digits and less, and always a sign of a fraction. */
    private void number(double value) {
        BigDecimal digits = shortest(value);
        if (digits.signum() == 0) {
            out.append(1 / value < 0 ? "-0.0" : "0.0");
            return;
        }
        String unscaled = digits.unscaledValue().abs().toString();
        int point = unscaled.length() - digits.scale();
        if (digits.signum() < 0) {
            out.append('-');
        }
        if (point >= -14 && (point <= 15 || unscaled.length() > point)) {
            fixed(unscaled, point);
        } else {
            out.append(unscaled.charAt(0));
            if (unscaled.length() > 1) {
                out.append('.').append(unscaled, 1, unscaled.length());
            }
            out.append('e').append(point - 1);
        }
    }

    private void fixed(String unscaled, int point) {
        if (point <= 0) {
            out.append("0.").append("0".repeat(-point)).append(unscaled);
        } else if (point < unscaled.length()) {
            out.append(unscaled, 0, point).append('.').append(unscaled, point, unscaled.length());
        } else {
            out.append(unscaled).append("0".repeat(point - unscaled.length())).append(".0");
        }
    }

    private static BigDecimal shortest(double value) {
        // Java 17's Double.toString may give a digit too many (JDK-4511638)
        BigDecimal best = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal exact = new BigDecimal(value);
        while (best.precision() > 1) {
            BigDecimal shorter = exact.round(new MathContext(best.precision() - 1, RoundingMode.HALF_EVEN));
            if (shorter.doubleValue() != value) {
                return best;
            }
            best = shorter.stripTrailingZeros();
        }
        return best;
    }
}
