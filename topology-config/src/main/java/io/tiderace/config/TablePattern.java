package io.tiderace.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One schema or table pattern of DM's rules: a wildcard pattern matched whole ({@code *} as the last character, {@code ?}, {@code [a-z]},
 * {@code [!a-z]}), or after {@code ~} an RE2 expression that may match anywhere. Characters are code points, so names outside ASCII match as
 * written (DM's own matcher mixes bytes and characters). Thread-safe. Source: table-rule-selector and filter packages of TiDB.
 */
final class TablePattern {
    private final String text;
    private final boolean caseSensitive;
    private final @Nullable Pattern regex;
    private final List<Step> steps;
    private final boolean openEnd;

    private TablePattern(
            String text, boolean caseSensitive, @Nullable Pattern regex, List<Step> steps, boolean openEnd) {
        this.text = text;
        this.caseSensitive = caseSensitive;
        this.regex = regex;
        this.steps = List.copyOf(steps);
        this.openEnd = openEnd;
    }

    /**
     * @throws IllegalArgumentException saying what is wrong with the pattern
     */
    static TablePattern compile(String text, boolean caseSensitive) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the pattern is empty");
        }
        if (text.startsWith("~")) {
            return new TablePattern(text, caseSensitive, regex(text, caseSensitive), List.of(), false);
        }
        int[] chars = codePoints(text, caseSensitive);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < chars.length; i++) {
            if (chars[i] == '*') {
                if (i < chars.length - 1) {
                    throw new IllegalArgumentException("the pattern \"" + text
                            + "\" has a * that is not its last character; a regular expression after ~ can say it");
                }
                return new TablePattern(text, caseSensitive, null, steps, true);
            }
            int close = chars[i] == '[' ? indexOf(chars, ']', i) : -1;
            if (close >= 0) {
                steps.add(Step.charClass(chars, i + 1, close));
                i = close;
            } else {
                steps.add(chars[i] == '?' ? Step.ANY : Step.literal(chars[i]));
            }
        }
        return new TablePattern(text, caseSensitive, null, steps, false);
    }

    private static Pattern regex(String text, boolean caseSensitive) {
        try {
            return Pattern.compile(text.substring(1), caseSensitive ? 0 : Pattern.CASE_INSENSITIVE);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "the regular expression \"" + text.substring(1) + "\" is not RE2: " + e.getMessage(), e);
        }
    }

    boolean matches(String name) {
        if (regex != null) {
            return regex.matcher(name).find();
        }
        int[] chars = codePoints(name, caseSensitive);
        if (chars.length < steps.size() || (!openEnd && chars.length > steps.size())) {
            return false;
        }
        for (int i = 0; i < steps.size(); i++) {
            if (!steps.get(i).matches(chars[i])) {
                return false;
            }
        }
        return true;
    }

    /** A name that both patterns match; empty when there is none, or when regular expressions leave it undecided. */
    Optional<String> overlap(TablePattern other) {
        if (text.equals(other.text) && regex != null) {
            return Optional.of(text);
        }
        if (regex != null || other.regex != null) {
            TablePattern plain = regex == null ? this : other;
            TablePattern expression = regex == null ? other : this;
            return plain.literalName().filter(expression::matches);
        }
        int length = Math.max(steps.size(), other.steps.size());
        if ((steps.size() < length && !openEnd) || (other.steps.size() < length && !other.openEnd)) {
            return Optional.empty();
        }
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int c = Step.common(stepAt(i), other.stepAt(i));
            if (c < 0) {
                return Optional.empty();
            }
            name.appendCodePoint(c);
        }
        return Optional.of(name.toString());
    }

    private Step stepAt(int index) {
        return index < steps.size() ? steps.get(index) : Step.ANY;
    }

    /** The only name this pattern matches, when there is only one. */
    private Optional<String> literalName() {
        StringBuilder name = new StringBuilder();
        for (Step step : steps) {
            if (!step.isLiteral()) {
                return Optional.empty();
            }
            name.appendCodePoint(step.ranges()[0]);
        }
        return openEnd || regex != null ? Optional.empty() : Optional.of(name.toString());
    }

    /** Case is folded one character at a time, as Go does: {@code String.toLowerCase} may change the number of characters. */
    static int[] codePoints(String name, boolean caseSensitive) {
        return name.codePoints()
                .map(c -> caseSensitive ? c : Character.toLowerCase(c))
                .toArray();
    }

    private static int indexOf(int[] chars, int wanted, int from) {
        for (int i = from; i < chars.length; i++) {
            if (chars[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return text;
    }

    /** One character of a name: in one of the ranges (pairs of first and last), or in none of them when negated. */
    private record Step(boolean negated, int[] ranges) {
        static final Step ANY = new Step(true, new int[0]);

        /** Tried, beside the ends of ranges, when looking for a character two steps have in common. */
        private static final String USUAL = "abcdefghijklmnopqrstuvwxyz0123456789_-$";

        static Step literal(int c) {
            return new Step(false, new int[] {c, c});
        }

        /** The class between the brackets, {@code chars[from, to)}; {@code [!]} is the character itself, {@code []} matches nothing. */
        static Step charClass(int[] chars, int from, int to) {
            boolean negated = from < to && chars[from] == '!';
            if (negated && from + 1 == to) {
                return literal('!');
            }
            int[] ranges = new int[2 * (to - from)];
            int used = 0;
            for (int i = negated ? from + 1 : from; i < to; i++) {
                boolean isRange = i + 2 < to && chars[i + 1] == '-';
                ranges[used++] = chars[i];
                ranges[used++] = isRange ? chars[i + 2] : chars[i];
                i += isRange ? 2 : 0;
            }
            return new Step(negated, Arrays.copyOf(ranges, used));
        }

        boolean isLiteral() {
            return !negated && ranges.length == 2 && ranges[0] == ranges[1];
        }

        boolean matches(int c) {
            for (int i = 0; i < ranges.length; i += 2) {
                if (ranges[i] <= c && c <= ranges[i + 1]) {
                    return !negated;
                }
            }
            return negated;
        }

        /** A character both steps match, -1 when there is none. */
        static int common(Step one, Step other) {
            return Stream.of(USUAL.codePoints(), one.edges(), other.edges())
                    .flatMapToInt(chars -> chars)
                    .filter(c -> one.matches(c) && other.matches(c))
                    .findFirst()
                    .orElse(-1);
        }

        /** The ends of the ranges and their outer neighbours: two steps have something in common only if they have one of these. */
        private IntStream edges() {
            return IntStream.of(ranges)
                    .flatMap(c -> IntStream.of(c, c - 1, c + 1))
                    .filter(Character::isValidCodePoint);
        }
    }
}
