package io.tiderace.capture;

import io.tiderace.capture.CopyPace.Load;
import io.tiderace.config.CopyLimits;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: the copy waits above a limit until half of it, and says why. Method: loads by hand, one after the other. */
class CopyPaceTest {
    private static final CopyLimits LIMITS = new CopyLimits(1000, 10_000, List.of());

    @Test
    void aLongHistoryIsWaitedForUntilHalfOfItIsGone() {
        CopyPace pace = CopyPace.FREE.next(LIMITS, new Load(1000, Map.of()));
        assertThat(pace).isEqualTo(CopyPace.FREE);
        pace = pace.next(LIMITS, new Load(1001, Map.of()));
        assertThat(pace.isTooOld()).isTrue();
        assertThat(pace.reason())
                .isEqualTo("the source's history list is 1001 long, more than max-history-list-length 1000");
        pace = pace.next(LIMITS, new Load(501, Map.of()));
        assertThat(pace.isTooOld()).isTrue();
        assertThat(pace.next(LIMITS, new Load(500, Map.of()))).isEqualTo(CopyPace.FREE);
    }

    @Test
    void aReplicaThatFallsBehindIsWaitedForUntilHalfOfItIsGone() {
        CopyPace pace = CopyPace.FREE.next(LIMITS, new Load(-1, Map.of("a:1", 10_000L, "b:2", 11_000L)));
        assertThat(pace.isWaiting()).isTrue();
        assertThat(pace.isTooOld()).isFalse();
        assertThat(pace.reason()).isEqualTo("replica b:2 is 11 s behind, more than max-replica-lag 10 s");
        pace = pace.next(LIMITS, new Load(-1, Map.of("b:2", 6_000L)));
        assertThat(pace.isWaiting()).isTrue();
        assertThat(pace.next(LIMITS, new Load(-1, Map.of("b:2", 5_000L)))).isEqualTo(CopyPace.FREE);
    }

    @Test
    void withoutLimitsNothingIsWaitedFor() {
        CopyLimits none = new CopyLimits(0, 0, List.of());
        assertThat(CopyPace.FREE.next(none, new Load(1L << 40, Map.of("a:1", 1L << 40))))
                .isEqualTo(CopyPace.FREE);
    }
}
