package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a clock that is set back is told from time that passes, steps forward and small corrections. */
class ClockWatchTest {
    private long clockMs = 1_795_310_134_828L;
    private long monotonicNs = 17;
    private final ClockWatch watch = ClockWatch.of(() -> clockMs, () -> monotonicNs);

    private TideraceException lookAfter(long seconds, long clockSeconds) {
        monotonicNs += TimeUnit.SECONDS.toNanos(seconds);
        clockMs += TimeUnit.SECONDS.toMillis(clockSeconds);
        return watch.look();
    }

    @Test
    void timeThatPassesIsNoStep() {
        assertThat(lookAfter(1, 1)).isNull();
        assertThat(lookAfter(3_600, 3_600)).isNull();
    }

    @Test
    void aStepForwardDoesNoHarmAndTheWayBackDoes() {
        assertThat(lookAfter(1, 3_601)).isNull();
        assertThat(lookAfter(1, -3_599))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("TR-L024")
                .hasMessageContaining("set back by 3600 s");
        assertThat(lookAfter(1, 1)).isNull();
    }

    @Test
    void smallCorrectionsAreLeftToTimeOuts() {
        assertThat(lookAfter(1, -9)).isNull();
        assertThat(lookAfter(1, -9)).isNull();
        assertThat(lookAfter(1, -10)).isNotNull();
    }
}
