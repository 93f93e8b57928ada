package io.tiderace.capture;

import io.tiderace.schemas.WireBuffer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Text of one MySQL character set to UTF-8. Bytes that are no text in that character set are an error, never replaced. Not thread-safe.
 * Source: MySQL manual, 12.10 Supported Character Sets and Collations.
 */
abstract class TextCodec {
    private static final Map<String, String> JAVA_NAMES = Map.ofEntries(
            Map.entry("gbk", "GBK"),
            Map.entry("gb18030", "GB18030"),
            Map.entry("gb2312", "GB2312"),
            Map.entry("big5", "Big5"),
            Map.entry("ucs2", "UTF-16BE"),
            Map.entry("utf16", "UTF-16BE"),
            Map.entry("utf16le", "UTF-16LE"),
            Map.entry("utf32", "UTF-32BE"),
            Map.entry("sjis", "Shift_JIS"),
            Map.entry("cp932", "windows-31j"),
            Map.entry("ujis", "EUC-JP"),
            Map.entry("eucjpms", "EUC-JP"),
            Map.entry("euckr", "EUC-KR"),
            Map.entry("koi8r", "KOI8-R"),
            Map.entry("koi8u", "KOI8-U"),
            Map.entry("cp1250", "windows-1250"),
            Map.entry("cp1251", "windows-1251"),
            Map.entry("cp1256", "windows-1256"),
            Map.entry("cp1257", "windows-1257"),
            Map.entry("latin2", "ISO-8859-2"),
            Map.entry("latin5", "ISO-8859-9"),
            Map.entry("latin7", "ISO-8859-13"),
            Map.entry("greek", "ISO-8859-7"),
            Map.entry("hebrew", "ISO-8859-8"),
            Map.entry("cp850", "IBM850"),
            Map.entry("cp852", "IBM852"),
            Map.entry("cp866", "IBM866"),
            Map.entry("tis620", "TIS-620"));

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
                    case "utf8mb4", "utf8mb3", "utf8", "ascii", "latin1" -> true;
                    default -> JAVA_NAMES.containsKey(charset);
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
            case "latin1" -> new Latin1();
            default -> {
                String name = JAVA_NAMES.get(charset);
                if (name == null || !Charset.isSupported(name)) {
                    throw new BadValueException("text in character set " + charset + " cannot be decoded");
                }
                yield new Converting(charset, Charset.forName(name));
            }
        };
    }

    private static BadValueException invalid(String charset, byte[] in, int at, int length) {
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
            for (int i = at; i < end; i++) {
                if (in[i] < 0) {
                    if (asciiOnly || !isUtf8(in, i, end)) {
                        throw invalid(asciiOnly ? "ascii" : "utf8mb4", in, at, length);
                    }
                    break;
                }
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

    /** MySQL's latin1 is windows-1252 with the five holes mapped to the control characters of the same number. */
    private static final class Latin1 extends TextCodec {
        private static final byte[][] UTF8 = table();

        private byte[] scratch = new byte[256];

        private static byte[][] table() {
            Charset windows = Charset.forName("windows-1252");
            byte[][] result = new byte[256][];
            for (int i = 0; i < 256; i++) {
                String decoded = new String(new byte[] {(byte) i}, windows);
                String text = decoded.equals("�") ? String.valueOf((char) i) : decoded;
                result[i] = text.getBytes(StandardCharsets.UTF_8);
            }
            return result;
        }

        @Override
        void write(byte[] in, int at, int length, WireBuffer out) {
            int i = 0;
            while (i < length && in[at + i] >= 0) {
                i++;
            }
            if (i == length) {
                out.writeUtf8(in, at, length);
                return;
            }
            if (scratch.length < length * 3) {
                scratch = new byte[length * 3];
            }
            int size = 0;
            for (int k = at; k < at + length; k++) {
                for (byte b : UTF8[in[k] & 0xff]) {
                    scratch[size++] = b;
                }
            }
            out.writeUtf8(scratch, 0, size);
        }
    }

    private static final class Converting extends TextCodec {
        private final String name;
        private final CharsetDecoder decoder;

        Converting(String name, Charset charset) {
            this.name = name;
            decoder = charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);
        }

        @Override
        void write(byte[] in, int at, int length, WireBuffer out) {
            try {
                CharBuffer chars = decoder.decode(ByteBuffer.wrap(in, at, length));
                ByteBuffer utf8 = StandardCharsets.UTF_8
                        .newEncoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .encode(chars);
                out.writeUtf8(utf8.array(), utf8.arrayOffset() + utf8.position(), utf8.remaining());
            } catch (CharacterCodingException e) {
                throw invalid(name, in, at, length);
            }
        }
    }
}
