package io.tiderace.tests;

import io.tiderace.tests.FaultDeck.Fault;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a seed draws the same faults each time, and leaves none out. */
class FaultDeckTest {
    private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);

    @Test
    void theSameSeedDrawsTheSame() {
        assertThat(drawn(7, 100)).isEqualTo(drawn(7, 100)).isNotEqualTo(drawn(8, 100));
    }

    @Test
    void everyRoundHasEveryKind() {
        List<Fault> faults = drawn(1, 3 * ALL.size());
        for (int round = 0; round < 3; round++) {
            assertThat(faults.subList(round * ALL.size(), (round + 1) * ALL.size()))
                    .extracting(Fault::kind)
                    .containsExactlyInAnyOrderElementsOf(ALL);
        }
    }

    @Test
    void everySubjectHasItsTurn() {
        int rounds = ALL.stream().mapToInt(kind -> kind.subjects().size()).max().orElseThrow();
        Set<Fault> all = new HashSet<>();
        ALL.forEach(kind -> kind.subjects().forEach(subject -> all.add(new Fault(kind, subject))));
        assertThat(new HashSet<>(drawn(3, rounds * ALL.size()))).isEqualTo(all);
    }

    @Test
    void aHandHasEveryKindAsOftenAsWanted() {
        Map<FaultKind, Integer> times = new EnumMap<>(Map.of(FaultKind.STORM, 1, FaultKind.CRASH, 3, FaultKind.CUT, 2));
        for (long seed = 0; seed < 20; seed++) {
            List<Fault> hand = FaultDeck.hand(seed, times);
            assertThat(hand).hasSize(6).doesNotHaveDuplicates().isEqualTo(FaultDeck.hand(seed, times));
            assertThat(hand)
                    .filteredOn(fault -> fault.kind() == FaultKind.CRASH)
                    .extracting(Fault::subject)
                    .containsExactlyInAnyOrderElementsOf(FaultKind.CRASH.subjects());
        }
    }

    private static List<Fault> drawn(long seed, int count) {
        FaultDeck deck = new FaultDeck(seed, ALL);
        return Stream.generate(deck::next).limit(count).toList();
    }
}
