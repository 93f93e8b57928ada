package io.tiderace.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Keys after one and up to another, both given by the values of the first columns of the key.
 *
 * @param after exclusive, empty for no limit
 * @param upTo inclusive, empty for no limit
 */
record KeyRange(List<Object> after, List<Object> upTo) {
    static final KeyRange ALL = new KeyRange(List.of(), List.of());

    KeyRange {
        after = List.copyOf(after);
        upTo = List.copyOf(upTo);
    }

    /** As a condition, with a parameter for each of {@link #parameters}; spelt out, since servers do not use indexes for row comparisons. */
    String condition(List<String> key) {
        List<String> conditions = new ArrayList<>();
        if (!after.isEmpty()) {
            conditions.add(beyond(key, after.size(), " > ?", false));
        }
        if (!upTo.isEmpty()) {
            conditions.add(beyond(key, upTo.size(), " < ?", true));
        }
        return conditions.isEmpty() ? "1 = 1" : String.join(" AND ", conditions);
    }

    private static String beyond(List<String> key, int columns, String operator, boolean isInclusive) {
        List<String> alternatives = new ArrayList<>();
        for (int last = 0; last < columns; last++) {
            StringBuilder alternative = new StringBuilder("(");
            for (int i = 0; i < last; i++) {
                alternative.append(key.get(i)).append(" = ? AND ");
            }
            boolean isFinal = last == columns - 1 && isInclusive;
            alternatives.add(alternative
                    .append(key.get(last))
                    .append(isFinal ? " <= ?" : operator)
                    .append(')')
                    .toString());
        }
        return "(" + String.join(" OR ", alternatives) + ")";
    }

    /** The values of the condition's parameters. */
    Object[] parameters() {
        List<Object> parameters = new ArrayList<>();
        for (List<Object> bound : List.of(after, upTo)) {
            for (int last = 0; last < bound.size(); last++) {
                parameters.addAll(bound.subList(0, last + 1));
            }
        }
        return parameters.toArray();
    }
}
