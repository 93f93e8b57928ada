package io.tiderace.capture;

/** DECIMAL as the binlog stores it (MySQL internals, {@code decimal2bin}) to the text that MySQL prints. */
final class Decimals {
    private static final int DIGITS_PER_GROUP = 9;
    private static final int[] BYTES_OF_DIGITS = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

    private Decimals() {}

    static int size(int precision, int scale) {
        int integral = precision - scale;
        return integral / DIGITS_PER_GROUP * 4
                + BYTES_OF_DIGITS[integral % DIGITS_PER_GROUP]
                + scale / DIGITS_PER_GROUP * 4
                + BYTES_OF_DIGITS[scale % DIGITS_PER_GROUP];
    }

    /** Appends the number: no leading zeros but one, exactly {@code scale} digits after the point. */
    static void append(StringBuilder out, byte[] in, int at, int precision, int scale) {
        // the first bit is the sign, inverted; a negative number has every bit inverted
        boolean negative = (in[at] & 0x80) == 0;
        int mask = negative ? 0xff : 0;
        int integral = precision - scale;
        int start = out.length();
        int position = at;
        int first = integral % DIGITS_PER_GROUP;
        if (first > 0) {
            position = group(out, in, position, first, mask, position == at);
        }
        for (int i = 0; i < integral / DIGITS_PER_GROUP; i++) {
            position = group(out, in, position, DIGITS_PER_GROUP, mask, position == at);
        }
        int zeros = start;
        while (zeros < out.length() - 1 && out.charAt(zeros) == '0') {
            zeros++;
        }
        out.delete(start, zeros);
        if (out.length() == start) {
            out.append('0');
        }
        if (scale > 0) {
            out.append('.');
            for (int i = 0; i < scale / DIGITS_PER_GROUP; i++) {
                position = group(out, in, position, DIGITS_PER_GROUP, mask, position == at);
            }
            if (scale % DIGITS_PER_GROUP > 0) {
                group(out, in, position, scale % DIGITS_PER_GROUP, mask, position == at);
            }
        }
        if (negative) {
            out.insert(start, '-');
        }
    }

    private static int group(StringBuilder out, byte[] in, int at, int digits, int mask, boolean signed) {
        int bytes = BYTES_OF_DIGITS[digits];
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            int b = in[at + i] & 0xff;
            if (signed && i == 0) {
                b ^= 0x80;
            }
            value = value << 8 | (b ^ mask);
        }
        int start = out.length();
        out.append(value);
        while (out.length() - start < digits) {
            out.insert(start, '0');
        }
        return at + bytes;
    }

    /** What MySQL prints for a ZEROFILL or ordinary decimal, without the filling zeros. */
    static String withoutFilling(String text) {
        int i = 0;
        while (i + 1 < text.length() && text.charAt(i) == '0' && text.charAt(i + 1) != '.') {
            i++;
        }
        return text.substring(i);
    }
}
