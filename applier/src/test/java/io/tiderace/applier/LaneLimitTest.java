package io.tiderace.applier;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: an overloaded target gets half the groups at a time, never none, and all again when it takes them. */
class LaneLimitTest {
    private final LaneLimit limit = new LaneLimit(16);

    @Test
    void allLanesAreUsedWhileNothingIsRefused() {
        limit.applied();
        assertThat(limit.allows(15)).isTrue();
        assertThat(limit.allows(16)).isFalse();
    }

    @Test
    void aRefusalHalvesWhatIsOnItsWayOnce() {
        for (int running = 12; running > 0; running--) {
            limit.refused(running);
        }
        assertThat(limit.limit()).isEqualTo(6);
    }

    @Test
    void oneGroupMayAlwaysBegin() {
        for (int i = 0; i < 1_000; i++) {
            limit.refused(1);
            limit.applied();
        }
        assertThat(limit.limit()).isPositive();
        assertThat(limit.allows(0)).isTrue();
    }

    @Test
    void furtherRefusalsHalveAgainOnceWhatWasOnItsWayIsThrough() {
        limit.refused(16);
        assertThat(limit.limit()).isEqualTo(8);
        for (int i = 0; i < 16; i++) {
            limit.applied();
        }
        limit.refused(8);
        assertThat(limit.limit()).isEqualTo(4);
    }

    @Test
    void theLimitGrowsByOneWithAsManyGroupsAsItAllows() {
        limit.refused(4);
        assertThat(limit.limit()).isEqualTo(2);
        int groups = 0;
        for (int at = 2; at < 16; groups++) {
            limit.applied();
            if (limit.limit() > at) {
                at = limit.limit();
            }
        }
        assertThat(groups).isBetween(100, 160);
        assertThat(limit.allows(15)).isTrue();
    }
}
