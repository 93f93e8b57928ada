package io.tiderace.applier;

import io.tiderace.schemas.MySqlType;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a literal means exactly the value. */
class SqlLiteralsTest {
    private static String literal(String type, Object value) {
        StringBuilder sql = new StringBuilder();
        SqlLiterals.append(sql, MySqlType.parse(type), value);
        return sql.toString();
    }

    @Test
    void zerosKeepTheirSign() {
        assertThat(literal("double", -0.0)).isEqualTo("-0.0e0");
        assertThat(literal("double", 0.0)).isEqualTo("0.0e0");
        assertThat(literal("float", -0f)).isEqualTo("-0.0e0");
    }

    @Test
    void aFloatIsWrittenWithAllItHas() {
        assertThat(literal("float", 0.1f)).isEqualTo("0.10000000149011612");
        assertThat(literal("float", Float.MIN_VALUE)).isEqualTo("1.401298464324817E-45");
        assertThat(literal("double", Double.MIN_VALUE)).isEqualTo("4.9E-324");
        assertThat(literal("double", 1e10)).isEqualTo("1.0E10");
    }

    @Test
    void bytesAndTextAreQuoted() {
        assertThat(literal("bit(64)", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}))
                .isEqualTo("18446744073709551615");
        assertThat(literal("binary(3)", new byte[] {0, 1, -1})).isEqualTo("x'0001ff'");
        assertThat(literal("varchar(9)", "a'b\\c\0")).isEqualTo("'a\\'b\\\\c\\0'");
        assertThat(literal("decimal(5,2)", "-1.50")).isEqualTo("-1.50");
    }
}
