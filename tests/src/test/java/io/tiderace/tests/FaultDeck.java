package io.tiderace.tests;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Draws faults: in each round every kind once, in a new order, each time befalling another of its subjects until all have had it. The same seed gives the
 * same faults. Pure.
 */
final class FaultDeck {
    /** What happens to whom. */
    record Fault(FaultKind kind, String subject) {
        @Override
        public String toString() {
            return kind.option() + " " + subject;
        }
    }

    private final Random random;
    private final List<FaultKind> kinds;
    private final Deque<FaultKind> round = new ArrayDeque<>();
    private final Map<FaultKind, Deque<String>> subjects = new EnumMap<>(FaultKind.class);

    FaultDeck(long seed, Collection<FaultKind> kinds) {
        this.random = new Random(seed);
        this.kinds = List.copyOf(kinds);
    }

    Fault next() {
        if (round.isEmpty()) {
            round.addAll(shuffled(kinds));
        }
        return drawn(round.remove());
    }

    private Fault drawn(FaultKind kind) {
        Deque<String> left = subjects.computeIfAbsent(kind, any -> new ArrayDeque<>());
        if (left.isEmpty()) {
            left.addAll(shuffled(kind.subjects()));
        }
        return new Fault(kind, left.remove());
    }

    /** Each kind so many times, befalling another of its subjects each time, in a drawn order: no seed leaves one out. */
    static List<Fault> hand(long seed, Map<FaultKind, Integer> times) {
        FaultDeck deck = new FaultDeck(seed, times.keySet());
        List<Fault> faults = new ArrayList<>();
        new TreeMap<>(times).forEach((kind, count) -> {
            for (int i = 0; i < count; i++) {
                faults.add(deck.drawn(kind));
            }
        });
        return deck.shuffled(faults);
    }

    private <T> List<T> shuffled(List<T> things) {
        List<T> result = new ArrayList<>(things);
        Collections.shuffle(result, random);
        return result;
    }
}
