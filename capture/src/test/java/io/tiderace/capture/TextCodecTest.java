package io.tiderace.capture;

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
        "eucjpms, A1C1, ～"
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
        "utf32, 00110000"
    })
    void refusesWhatIsNoText(String charset, String hex) {
        assertThatThrownBy(() -> decode(charset, hex))
                .isInstanceOf(BadValueException.class)
                .hasMessageContaining("0x");
    }

    @Test
    void refusesCharacterSetsItDoesNotKnow() {
        assertThatThrownBy(() -> TextCodec.of("dec8")).isInstanceOf(BadValueException.class);
    }
}
