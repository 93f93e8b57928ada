package io.tiderace.capture;

import io.tiderace.schemas.WireBuffer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
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
            Map.entry("euckr", "x-windows-949"),
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

    /**
     * Where Java's decoder and MySQL's differ: pairs of the character that Java gives and the one that MySQL gives (MySQL sources,
     * {@code strings/ctype-*.cc}).
     */
    private static final Map<String, String> DIFFERENCES = Map.ofEntries(
            Map.entry("gbk", "\u2641\u2295"),
            Map.entry("koi8u", "\u2219\u2022"),
            Map.entry("greek", "\u2018\u02bd\u2019\u02bc"),
            Map.entry("hebrew", "\u00af\u203e"),
            Map.entry("cp866", "\u2116\u207f\u00a4\u00b2"),
            Map.entry("sjis", "\uff3c\\\u2014\u2015"),
            Map.entry("ujis", "\u2014\u2015"),
            Map.entry(
                    "eucjpms",
                    "\u2014\u2015\u2016\u2225\u2212\uff0d\u301c\uff5e\u00a2\uffe0\u00a3\uffe1\u00ac\uffe2\u00a6\uffe4"));

    /** The characters that GB 18030-2022 exchanged against MySQL's 2005; whether Java does depends on its version. */
    private static final String GB18030_EXCHANGED =
            "\ue81e\u9fb4\ue826\u9fb5\ue82b\u9fb6\ue82c\u9fb7\ue832\u9fb8\ue843\u9fb9"
                    + "\ue854\u9fba\ue864\u9fbb\ue78d\ufe10\ue78e\ufe12\ue78f\ufe11\ue790\ufe13\ue791\ufe14\ue792\ufe15\ue793\ufe16"
                    + "\ue794\ufe17\ue795\ufe18\ue796\ufe19";

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
        private final Map<Character, Character> differences = new HashMap<>();

        Converting(String name, Charset charset) {
            this.name = name;
            decoder = charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);
            String pairs = DIFFERENCES.getOrDefault(name, "");
            for (int i = 0; i < pairs.length(); i += 2) {
                differences.put(pairs.charAt(i), pairs.charAt(i + 1));
            }
            if (name.equals("gb18030") && new String(new byte[] {(byte) 0xfe, 0x59}, charset).charAt(0) == 0x9fb4) {
                for (int i = 0; i < GB18030_EXCHANGED.length(); i++) {
                    differences.put(GB18030_EXCHANGED.charAt(i), GB18030_EXCHANGED.charAt(i ^ 1));
                }
            }
        }

        @Override
        void write(byte[] in, int at, int length, WireBuffer out) {
            try {
                CharBuffer chars = decoder.decode(ByteBuffer.wrap(in, at, length));
                for (int i = 0; !differences.isEmpty() && i < chars.length(); i++) {
                    char c = chars.get(i);
                    chars.put(i, differences.getOrDefault(c, c));
                }
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
