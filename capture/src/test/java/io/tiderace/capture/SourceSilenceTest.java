package io.tiderace.capture;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: several heartbeats left out are a dead connection; a reader that does something else, and a server that searches, are none. */
class SourceSilenceTest {
    private static final long SECOND = 1_000_000_000L;
    private final SourceSilence silence = new SourceSilence();

    @Test
    void heartbeatsLeftOutProveTheConnectionDead() {
        silence.begin();
        silence.found();
        silence.listens(100 * SECOND);
        assertThat(silence.tooLongMs(112 * SECOND)).isZero();
        assertThat(silence.tooLongMs(113 * SECOND)).isEqualTo(13_000);
    }

    @Test
    void aHeartbeatIsALife() {
        silence.begin();
        for (int i = 0; i < 10; i++) {
            silence.listens(i * 10 * SECOND);
            assertThat(silence.tooLongMs((i * 10 + 10) * SECOND)).isZero();
            silence.hears();
            silence.found();
        }
    }

    @Test
    void aReaderThatIsBusyHearsNothing() {
        silence.begin();
        silence.found();
        silence.listens(0);
        silence.hears();
        assertThat(silence.tooLongMs(1_000 * SECOND)).isZero();
    }

    @Test
    void aServerMaySearchItsLogForLonger() {
        silence.begin();
        silence.listens(0);
        assertThat(silence.tooLongMs(59 * SECOND)).isZero();
        assertThat(silence.tooLongMs(61 * SECOND)).isEqualTo(61_000);
    }

    @Test
    void anotherConnectionSearchesAnew() {
        silence.begin();
        silence.found();
        silence.listens(0);
        silence.begin();
        assertThat(silence.tooLongMs(1_000 * SECOND)).isZero();
        silence.listens(1_000 * SECOND);
        assertThat(silence.tooLongMs(1_030 * SECOND)).isZero();
    }
}
