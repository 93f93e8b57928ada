package io.tiderace.capture;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: text as MySQL reads it, where Java's decoders differ too; bytes that are no text are refused. */
class TextCodecTest {
    private static String decode(String charset, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return TextCodec.of(charset).decode(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @CsvSource({
        "utf8mb4, F09F9880, 😀",
        "utf8mb3, C3A9, é",
        "ascii, 6A, j",
        "latin1, 80, €",
        "latin1, 81, \u0081",
        "latin1, E9, é",
        "gbk, D6D0, 中",
        "gbk, A892, ⊕",
        "gb18030, 9439FC36, 😀",
        "gb18030, FE59, \ue81e",
        "gb18030, 82359037, \u9fb4",
        "gb18030, A6D9, \ue78d",
        "ucs2, 00E9, é",
        "utf16, D83DDE00, 😀",
        "utf16le, 3DD800DE, 😀",
        "utf32, 0001F600, 😀",
        "sjis, 815F, \\",
        "sjis, 5C, \\",
        "koi8u, 95, •",
        "euckr, 8141, 갂",
        "ujis, A1BD, ―",
        "ujis, 8FF5A1, \ue3ac",
        "ujis, A1C0, \\",
        "eucjpms, A1C1, ～",
        "eucjpms, ADA1, ①",
        "eucjpms, 8FF3F3, ⅰ",
        "eucjpms, FEFE, \ue3ab",
        "big5, F9D6, 碁",
        "gb18030, 8130813081308130, \u0080\u0080",
        "gb18030, E3329A35, \udbff\udfff",
        "cp932, 8740, ①",
        "swe7, 5B, Ä",
        "dec8, D7, Œ",
        "macroman, 80, Ä",
        "hp8, A1, À",
        "keybcs2, 80, Č",
        "geostd8, C0, ა",
        "armscii8, B2, Ա",
        "tis620, A1, ก",
        "cp1251, C0, А",
        "utf16le, FFFE, \ufeff"
    })
    void decodesAsMySqlDoes(String charset, String hex, String text) {
        assertThat(decode(charset, hex)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "utf8mb4, C0AF",
        "utf8mb4, EDA080",
        "utf8mb4, F4908080",
        "utf8mb4, C3",
        "utf8mb4, 80",
        "utf8mb4, E282",
        "ascii, 80",
        "gbk, 80",
        "gbk, D6",
        "ucs2, 00",
        "utf16, D83D",
        "utf32, 00110000",
        "utf32, 0000D800",
        "utf32, 80000041",
        "utf16, DE00D83D",
        "utf16le, 00",
        "ucs2, D83DDE00",
        "gbk, A2E3",
        "gbk, FEFE",
        "gbk, D630D630",
        "gb18030, 8431A530",
        "gb18030, 82",
        "gb18030, 823082",
        "gb18030, E3329A36",
        "big5, A15A",
        "big5, A1FE",
        "sjis, F040",
        "euckr, C9A1",
        "ujis, 8FA1A1",
        "ujis, 8FA2",
        "eucjpms, A9A1",
        "cp1251, 98",
        "tis620, FF",
        "swe7, C4",
        "hebrew, FF"
    })
    void refusesWhatIsNoText(String charset, String hex) {
        assertThatThrownBy(() -> decode(charset, hex))
                .isInstanceOf(BadValueException.class)
                .hasMessageContaining("0x");
    }

    @Test
    void convertsTextLongerThanItsBuffer() {
        assertThat(decode("latin1", "E9".repeat(3_000_000))).isEqualTo("é".repeat(3_000_000));
        assertThat(decode("ucs2", "4E2D".repeat(1_000))).isEqualTo("中".repeat(1_000));
    }

    @Test
    void refusesCharacterSetsItDoesNotKnow() {
        assertThatThrownBy(() -> TextCodec.of("klingon")).isInstanceOf(BadValueException.class);
    }

    @Test
    void oneByteThatIsNoTextIsFoundWhereverItStands() {
        for (int length = 1; length <= 20; length++) {
            for (int at = 0; at < length; at++) {
                byte[] bytes = "abcdefghijklmnopqrst".substring(0, length).getBytes(StandardCharsets.US_ASCII);
                bytes[at] = (byte) 0x80;
                String hex = HexFormat.of().formatHex(bytes);
                assertThatThrownBy(() -> decode("utf8mb4", hex)).isInstanceOf(BadValueException.class);
                assertThatThrownBy(() -> decode("ascii", hex)).isInstanceOf(BadValueException.class);
                assertThat(decode("latin1", hex)).hasSize(length).containsOnlyOnce("€");
            }
        }
    }

    @Test
    void aCharacterOfManyBytesIsReadWhereverItStands() {
        for (int before = 0; before <= 20; before++) {
            String text = "x".repeat(before) + "é😀" + "y".repeat(20 - before);
            assertThat(decode("utf8mb4", HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8))))
                    .isEqualTo(text);
        }
    }
}
