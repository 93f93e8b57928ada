package io.tiderace.applier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a number that is a DECIMAL at the source is one in the target. Method: documents as MySQL prints them. */
class JsonDecimalsTest {
    private static String sql(String json) {
        StringBuilder sql = new StringBuilder();
        JsonDecimals.append(sql, json);
        return sql.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.10",
                "10.00",
                "-0.50",
                "0.1234567890123456789",
                "-12345678901234567890.1234567890",
                "12345678901234567890123",
                "18446744073709551616",
                "-9223372036854775809",
                "1234567890123456.0",
                "0.00001",
                "{\"a\": [1, {\"b\": 2.50}]}"
            })
    void decimalsAreFound(String json) {
        assertThat(JsonDecimals.isIn(json)).isTrue();
    }

    /** Some of them may be decimals at the source, but read the same. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "1.0",
                "-0.0",
                "0.0",
                "1.5",
                "0.1",
                "1e22",
                "1.7976931348623157e308",
                "-1.5e-7",
                "0.0001",
                "18446744073709551615",
                "-9223372036854775808",
                "123456.789",
                "0.30000000000000004",
                "\"1.10\"",
                "{\"1.10\": \"a \\\" 2.50 \\\\\", \"b\": null}",
                "[]",
                "true"
            })
    void othersAreNot(String json) {
        assertThat(JsonDecimals.isIn(json)).isFalse();
    }

    @Test
    void eachIsPutInItsPlace() {
        assertThat(sql("1.10")).isEqualTo("JSON_REPLACE('1.10', '$', 1.10)");
        assertThat(sql("{\"a\": [1, {\"b c\": -2.50}, [], {}], \"q\\\"\": 3.00, \"s\": \"4.00\"}"))
                .isEqualTo("JSON_REPLACE('{\"a\": [1, {\"b c\": -2.50}, [], {}], \"q\\\\\"\": 3.00, \"s\": \"4.00\"}',"
                        + " '$.\"a\"[1].\"b c\"', -2.50, '$.\"q\\\\\"\"', 3.00)");
        assertThat(sql("[[1.10], null, true, 2.20]"))
                .isEqualTo("JSON_REPLACE('[[1.10], null, true, 2.20]', '$[0][0]', 1.10, '$[3]', 2.20)");
    }

    @Test
    void theyAreWrittenAndComparedAlike() {
        StringBuilder written = new StringBuilder();
        StringBuilder compared = new StringBuilder();
        io.tiderace.schemas.MySqlType json = io.tiderace.schemas.MySqlType.parse("json");
        SqlLiterals.append(written, json, "[1.10]");
        SqlLiterals.appendCompared(compared, json, "[1.10]");
        assertThat(written).hasToString("JSON_REPLACE('[1.10]', '$[0]', 1.10)");
        assertThat(compared.toString()).isEqualTo(written.toString());
        written.setLength(0);
        SqlLiterals.append(written, json, "[1.1]");
        assertThat(written).hasToString("'[1.1]'");
    }
}
