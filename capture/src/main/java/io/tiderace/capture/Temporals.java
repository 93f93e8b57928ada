package io.tiderace.capture;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Dates and times as the binlog stores them to the text that MySQL prints, zero, partial and invalid dates included. Source: MySQL internals,
 * {@code my_time.cc}: {@code my_datetime_packed_from_binary}, {@code my_time_packed_from_binary}, {@code my_timestamp_from_binary}.
 */
final class Temporals {
    private static final long DATETIME_OFFSET = 0x8000000000L;
    private static final int TIME_OFFSET = 0x800000;
    private static final long TIME6_OFFSET = 0x800000000000L;
    private static final int[] FRACTION_UNIT = {1_000_000, 10_000, 10_000, 100, 100, 1, 1};

    private Temporals() {}

    static int fractionBytes(int fsp) {
        return (fsp + 1) / 2;
    }

    static void date(StringBuilder out, byte[] in, int at) {
        int value = littleEndian(in, at, 3);
        date(out, value >> 9, (value >> 5) & 15, value & 31);
    }

    static void datetime(StringBuilder out, byte[] in, int at, int fsp) {
        long packed = bigEndian(in, at, 5) - DATETIME_OFFSET;
        long day = packed >> 17;
        long month = day >> 5;
        long time = packed & 0x1ffff;
        date(out, (int) (month / 13), (int) (month % 13), (int) (day & 31));
        out.append(' ');
        clock(out, (int) (time >> 12), (int) (time >> 6) & 63, (int) time & 63);
        fraction(out, micros(in, at + 5, fsp), fsp);
    }

    static void timestamp(StringBuilder out, byte[] in, int at, int fsp) {
        instant(out, bigEndian(in, at, 4), micros(in, at + 4, fsp), fsp);
    }

    static void time(StringBuilder out, byte[] in, int at, int fsp) {
        long packed = packedTime(in, at, fsp);
        if (packed < 0) {
            out.append('-');
            packed = -packed;
        }
        long whole = packed >> 24;
        clock(out, (int) (whole >> 12) & 1023, (int) (whole >> 6) & 63, (int) whole & 63);
        fraction(out, (int) (packed & 0xffffff), fsp);
    }

    /** TIMESTAMP of a table made before MySQL 5.6. */
    static void oldTimestamp(StringBuilder out, byte[] in, int at) {
        instant(out, littleEndian(in, at, 4) & 0xffffffffL, 0, 0);
    }

    /** DATETIME of a table made before MySQL 5.6: the decimal number YYYYMMDDhhmmss. */
    static void oldDatetime(StringBuilder out, byte[] in, int at) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | (in[at + i] & 0xff);
        }
        long day = value / 1_000_000;
        long time = value % 1_000_000;
        date(out, (int) (day / 10_000), (int) (day / 100 % 100), (int) (day % 100));
        out.append(' ');
        clock(out, (int) (time / 10_000), (int) (time / 100 % 100), (int) (time % 100));
    }

    /** TIME of a table made before MySQL 5.6: the signed decimal number hhmmss. */
    static void oldTime(StringBuilder out, byte[] in, int at) {
        int value = littleEndian(in, at, 3) << 8 >> 8;
        if (value < 0) {
            out.append('-');
            value = -value;
        }
        clock(out, value / 10_000, value / 100 % 100, value % 100);
    }

    /** DATETIME, DATE or TIME inside JSON: 8 bytes, microseconds in the low 24 bits. */
    static void packedInJson(StringBuilder out, long packed, boolean date, boolean time) {
        long value = packed;
        if (!date) {
            if (value < 0) {
                out.append('-');
                value = -value;
            }
            long whole = value >> 24;
            clock(out, (int) (whole >> 12) & 1023, (int) (whole >> 6) & 63, (int) whole & 63);
            fraction(out, (int) (value & 0xffffff), 6);
            return;
        }
        long whole = value >> 24;
        long month = whole >> 22;
        date(out, (int) (month / 13), (int) (month % 13), (int) (whole >> 17) & 31);
        if (time) {
            out.append(' ');
            clock(out, (int) (whole >> 12) & 31, (int) (whole >> 6) & 63, (int) whole & 63);
            fraction(out, (int) (value & 0xffffff), 6);
        }
    }

    private static long packedTime(byte[] in, int at, int fsp) {
        if (fsp > 4) {
            return bigEndian(in, at, 6) - TIME6_OFFSET;
        }
        long whole = bigEndian(in, at, 3) - TIME_OFFSET;
        int bytes = fractionBytes(fsp);
        if (bytes == 0) {
            return whole << 24;
        }
        long fraction = bigEndian(in, at + 3, bytes);
        if (whole < 0 && fraction != 0) {
            // a negative time stores its fraction as the complement
            whole++;
            fraction -= 1L << (8 * bytes);
        }
        return (whole << 24) + fraction * FRACTION_UNIT[fsp];
    }

    private static int micros(byte[] in, int at, int fsp) {
        return fsp == 0 ? 0 : (int) bigEndian(in, at, fractionBytes(fsp)) * FRACTION_UNIT[fsp];
    }

    static void instant(StringBuilder out, long seconds, int micros, int fsp) {
        if (seconds == 0 && micros == 0) {
            date(out, 0, 0, 0);
            out.append(' ');
            clock(out, 0, 0, 0);
        } else {
            LocalDateTime utc = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
            date(out, utc.getYear(), utc.getMonthValue(), utc.getDayOfMonth());
            out.append(' ');
            clock(out, utc.getHour(), utc.getMinute(), utc.getSecond());
        }
        fraction(out, micros, fsp);
    }

    static void date(StringBuilder out, int year, int month, int day) {
        digits(out, year, 4);
        out.append('-');
        digits(out, month, 2);
        out.append('-');
        digits(out, day, 2);
    }

    static void clock(StringBuilder out, int hour, int minute, int second) {
        digits(out, hour, hour > 99 ? 3 : 2);
        out.append(':');
        digits(out, minute, 2);
        out.append(':');
        digits(out, second, 2);
    }

    static void fraction(StringBuilder out, int micros, int fsp) {
        if (fsp > 0) {
            int start = out.length() + 1;
            out.append('.');
            digits(out, micros, 6);
            out.setLength(start + fsp);
        }
    }

    private static void digits(StringBuilder out, int value, int count) {
        int divisor = 1;
        for (int i = 1; i < count; i++) {
            divisor *= 10;
        }
        for (int rest = value; divisor > 0; divisor /= 10) {
            out.append((char) ('0' + rest / divisor % 10));
        }
    }

    static long bigEndian(byte[] in, int at, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value = value << 8 | (in[at + i] & 0xff);
        }
        return value;
    }

    static int littleEndian(byte[] in, int at, int count) {
        int value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | (in[at + i] & 0xff);
        }
        return value;
    }
}
