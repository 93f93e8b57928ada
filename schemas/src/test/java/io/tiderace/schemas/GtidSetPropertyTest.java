package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;

/** The set algebra against plain sets of transaction numbers. */
class GtidSetPropertyTest {
    private static final List<String> ORIGINS = List.of(
            "3e11fa47-71ca-11e1-9e33-c80aa9429562",
            "3e11fa47-71ca-11e1-9e33-c80aa9429562:tag_1",
            "4e11fa47-71ca-11e1-9e33-c80aa9429562");

    @Property
    void minusIsTheDifference(@ForAll("sets") Set<String> left, @ForAll("sets") Set<String> right) {
        Set<String> expected = new TreeSet<>(left);
        expected.removeAll(right);
        assertThat(of(left).minus(of(right))).isEqualTo(of(expected));
    }

    @Property
    void unionIsTheUnion(@ForAll("sets") Set<String> left, @ForAll("sets") Set<String> right) {
        Set<String> expected = new TreeSet<>(left);
        expected.addAll(right);
        assertThat(of(left).union(of(right))).isEqualTo(of(expected));
    }

    @Property
    void containsIsInclusion(@ForAll("sets") Set<String> left, @ForAll("sets") Set<String> right) {
        assertThat(of(left).contains(of(right))).isEqualTo(left.containsAll(right));
    }

    @Property
    void textIsReadBackToTheSameSet(@ForAll("sets") Set<String> set) {
        assertThat(GtidSet.parse(of(set).toString())).isEqualTo(of(set));
    }

    @Property
    void addingOneByOneGivesTheSameTextAtEveryStep(@ForAll("orders") List<String> gtids) {
        GtidSet grown = GtidSet.empty();
        for (int i = 0; i < gtids.size(); i++) {
            grown.add(gtids.get(i));
            assertThat(grown)
                    .hasToString(of(Set.copyOf(gtids.subList(0, i + 1))).toString());
        }
    }

    @Example
    void aNumberAfterTheLastOfAnotherOriginDoesNotContinueIt() {
        GtidSet set = GtidSet.parse(ORIGINS.get(0) + ":1-5");
        set.add(ORIGINS.get(1) + ":6");
        set.add(ORIGINS.get(0) + ":7");
        set.add(ORIGINS.get(0).toUpperCase(Locale.ROOT) + ":8");
        assertThat(set).hasToString(ORIGINS.get(0) + ":1-5:7-8," + ORIGINS.get(1) + ":6");
    }

    /** Mostly in the order of their numbers, as a log has them, with repeats. */
    @Provide
    Arbitrary<List<String>> orders() {
        return Arbitraries.integers().between(0, 2).flatMap(start -> Arbitraries.integers()
                .between(-1, 3)
                .list()
                .ofMaxSize(40)
                .map(steps -> {
                    List<String> gtids = new ArrayList<>();
                    int number = 5;
                    for (int i = 0; i < steps.size(); i++) {
                        number = Math.max(1, number + steps.get(i));
                        gtids.add(ORIGINS.get((start + i / 7) % 3) + ":" + number);
                    }
                    return gtids;
                }));
    }

    @Provide
    Arbitrary<Set<String>> sets() {
        return Arbitraries.integers()
                .between(0, 59)
                .map(i -> ORIGINS.get(i % 3) + ":" + (i / 3 + 1))
                .set()
                .ofMaxSize(40);
    }

    private static GtidSet of(Set<String> gtids) {
        return GtidSet.parse(gtids.stream().collect(Collectors.joining(",")));
    }
}
