package io.tiderace.capture;

import io.tiderace.schemas.WireBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Text of one MySQL character set to UTF-8. Bytes that are no text in that character set are an error, never replaced. Not thread-safe.
 * Source: MySQL manual, 12.10 Supported Character Sets and Collations.
 */
abstract class TextCodec {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long NOT_ASCII = 0x8080808080808080L;

    /** Where the bytes below 128 end: most text has no others. */
    static int asciiEnd(byte[] in, int at, int end) {
        int i = at;
        while (end - i >= Long.BYTES && ((long) LONGS.get(in, i) & NOT_ASCII) == 0) {
            i += Long.BYTES;
        }
        while (i < end && in[i] >= 0) {
            i++;
        }
        return i;
    }

    /** Writes the text as an Avro string. */
    abstract void write(byte[] in, int at, int length, WireBuffer out);

    /** The text itself, for names and keys that are needed as objects. */
    final String decode(byte[] in, int at, int length) {
        WireBuffer buffer = new WireBuffer(length + 8);
        write(in, at, length, buffer);
        int start = 0;
        while ((buffer.array()[start] & 0x80) != 0) {
            start++;
        }
        start++;
        return new String(buffer.array(), start, buffer.length() - start, StandardCharsets.UTF_8);
    }

    /** True when {@link #of} knows the character set. */
    static boolean isKnown(@Nullable String charset) {
        return charset == null
                || switch (charset) {
                    case "utf8mb4", "utf8mb3", "utf8", "ascii", "ucs2", "utf16", "utf16le", "utf32" -> true;
                    default -> CharsetTables.isKnown(charset);
                };
    }

    /** @throws BadValueException when the character set has no decoder */
    static TextCodec of(@Nullable String charset) {
        if (charset == null) {
            return new Utf8(false);
        }
        return switch (charset) {
            case "utf8mb4", "utf8mb3", "utf8" -> new Utf8(false);
            case "ascii" -> new Utf8(true);
            case "ucs2", "utf16", "utf16le", "utf32" -> new UnicodeText(charset);
            default -> {
                char[] single = CharsetTables.single(charset);
                CharsetTables.Multi multi = CharsetTables.multi(charset);
                if (single == null && multi == null) {
                    throw new BadValueException("text in character set " + charset + " cannot be decoded");
                }
                yield single != null
                        ? new SingleByteText(charset, single)
                        : new MultiByteText(charset, Objects.requireNonNull(multi));
            }
        };
    }

    static BadValueException invalid(String charset, byte[] in, int at, int length) {
        String start = HexFormat.of().formatHex(in, at, at + Math.min(length, 16));
        return new BadValueException(
                "bytes that are no " + charset + " text (the value begins 0x" + start + (length > 16 ? "…" : "") + ")");
    }

    private static final class Utf8 extends TextCodec {
        private final boolean asciiOnly;

        Utf8(boolean asciiOnly) {
            this.asciiOnly = asciiOnly;
        }

        @Override
        void write(byte[] in, int at, int length, WireBuffer out) {
            int end = at + length;
            int other = asciiEnd(in, at, end);
            if (other < end && (asciiOnly || !isUtf8(in, other, end))) {
                throw invalid(asciiOnly ? "ascii" : "utf8mb4", in, at, length);
            }
            out.writeUtf8(in, at, length);
        }

        /** Well-formed by Unicode's table 3-7: shortest form, no surrogates, at most U+10FFFF. */
        private static boolean isUtf8(byte[] in, int at, int end) {
            int i = at;
            while (i < end) {
                int b = in[i++];
                if (b >= 0) {
                    continue;
                }
                int lead = b & 0xff;
                int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
                if (lead < 0xc2 || lead > 0xf4 || end - i < more) {
                    return false;
                }
                int second = in[i] & 0xff;
                int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
                int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
                if (second < low || second > high) {
                    return false;
                }
                for (int k = 1; k < more; k++) {
                    if ((in[i + k] & 0xc0) != 0x80) {
                        return false;
                    }
                }
                i += more;
            }
            return true;
        }
    }
}
