package io.tiderace.applier;

import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.schemas.MySqlType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: values that some collation holds equal are never taken as different. Method: pairs that MySQL's collations unite. */
class KeyFoldTest {
    @ParameterizedTest
    @CsvSource({
        "abc, ABC",
        "abc, 'abc  '",
        "resume, Résumé",
        "strasse, straße",
        "strase, straße",
        "mueller, müller",
        "my, mü",
        "osre, Øsre",
        "aether, Äther",
        "aether, æther",
        "angstrom, ångström",
        "aangstrom, ångström",
        "lodz, łódź",
        "wasa, vasa",
        "İstanbul, istanbul",
        "ΣΊΣΥΦΟΣ, Σίσυφος",
        "ё, е",
        "カー, かあ",
        "がっこう, カツコウ",
        "ＡＢＣ１, abc1",
        "😀, 😁",
        "٣, 3"
    })
    void equalUnderSomeCollationFoldsEqual(String left, String right) {
        assertThat(KeyFold.LOOSE.fold(left)).isEqualTo(KeyFold.LOOSE.fold(right));
    }

    @ParameterizedTest
    @CsvSource({"alice, bob", "order-1001, order-1002", "7c9e6679, 7c9e667a", "привет, мир", "東京, 大阪"})
    void ordinaryDifferentKeysStayDifferent(String left, String right) {
        assertThat(KeyFold.LOOSE.fold(left)).isNotEqualTo(KeyFold.LOOSE.fold(right));
    }

    @ParameterizedTest
    @CsvSource({
        "varchar(20), varchar, utf8mb4_bin, PADDED",
        "varchar(20), varchar, utf8mb4_0900_ai_ci, LOOSE",
        "varchar(20), varchar, utf8mb4_hungarian_ci, UNKNOWN",
        "int, bigint, , EXACT",
        "varchar(20), int, , UNKNOWN",
        "datetime(6), timestamp, , UNKNOWN",
        "binary(16), binary, , BYTES",
        "decimal(10;2), decimal, , EXACT"
    })
    void theColumnsDecideTheFold(String source, String target, String collation, KeyFold fold) {
        MySqlType type = MySqlType.parse(source.replace(';', ','));
        assertThat(KeyFold.of(type, new TargetColumn("c", target, collation, false, false)))
                .isEqualTo(fold);
    }
}
