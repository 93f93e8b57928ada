package io.tiderace.tests;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One line of the result: what was seen, what the ceiling is, and whether the goal is reached.
 *
 * @param seen of each run
 * @param ceiling what the same machine gives in the same run when nothing of ours is in the way, null where there is no such thing
 */
record BenchmarkFigure(
        String name, String unit, Runs seen, @Nullable Ceiling ceiling, Goal goal) {

    /** The same measured once or more. */
    record Runs(List<Double> values) {
        Runs {
            values = List.copyOf(values);
        }

        static Runs of(double value) {
            return new Runs(List.of(value));
        }

        double median() {
            double[] sorted =
                    values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        double least() {
            return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        }

        double most() {
            return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        }
    }

    /** @param runs as many as were seen, each measured beside its own, or one for all */
    record Ceiling(String what, Runs runs) {}

    /** What must be reached: by the figure itself or by its ratio to the ceiling. */
    record Goal(boolean isOfRatio, boolean isAtLeast, double bound) {
        static Goal ratioAtLeast(double bound) {
            return new Goal(true, true, bound);
        }

        static Goal ratioAtMost(double bound) {
            return new Goal(true, false, bound);
        }

        static Goal atLeast(double bound) {
            return new Goal(false, true, bound);
        }

        static Goal atMost(double bound) {
            return new Goal(false, false, bound);
        }

        boolean isReachedBy(double value) {
            return isAtLeast ? value >= bound : value <= bound;
        }
    }

    /** Of seen to ceiling; the median over the runs, each with its own ceiling. 0 without a ceiling. */
    double ratio() {
        if (ceiling == null) {
            return 0;
        }
        List<Double> ours = seen.values();
        List<Double> theirs = ceiling.runs().values();
        if (ours.size() != theirs.size()) {
            return seen.median() / ceiling.runs().median();
        }
        Double[] ratios = new Double[ours.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i) / theirs.get(i);
        }
        return new Runs(List.of(ratios)).median();
    }

    boolean isReached() {
        return goal.isReachedBy(goal.isOfRatio() ? ratio() : seen.median());
    }

    private String goalText() {
        String sign = goal.isAtLeast() ? "≥ " : "≤ ";
        return sign + (goal.isOfRatio() ? number(goal.bound()) + " of it" : number(goal.bound()) + " " + unit);
    }

    private String seenText() {
        String text = number(seen.median()) + " " + unit;
        return seen.values().size() == 1
                ? text
                : text + " (" + number(seen.least()) + " to " + number(seen.most()) + ")";
    }

    private String ceilingText() {
        return ceiling == null ? "" : number(ceiling.runs().median()) + ", " + ceiling.what();
    }

    /** For a terminal. */
    String line() {
        String against = ceiling == null ? "" : "  " + number(ratio()) + " of " + ceilingText();
        return "%-44s %s%s  goal %s: %s"
                .formatted(name, seenText(), against, goalText(), isReached() ? "reached" : "NOT REACHED");
    }

    static String markdownHead() {
        return "| figure | seen | ceiling | ratio | goal | reached |\n|---|---|---|---|---|---|\n";
    }

    String markdown() {
        return "| %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                        name,
                        seenText(),
                        ceilingText(),
                        ceiling == null ? "" : number(ratio()),
                        goalText(),
                        isReached() ? "yes" : "no");
    }

    Map<String, Object> json() {
        Map<String, Object> json = new TreeMap<>();
        json.put("name", name);
        json.put("unit", unit);
        json.put("value", seen.median());
        json.put("min", seen.least());
        json.put("max", seen.most());
        json.put("runs", seen.values());
        json.put("goal", goalText());
        json.put("reached", isReached());
        if (ceiling != null) {
            json.put("against", ceiling.runs().median());
            json.put("againstWhat", ceiling.what());
            json.put("ratio", ratio());
        }
        return json;
    }

    /** Thousands apart, as many digits as mean something. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 1_000 ? "%,.0f" : (size >= 100 ? "%.0f" : (size >= 10 ? "%.1f" : "%.2f"));
        return String.format(Locale.ROOT, format, value);
    }
}
