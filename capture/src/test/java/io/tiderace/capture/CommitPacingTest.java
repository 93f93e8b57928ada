package io.tiderace.capture;

import io.tiderace.capture.CommitPacing.Waiting;
import org.junit.jupiter.api.Test;

import static io.tiderace.capture.CommitPacing.BATCH_BYTES;
import static io.tiderace.capture.CommitPacing.NEVER;
import static io.tiderace.capture.CommitPacing.dueInNanos;
import static io.tiderace.capture.CommitPacing.isPartDue;
import static org.assertj.core.api.Assertions.assertThat;

class CommitPacingTest {
    private static final long MS = 1_000_000;

    @Test
    void nothingWholeIsNeverDue() {
        assertThat(dueInNanos(new Waiting(0, false, false, false, false, 0, 1_000 * MS, 0)))
                .isEqualTo(NEVER);
        assertThat(dueInNanos(new Waiting(1_000, false, false, false, true, 1_000 * MS, 1_000 * MS, 0)))
                .isEqualTo(NEVER);
    }

    @Test
    void aPositionAloneGoesAtOnce() {
        assertThat(dueInNanos(new Waiting(0, false, true, false, false, 0, 0, 0)))
                .isZero();
    }

    @Test
    void aFullBatchGoesAtOnceEvenInsideATransaction() {
        assertThat(dueInNanos(new Waiting(BATCH_BYTES, false, false, false, false, 0, 0, 0)))
                .isZero();
    }

    @Test
    void aTransactionAfterAPauseGoesAsSoonAsTheReaderHasNothingMore() {
        assertThat(dueInNanos(new Waiting(500, true, true, false, true, 0, 5 * MS, 0)))
                .isZero();
        assertThat(dueInNanos(new Waiting(500, true, true, false, false, 0, 5 * MS, 0)))
                .isEqualTo(50 * MS);
    }

    @Test
    void commitsAreFiveMillisecondsApartWhenTheReaderKeepsUp() {
        assertThat(dueInNanos(new Waiting(500, true, true, false, true, 0, 2 * MS, 0)))
                .isEqualTo(3 * MS);
    }

    @Test
    void commitsThatTakeLongAreFurtherApart() {
        assertThat(dueInNanos(new Waiting(500, true, true, false, true, 0, 2 * MS, 3 * MS)))
                .isEqualTo(3 * MS);
        assertThat(dueInNanos(new Waiting(500, true, true, false, true, 0, 2 * MS, 4 * MS)))
                .isEqualTo(14 * MS);
        assertThat(dueInNanos(new Waiting(500, true, true, false, true, 0, 2 * MS, 1_000 * MS)))
                .isEqualTo(18 * MS);
    }

    @Test
    void nothingWaitsLongerThanFiftyMilliseconds() {
        assertThat(dueInNanos(new Waiting(BATCH_BYTES - 1, true, true, false, false, 50 * MS, 0, 0)))
                .isZero();
        assertThat(dueInNanos(new Waiting(BATCH_BYTES - 1, true, true, false, true, 30 * MS, 0, 0)))
                .isEqualTo(20 * MS);
    }

    @Test
    void aBacklogIsCommittedRarely() {
        // 40 MiB a second: what comes in any time up to the batch's limits is more than that time is worth
        for (long ms = 5; ms < 50; ms += 5) {
            assertThat(dueInNanos(new Waiting(ms * 40 * 1_048, true, true, false, true, ms * MS, ms * MS, 0)))
                    .isPositive();
        }
        // 10 MiB a second
        assertThat(dueInNanos(new Waiting(5 * 10 * 1_048, true, true, false, true, 5 * MS, 5 * MS, 0)))
                .isZero();
    }

    @Test
    void whatHasToWaitIsSentAheadOnce() {
        Waiting waiting = new Waiting(500, true, true, false, true, 0, 2 * MS, 0);
        assertThat(isPartDue(waiting, dueInNanos(waiting))).isTrue();
        Waiting soon = new Waiting(500, true, true, false, true, 0, 4 * MS, 0);
        assertThat(isPartDue(soon, dueInNanos(soon))).isFalse();
        Waiting again = new Waiting(500, true, true, true, true, 0, 2 * MS, 0);
        assertThat(isPartDue(again, dueInNanos(again))).isFalse();
        Waiting reading = new Waiting(500, true, true, false, false, 0, 2 * MS, 0);
        assertThat(isPartDue(reading, dueInNanos(reading))).isFalse();
        Waiting backlog = new Waiting(1 << 20, true, true, false, true, 0, 2 * MS, 0);
        assertThat(isPartDue(backlog, dueInNanos(backlog))).isFalse();
    }

    @Test
    void whatWasSentAheadIsCommittedInItsPace() {
        assertThat(dueInNanos(new Waiting(0, false, false, true, true, 0, 2 * MS, 0)))
                .isEqualTo(3 * MS);
        assertThat(dueInNanos(new Waiting(300, false, false, true, false, 0, 7 * MS, 0)))
                .isZero();
        assertThat(dueInNanos(new Waiting(300, true, true, true, true, 0, 5 * MS, 0)))
                .isZero();
    }
}
