package io.tiderace.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of MySQL's own character sets mean, as the server converts them to Unicode: Java's decoders give most of it, the rest is written
 * here. Each table is made once, when a column first needs it. Thread-safe. Source: MySQL sources, {@code strings/ctype-*.cc}, by way of a server's
 * {@code CONVERT}.
 */
final class CharsetTables {
    /** One byte a character: the characters of all 256 bytes, 0 for a byte that is none (and for the byte 0). */
    private static final Map<String, char[]> SINGLE = readSingle();

    private static final Map<String, Multi> MULTI = new ConcurrentHashMap<>();

    /** Four-byte codes of GB 18030 that stand for characters of the basic plane. */
    static final int GB18030_BMP = 39_420;

    /**
     * A character set of Java's that is nearly MySQL's.
     *
     * @param patch code=characters, in hexadecimal, from that code on; 0000 is no character
     * @param isPrivateUse whether characters for private use are characters in MySQL as well
     */
    private record Base(String java, boolean isPrivateUse, String patch) {}

    private static final Map<String, Base> BASES = Map.of(
            "big5",
                    new Base(
                            "Big5",
                            true,
                            "A15A=0000 A1FE=0000 A240=0000 A2CC=0000 A2CE=0000 F9D6=788192B988CF58BB60527CA75AFA"),
            "sjis", new Base("Shift_JIS", true, "815C=2015 815F=005C"),
            "cp932", new Base("windows-31j", true, ""),
            "gb2312", new Base("GB2312", true, ""),
            "gbk", new Base("GBK", false, "A2E3=0000 A892=2295"),
            "euckr", new Base("x-windows-949", false, ""),
            "gb18030",
                    new Base(
                            "GB18030",
                            true,
                            "A6D9=E78DE78EE78FE790E791E792E793 A6EC=E794E795 A6F3=E796 FE59=E81E FE61=E826 FE66=E82BE82C"
                                    + " FE6D=E832 FE7E=E843 FE90=E854 FEA0=E864"),
            "ujis", new Base("EUC-JP", true, "8FA2B7=007E A1BD=2015 A1C0=005C"),
            "eucjpms",
                    new Base("EUC-JP", true, "8FA2C3=FFE4 A1BD=2015 A1C1=FF5E2225 A1DD=FF0D A1F1=FFE0FFE1 A2CC=FFE2"));

    /** GB 18030-2022 exchanged these pairs against the edition of MySQL; whether Java does depends on its version. */
    private static final String GB18030_EXCHANGED =
            "\ue81e\u9fb4\ue826\u9fb5\ue82b\u9fb6\ue82c\u9fb7\ue832\u9fb8\ue843\u9fb9"
                    + "\ue854\u9fba\ue864\u9fbb\ue78d\ufe10\ue78e\ufe12\ue78f\ufe11\ue790\ufe13\ue791\ufe14\ue792\ufe15\ue793\ufe16"
                    + "\ue794\ufe17\ue795\ufe18\ue796\ufe19";

    private CharsetTables() {}

    /**
     * Characters by their bytes, 0 where there is none.
     *
     * @param two index: the two bytes; codes of one byte are at that byte
     * @param three index: what follows 8F, in the Japanese EUC sets, else null
     * @param four index: the number of a GB 18030 four-byte code, else null
     */
    record Multi(char[] two, char @Nullable [] three, char @Nullable [] four) {}

    static boolean isKnown(String charset) {
        return SINGLE.containsKey(charset) || BASES.containsKey(charset);
    }

    /** The table of a character set of one byte, null for others. */
    static char @Nullable [] single(String charset) {
        return SINGLE.get(charset);
    }

    /** The table of a character set of one to four bytes, null for others. */
    static @Nullable Multi multi(String charset) {
        Base base = BASES.get(charset);
        if (base == null || !Charset.isSupported(base.java())) {
            return null;
        }
        return MULTI.computeIfAbsent(charset, name -> multi(name, base));
    }

    private static Map<String, char[]> readSingle() {
        Map<String, char[]> tables = new ConcurrentHashMap<>();
        InputStream stream = Objects.requireNonNull(
                CharsetTables.class.getResourceAsStream("single-byte-charsets.txt"), "single-byte-charsets.txt");
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    int name = line.indexOf(' ');
                    tables.put(line.substring(0, name), single(line, name + 1));
                }
            }
            return tables;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static char[] single(String line, int at) {
        char[] table = new char[256];
        for (int i = 0; i < 256; i++) {
            int digits = at + (i - 0x40) * 4;
            table[i] = (char) (i < 0x40 ? i : HexFormat.fromHexDigits(line, digits, digits + 4));
        }
        return table;
    }

    private static Multi multi(String charset, Base base) {
        Decoder decoder = new Decoder(Charset.forName(base.java()), base.isPrivateUse());
        char[] two = new char[0x10000];
        for (int code = 0; code < two.length; code++) {
            two[code] = code < 0x100 ? decoder.decode(code) : code < 0x8000 ? 0 : decoder.decode(code >> 8, code);
        }
        boolean isEuc = base.java().equals("EUC-JP");
        char[] three = isEuc ? new char[0x10000] : null;
        if (three != null) {
            for (int code = 0xa1a1; code < three.length; code++) {
                three[code] = decoder.decode(0x8f, code >> 8, code);
            }
            userDefined(two, 0xe000);
            userDefined(three, 0xe3ac);
            if (charset.equals("eucjpms")) {
                vendors(two, three);
            }
        }
        patch(base.patch(), two, three);
        return new Multi(two, three, charset.equals("gb18030") ? four(decoder) : null);
    }

    /** Rows F5 to FE of the Japanese EUC sets are for private use. */
    private static void userDefined(char[] table, int first) {
        for (int row = 0; row < 10; row++) {
            for (int cell = 0; cell < 94; cell++) {
                table[0xf5a1 + (row << 8) + cell] = (char) (first + row * 94 + cell);
            }
        }
    }

    /** NEC's row 13 and IBM's extensions. */
    private static void vendors(char[] two, char[] three) {
        Decoder open = new Decoder(Charset.forName("x-eucJP-Open"), true);
        for (int code = 0xada1; code <= 0xadfe; code++) {
            two[code] = open.decode(code >> 8, code);
        }
        for (int code = 0xf3f3; code <= 0xf4fe; code++) {
            three[code] = open.decode(0x8f, code >> 8, code);
        }
    }

    private static void patch(String patch, char[] two, char @Nullable [] three) {
        for (String run : patch.isEmpty() ? new String[0] : patch.split(" ")) {
            int equals = run.indexOf('=');
            int code = HexFormat.fromHexDigits(run, 0, equals);
            char[] table = three != null && equals == 6 ? three : two;
            for (int at = equals + 1; at < run.length(); at += 4) {
                table[code++ & 0xffff] = (char) HexFormat.fromHexDigits(run, at, at + 4);
            }
        }
    }

    private static char[] four(Decoder decoder) {
        char[] table = new char[GB18030_BMP];
        for (int i = 0; i < table.length; i++) {
            char c = decoder.decode(0x81 + i / 12_600, 0x30 + i / 1_260 % 10, 0x81 + i / 10 % 126, 0x30 + i % 10);
            int exchanged = GB18030_EXCHANGED.indexOf(c);
            table[i] = exchanged >= 0 && exchanged % 2 == 0 ? GB18030_EXCHANGED.charAt(exchanged + 1) : c;
        }
        return table;
    }

    /** Gives the one character that some bytes stand for, 0 when they stand for none or for more. */
    private static final class Decoder {
        private final CharsetDecoder decoder;
        private final boolean isPrivateUse;
        private final ByteBuffer bytes = ByteBuffer.allocate(4);
        private final CharBuffer chars = CharBuffer.allocate(4);

        Decoder(Charset charset, boolean isPrivateUse) {
            decoder = charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);
            this.isPrivateUse = isPrivateUse;
        }

        char decode(int... code) {
            bytes.clear();
            chars.clear();
            for (int b : code) {
                bytes.put((byte) b);
            }
            bytes.flip();
            decoder.reset();
            boolean isWhole = decoder.decode(bytes, chars, true).isUnderflow()
                    && decoder.flush(chars).isUnderflow();
            chars.flip();
            if (!isWhole || chars.length() != 1) {
                return 0;
            }
            char c = chars.get(0);
            return c >= 0xe000 && c <= 0xf8ff && !isPrivateUse ? 0 : c;
        }
    }
}
