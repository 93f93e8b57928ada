package io.tiderace.config;

import java.util.Optional;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: wildcards mean what DM says. Method: against Java's regular expressions, on a small alphabet so that patterns often match. */
class TablePatternPropertyTest {
    @Property(tries = 5_000)
    void matchesLikeTheSameRegularExpression(@ForAll("patterns") String pattern, @ForAll("names") String name) {
        assertThat(TablePattern.compile(pattern, true).matches(name))
                .isEqualTo(Pattern.compile(regex(pattern)).matcher(name).matches());
    }

    @Property(tries = 5_000)
    void anOverlapMatchesBoth(@ForAll("patterns") String one, @ForAll("patterns") String other) {
        TablePattern first = TablePattern.compile(one, true);
        TablePattern second = TablePattern.compile(other, true);
        Optional<String> overlap = first.overlap(second);
        overlap.ifPresent(name -> {
            assertThat(first.matches(name)).isTrue();
            assertThat(second.matches(name)).isTrue();
        });
        assertThat(second.overlap(first).isPresent()).isEqualTo(overlap.isPresent());
    }

    @Property(tries = 5_000)
    void whatMatchesBothMeansAnOverlap(
            @ForAll("patterns") String one, @ForAll("patterns") String other, @ForAll("names") String name) {
        TablePattern first = TablePattern.compile(one, true);
        TablePattern second = TablePattern.compile(other, true);
        if (first.matches(name) && second.matches(name)) {
            assertThat(first.overlap(second)).isPresent();
        }
    }

    @Example
    void charactersAreCodePoints() {
        assertThat(TablePattern.compile("t_?", false).matches("t_é")).isTrue();
        assertThat(TablePattern.compile("t_?", false).matches("t_𝄞")).isTrue();
        assertThat(TablePattern.compile("订单_*", false).matches("订单_1")).isTrue();
        assertThat(TablePattern.compile("[à-ü]*", false).matches("Éa")).isTrue();
        assertThat(TablePattern.compile("[à-ü]*", true).matches("Éa")).isFalse();
        assertThat(TablePattern.compile("[!a-z]x", false).matches("éx")).isTrue();
    }

    @Example
    void oddClasses() {
        assertThat(TablePattern.compile("a[b", false).matches("a[b")).isTrue();
        assertThat(TablePattern.compile("[!]", false).matches("!")).isTrue();
        assertThat(TablePattern.compile("[]", false).matches("")).isFalse();
        assertThat(TablePattern.compile("[a-]", false).matches("-")).isTrue();
    }

    @Example
    void regularExpressionsAreFoundAnywhereAndKeepTheirEscapes() {
        assertThat(TablePattern.compile("~op_\\d", false).matches("SHOP_1x")).isTrue();
        assertThat(TablePattern.compile("~op_\\d", true).matches("SHOP_1x")).isFalse();
        assertThat(TablePattern.compile("~^\\D+$", false).matches("abc"))
                .as("DM lowers the case of \\D and so turns it around")
                .isTrue();
        assertThatThrownBy(() -> TablePattern.compile("~(?=x)", false)).hasMessageContaining("is not RE2");
    }

    @Example
    void aStarStandsAtTheEnd() {
        assertThatThrownBy(() -> TablePattern.compile("a*b", false)).hasMessageContaining("not its last character");
        assertThatThrownBy(() -> TablePattern.compile("", false)).hasMessageContaining("empty");
    }

    @Provide
    Arbitrary<String> patterns() {
        Arbitrary<String> step =
                Arbitraries.of("a", "b", "c", "_", "?", "[ab]", "[a-c]", "[!a]", "[!ab_]", "é", "[à-ü]");
        Arbitrary<String> end = Arbitraries.of("", "*", "a");
        return step.list().ofMinSize(1).ofMaxSize(4).flatMap(steps -> end.map(last -> String.join("", steps) + last));
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of("a", "b", "c", "_", "é", "ß")
                .list()
                .ofMinSize(1)
                .ofMaxSize(6)
                .map(s -> String.join("", s));
    }

    private static String regex(String pattern) {
        return pattern.replace("?", ".").replace("[!", "[^").replaceFirst("\\*$", ".*");
    }
}
