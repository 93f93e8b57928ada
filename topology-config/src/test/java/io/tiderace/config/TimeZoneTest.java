package io.tiderace.config;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a task's time zone is what DM takes for one. */
class TimeZoneTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UTC",
                "GMT",
                "Asia/Shanghai",
                "America/Argentina/Buenos_Aires",
                "Etc/GMT+5",
                "EST",
                "EST5EDT",
                "US/Pacific",
                "+08:00",
                "-6:00",
                "+14:00",
                "-12:59",
                "+00:00",
                "+05:30:00"
            })
    void isOne(String text) {
        assertThat(KeyType.TimeZone.isTimeZone(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SYSTEM",
                "Local",
                "Asia/Peking",
                "asia/shanghai",
                "08:00",
                "+8",
                "+14:01",
                "-13:00",
                "+08:60",
                "+8:0",
                "GMT+8",
                "SystemV/PST8"
            })
    void isNone(String text) {
        assertThat(KeyType.TimeZone.isTimeZone(text)).isFalse();
    }
}
