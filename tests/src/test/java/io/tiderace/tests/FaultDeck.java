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
        FaultKind kind = round.remove();
        Deque<String> left = subjects.computeIfAbsent(kind, any -> new ArrayDeque<>());
        if (left.isEmpty()) {
            left.addAll(shuffled(kind.subjects()));
        }
        return new Fault(kind, left.remove());
    }

    private <T> List<T> shuffled(List<T> things) {
        List<T> result = new ArrayList<>(things);
        Collections.shuffle(result, random);
        return result;
    }
}
