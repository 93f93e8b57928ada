package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: DM's forms of a start time are read, anything else is refused with the form. */
class StartTimeTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
                    2026-01-31 12:00:00 | 2026-01-31 12:00:00.000000 | -
                    2026-01-31T12:00:01 | 2026-01-31 12:00:01.000000 | -
                    2026-01-31T12:00:01.25 | 2026-01-31 12:00:01.250000 | -
                    2026-01-31T12:00:00Z | 2026-01-31 12:00:00.000000 | Z
                    2026-01-31T12:00:00+08:00 | 2026-01-31 12:00:00.000000 | +08:00
                    2026-01-31 12:00:00-0330 | 2026-01-31 12:00:00.000000 | -03:30
                    """)
    void formsOfDm(String text, String sql, String offset) {
        StartTime time = StartTime.parse(text);
        assertThat(time.sql()).isEqualTo(sql);
        assertThat(time.offset() == null ? null : time.offset().getId()).isEqualTo(offset);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "2026-01-31",
                "2026-02-30 12:00:00",
                "2026-01-31 25:00:00",
                "2026-01-31 12:00:00 CET"
            })
    void anythingElse(String text) {
        assertThatThrownBy(() -> StartTime.parse(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T018")
                .hasMessageContaining("2026-01-31 12:00:00");
    }
}
