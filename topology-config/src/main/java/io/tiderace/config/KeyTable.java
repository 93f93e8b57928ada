package io.tiderace.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys a mapping may have: the one description from which the loader, the JSON Schemas and the reference in docs/configuration.md come.
 *
 * @param name what the mapping is called in the reference
 */
record KeyTable(String name, Map<String, Key> keys) {
    static KeyTable of(String name, List<Key> keys) {
        Map<String, Key> byName = new LinkedHashMap<>();
        keys.forEach(key -> byName.put(key.name(), key));
        return new KeyTable(name, byName);
    }

    /** The known key that looks most like this one, when one does. */
    Optional<String> nearest(String unknown) {
        return nearest(unknown, keys.keySet()).or(() -> keys.keySet().stream()
                .filter(known -> known.endsWith("." + unknown))
                .findFirst());
    }

    static Optional<String> nearest(String unknown, Iterable<String> known) {
        String best = null;
        int bestDistance = Math.max(2, unknown.length() / 3) + 1;
        for (String candidate : known) {
            int distance = distance(unknown, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Characters to add, take away, replace or exchange with their neighbour (optimal string alignment). */
    static int distance(String one, String other) {
        int[][] cost = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int same = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(cost[i - 1][j - 1] + same, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[one.length()][other.length()];
    }
}
