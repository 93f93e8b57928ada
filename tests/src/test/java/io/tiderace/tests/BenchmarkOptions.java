package io.tiderace.tests;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What to measure and how long.
 *
 * @param changes of the backlog that is caught up on; the stages alone take at most 300,000
 * @param rows that are copied
 * @param repeats how often each figure is measured where that is not said otherwise
 * @param seconds of steady load for a latency, after the warm-up
 * @param tables that capture knows when it is restarted
 * @param transactionMib the transaction that has to fit into 1 GiB of heap
 * @param points changes of a point of the scaling
 * @param scaling what the scaling grows, as {@code name} or {@code name=10:1000}
 */
record BenchmarkOptions(
        Set<String> only,
        Map<String, List<Integer>> scaling,
        List<String> targets,
        int changes,
        int rows,
        int repeats,
        int seconds,
        int transactionChanges,
        int tables,
        int transactionMib,
        int points,
        String json,
        String markdown) {
    static final List<String> FIGURES = List.of(
            "capture",
            "relay-copy",
            "router",
            "applier",
            "checkpoint",
            "relay-latency",
            "restart",
            "catch-up",
            "copy",
            "latency",
            "memory");

    /** Not a figure, but where the time of one goes. */
    static final String LATENCY_STAGES = "latency-stages";

    static final Map<String, List<Integer>> SCALING = scalings();

    private static final int STAGE_CHANGES_MAX = 300_000;

    private static Map<String, List<Integer>> scalings() {
        Map<String, List<Integer>> result = new LinkedHashMap<>();
        result.put("tables", List.of(10, 1_000, 10_000));
        result.put("lanes", List.of(1, 2, 4, 8, 16, 32, 64));
        result.put("row-size", List.of(50, 1 << 10, 10 << 10, 100 << 10, 1 << 20));
        result.put("transaction-size", List.of(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000));
        result.put("sources", List.of(1, 2, 4, 8, 16));
        return result;
    }

    static String usage() {
        return "usage: tests/benchmark [--only LIST] [--scaling LIST] [--targets TiDB,MySQL] [--changes N] [--rows N] [--repeats N]"
                + " [--seconds N] [--transaction-changes N] [--tables N] [--transaction-mib N] [--points N] [--json FILE] [--markdown FILE]\n  --only: "
                + String.join(",", FIGURES) + " (all of them unless --scaling is given), " + LATENCY_STAGES
                + ", scaling\n  --scaling: "
                + String.join(",", SCALING.keySet()) + "; a name alone, or with sizes as in lanes=1:16:64";
    }

    /** @throws IllegalArgumentException saying what is wrong */
    static BenchmarkOptions parse(String... arguments) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("--targets", "TiDB,MySQL");
        values.put("--changes", "1000000");
        values.put("--rows", "500000");
        values.put("--repeats", "3");
        values.put("--seconds", "20");
        values.put("--transaction-changes", "10");
        values.put("--tables", "10000");
        values.put("--transaction-mib", "2048");
        values.put("--points", "100000");
        values.put("--json", "");
        values.put("--markdown", "");
        values.put("--only", "");
        values.put("--scaling", "");
        for (int i = 0; i < arguments.length; i += 2) {
            if (!values.containsKey(arguments[i]) || i + 1 == arguments.length) {
                throw new IllegalArgumentException("not understood: " + arguments[i]);
            }
            values.put(arguments[i], arguments[i + 1]);
        }
        Set<String> only = names(values.get("--only"));
        if (only.isEmpty() && values.get("--scaling").isEmpty()) {
            only.addAll(FIGURES);
        }
        boolean isScalingWhole =
                only.remove("scaling") && values.get("--scaling").isEmpty();
        if (!only.stream().allMatch(name -> FIGURES.contains(name) || name.equals(LATENCY_STAGES))) {
            throw new IllegalArgumentException("not a figure: " + only);
        }
        return new BenchmarkOptions(
                only,
                isScalingWhole ? SCALING : scaling(values.get("--scaling")),
                List.copyOf(names(values.get("--targets"))),
                number(values, "--changes"),
                number(values, "--rows"),
                number(values, "--repeats"),
                number(values, "--seconds"),
                number(values, "--transaction-changes"),
                number(values, "--tables"),
                number(values, "--transaction-mib"),
                number(values, "--points"),
                values.get("--json"),
                values.get("--markdown"));
    }

    boolean wants(String... figures) {
        for (String figure : figures) {
            if (only.contains(figure)) {
                return true;
            }
        }
        return false;
    }

    int stageChanges() {
        return Math.min(changes, STAGE_CHANGES_MAX);
    }

    /** Of what takes a minute each time. */
    int longRepeats() {
        return repeats / 2 == 0 ? 1 : repeats / 2;
    }

    private static Set<String> names(String list) {
        return list.isEmpty() ? new LinkedHashSet<>() : new LinkedHashSet<>(List.of(list.split(",")));
    }

    private static Map<String, List<Integer>> scaling(String list) {
        Map<String, List<Integer>> result = new LinkedHashMap<>();
        for (String name : names(list)) {
            String[] parts = name.split("=");
            List<Integer> sizes = SCALING.get(parts[0]);
            if (sizes == null) {
                throw new IllegalArgumentException("nothing to scale: " + name);
            }
            result.put(
                    parts[0],
                    parts.length == 1
                            ? sizes
                            : List.of(parts[1].split(":")).stream()
                                    .map(Integer::valueOf)
                                    .toList());
        }
        return result;
    }

    private static int number(Map<String, String> values, String name) {
        int number = Integer.parseInt(values.get(name));
        if (number < 1) {
            throw new IllegalArgumentException(name + " must be 1 or more");
        }
        return number;
    }
}
