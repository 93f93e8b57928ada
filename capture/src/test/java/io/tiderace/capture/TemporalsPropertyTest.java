package io.tiderace.capture;

import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: every date and time comes back as MySQL prints it, zero and invalid ones too. Method: MySQL's {@code my_time.cc} the other way round. */
class TemporalsPropertyTest {
    private static final int[] UNIT = {1_000_000, 100_000, 10_000, 1_000, 100, 10, 1};

    @Property(tries = 2000)
    void dates(
            @ForAll @IntRange(max = 9999) int year,
            @ForAll @IntRange(max = 12) int month,
            @ForAll @IntRange(max = 31) int day) {
        int packed = year << 9 | month << 5 | day;
        StringBuilder out = new StringBuilder();
        Temporals.date(out, new byte[] {(byte) packed, (byte) (packed >> 8), (byte) (packed >> 16)}, 0);
        assertThat(out.toString()).isEqualTo(text("%04d-%02d-%02d", year, month, day));
    }

    @Property(tries = 2000)
    void datetimes(
            @ForAll @IntRange(max = 9999) int year,
            @ForAll @IntRange(max = 12) int month,
            @ForAll @IntRange(max = 31) int day,
            @ForAll @IntRange(max = 86_399) int second,
            @ForAll @IntRange(max = 999_999) int micros,
            @ForAll @IntRange(max = 6) int fsp) {
        int fraction = micros / UNIT[fsp];
        long date = ((long) year * 13 + month) << 5 | day;
        long packed = (date << 17 | clock(second)) + 0x8000000000L;
        byte[] bytes = new byte[8];
        store(bytes, 0, packed, 5);
        storeFraction(bytes, 5, fraction * UNIT[fsp], fsp);
        StringBuilder out = new StringBuilder();
        Temporals.datetime(out, bytes, 0, fsp);
        assertThat(out.toString())
                .isEqualTo(text("%04d-%02d-%02d ", year, month, day) + clockText(second) + fractionText(fraction, fsp));
    }

    @Property(tries = 5000)
    void times(
            @ForAll boolean isNegative,
            @ForAll @IntRange(max = 3_020_399) int second,
            @ForAll @IntRange(max = 999_999) int micros,
            @ForAll @IntRange(max = 6) int fsp) {
        int fraction = second == 3_020_399 ? 0 : micros / UNIT[fsp];
        long value = (clock(second) << 24) + (long) fraction * UNIT[fsp];
        long packed = isNegative ? -value : value;
        byte[] bytes = new byte[6];
        if (fsp > 4) {
            store(bytes, 0, packed + 0x800000000000L, 6);
        } else {
            store(bytes, 0, (packed >> 24) + 0x800000, 3);
            storeFraction(bytes, 3, (int) (packed % (1L << 24)), fsp);
        }
        StringBuilder out = new StringBuilder();
        Temporals.time(out, bytes, 0, fsp);
        String sign = packed < 0 ? "-" : "";
        assertThat(out.toString()).isEqualTo(sign + clockText(second) + fractionText(fraction, fsp));
    }

    @Property(tries = 1000)
    void timestamps(@ForAll @IntRange(min = 1) int second, @ForAll @IntRange(max = 999) int millis) {
        byte[] bytes = new byte[6];
        store(bytes, 0, second, 4);
        storeFraction(bytes, 4, millis * 1000, 3);
        StringBuilder out = new StringBuilder();
        Temporals.timestamp(out, bytes, 0, 3);
        String expected = java.time.Instant.ofEpochSecond(second)
                .toString()
                .replace('T', ' ')
                .replace("Z", "");
        assertThat(out.toString()).isEqualTo(expected + fractionText(millis, 3));
    }

    private static long clock(int second) {
        return (long) (second / 3600) << 12 | (second / 60 % 60) << 6 | second % 60;
    }

    private static String clockText(int second) {
        return text("%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
    }

    private static String fractionText(int fraction, int fsp) {
        return fsp == 0 ? "" : text(".%0" + fsp + "d", fraction);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static void storeFraction(byte[] bytes, int at, int micros, int fsp) {
        int[] divisors = {1, 10_000, 10_000, 100, 100, 1, 1};
        if (fsp > 0) {
            store(bytes, at, micros / divisors[fsp], (fsp + 1) / 2);
        }
    }

    private static void store(byte[] bytes, int at, long value, int count) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >> (8 * (count - 1 - i)));
        }
    }
}
