package io.tiderace.capture;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: every decimal comes back as it was. Method: MySQL's {@code decimal2bin} written the slow way. */
class DecimalsPropertyTest {
    @Property(tries = 5000)
    void decodingGivesTheNumberThatWasEncoded(
            @ForAll @IntRange(min = 1, max = 65) int precision,
            @ForAll @IntRange(min = 0, max = 30) int wantedScale,
            @ForAll BigInteger digits) {
        int scale = Math.min(wantedScale, precision);
        BigInteger unscaled = digits.pow(3).remainder(BigInteger.TEN.pow(precision));
        byte[] encoded = encoded(unscaled, precision, scale);
        StringBuilder out = new StringBuilder("=");
        Decimals.append(out, encoded, 0, precision, scale);
        assertThat(encoded).hasSize(Decimals.size(precision, scale));
        assertThat(out.toString()).isEqualTo("=" + new BigDecimal(unscaled, scale).toPlainString());
    }

    private static byte[] encoded(BigInteger unscaled, int precision, int scale) {
        StringBuilder digits = new StringBuilder(unscaled.abs().toString());
        while (digits.length() < precision) {
            digits.insert(0, '0');
        }
        int integral = precision - scale;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = integral % 9;
        group(out, digits.substring(0, at));
        for (; at < integral; at += 9) {
            group(out, digits.substring(at, at + 9));
        }
        for (; at < precision; at += 9) {
            group(out, digits.substring(at, Math.min(at + 9, precision)));
        }
        byte[] bytes = out.toByteArray();
        if (unscaled.signum() < 0) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) ~bytes[i];
            }
        }
        bytes[0] ^= (byte) 0x80;
        return bytes;
    }

    private static void group(ByteArrayOutputStream out, String digits) {
        int[] sizes = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
        int value = digits.isEmpty() ? 0 : Integer.parseInt(digits);
        for (int shift = 8 * (sizes[digits.length()] - 1); shift >= 0; shift -= 8) {
            out.write(value >> shift);
        }
    }
}
