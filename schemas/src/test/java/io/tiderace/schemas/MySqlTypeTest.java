package io.tiderace.schemas;

import io.tiderace.schemas.MySqlType.Wire;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class MySqlTypeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tinyint(1)|tinyint|false|1|-1|INT",
                "MEDIUMINT UNSIGNED|mediumint|true|-1|-1|INT",
                "int unsigned|int|true|-1|-1|LONG",
                "int(10) zerofill|int|true|10|-1|LONG",
                "bigint|bigint|false|-1|-1|LONG",
                "bigint(20) unsigned|bigint|true|20|-1|STRING",
                "decimal(65,30)|decimal|false|65|30|STRING",
                "double unsigned|double|true|-1|-1|DOUBLE",
                "datetime(6)|datetime|false|6|-1|STRING",
                "year|year|false|-1|-1|INT",
                "bit(64)|bit|false|64|-1|BYTES",
                "geomcollection|geomcollection|false|-1|-1|BYTES",
                "json|json|false|-1|-1|STRING",
            })
    void readsWhatTheServerPrints(String text, String name, boolean unsigned, int length, int scale, Wire wire) {
        MySqlType type = MySqlType.parse(text);
        assertThat(type.name()).isEqualTo(name);
        assertThat(type.unsigned()).isEqualTo(unsigned);
        assertThat(type.length()).isEqualTo(length);
        assertThat(type.scale()).isEqualTo(scale);
        assertThat(type.wire()).isEqualTo(wire);
        assertThat(type.text()).isEqualTo(text);
    }

    @Test
    void membersKeepCommasQuotesAndParentheses() {
        assertThat(MySqlType.parse("enum('a,b','it''s',')(','','UNSIGNED')").members())
                .containsExactly("a,b", "it's", ")(", "", "UNSIGNED");
        assertThat(MySqlType.parse("enum('unsigned')").unsigned()).isFalse();
    }

    @Test
    void anUnknownTypeIsNamed() {
        assertThatThrownBy(() -> MySqlType.parse("hologram(3)")).hasMessageContaining("hologram(3)");
    }

    @Test
    void membersAreReadAsTheServerEscapesThem() {
        assertThat(MySqlType.parse("enum('a\\\\b','it''s','x\\ny','(1)')").members())
                .containsExactly("a\\b", "it's", "x\ny", "(1)");
    }
}
