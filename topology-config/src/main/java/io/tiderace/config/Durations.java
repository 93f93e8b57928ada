package io.tiderace.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them, which is what DM's files hold. Source: {@code time.ParseDuration}. */
final class Durations {
    private static final Pattern PART = Pattern.compile("\\G([0-9]*\\.?[0-9]+|[0-9]+\\.)(ns|us|µs|μs|ms|s|m|h)");
    private static final Map<String, BigDecimal> UNIT_MS = Map.of(
            "ns",
            new BigDecimal("0.000001"),
            "us",
            new BigDecimal("0.001"),
            "µs",
            new BigDecimal("0.001"),
            "μs",
            new BigDecimal("0.001"),
            "ms",
            BigDecimal.ONE,
            "s",
            BigDecimal.valueOf(1_000),
            "m",
            BigDecimal.valueOf(60_000),
            "h",
            BigDecimal.valueOf(3_600_000));

    private Durations() {}

    /**
     * @throws IllegalArgumentException when it is not a duration, without repeating it (it may be a secret by mistake); a number
     *     without a unit is none, except 0
     */
    static long parseMs(String text) {
        boolean isNegative = text.startsWith("-");
        String unsigned = isNegative || text.startsWith("+") ? text.substring(1) : text;
        if (unsigned.equals("0")) {
            return 0;
        }
        Matcher part = PART.matcher(unsigned);
        BigDecimal sum = BigDecimal.ZERO;
        int end = 0;
        while (part.find()) {
            sum = sum.add(new BigDecimal(part.group(1)).multiply(UNIT_MS.get(part.group(2))));
            end = part.end();
        }
        // Go's durations are 64 bits of nanoseconds
        if (end == 0 || end < unsigned.length() || sum.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 1_000_000)) > 0) {
            throw new IllegalArgumentException(unsigned.matches("[0-9]+") ? ": the unit is missing" : "");
        }
        long ms = sum.setScale(0, RoundingMode.DOWN).longValueExact();
        return isNegative ? -ms : ms;
    }
}
