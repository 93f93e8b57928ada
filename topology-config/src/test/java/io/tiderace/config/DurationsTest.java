package io.tiderace.config;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: durations mean what Go's time.ParseDuration says. Method: its documented forms and near misses. */
class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "300ms, 300",
        "10s, 10000",
        "5m0s, 300000",
        "1h30m, 5400000",
        "1.5h, 5400000",
        ".5s, 500",
        "1.s, 1000",
        "-1m, -60000",
        "+1s, 1000",
        "1500us, 1",
        "2000µs, 2",
        "999ns, 0",
        "100h, 360000000"
    })
    void parses(String text, long ms) {
        assertThat(Durations.parseMs(text)).isEqualTo(ms);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "1d", "s", "1 s", "1s ", "1S", "1h30", "--1s", "1e3s", ".s", "9999999999h"})
    void refuses(String text) {
        assertThatThrownBy(() -> Durations.parseMs(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
