package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mapping that was read and checked against its table. A value that is absent, or was wrong and has been reported, is the default of
 * the table.
 *
 * @param values of the kinds that {@link KeyType} reads
 * @param places of the keys that are there, also of those whose value was wrong
 */
record Section(KeyTable table, Place place, Map<String, Object> values, Map<String, Place> places) {
    boolean has(String key) {
        return places.containsKey(key);
    }

    Place place(String key) {
        return places.getOrDefault(key, place);
    }

    String text(String key) {
        Object value = values.get(key);
        return value instanceof String text && !text.isEmpty() ? text : byDefault(key);
    }

    boolean flag(String key) {
        return value(key, Boolean.class, byDefault(key).equals("true"));
    }

    long whole(String key) {
        Object value = values.get(key);
        return value instanceof Long whole ? whole : Long.parseLong(byDefault(key));
    }

    /** In milliseconds. */
    long span(String key) {
        Object value = values.get(key);
        return value instanceof Long ms ? ms : Durations.parseMs(byDefault(key));
    }

    @SuppressWarnings("unchecked")
    List<String> texts(String key) {
        return value(key, List.class, List.of());
    }

    @SuppressWarnings("unchecked")
    Map<String, String> textMap(String key) {
        return value(key, Map.class, Map.of());
    }

    @Nullable
    Section section(String key) {
        return values.get(key) instanceof Section section ? section : null;
    }

    @SuppressWarnings("unchecked")
    List<Section> sections(String key) {
        return value(key, List.class, List.of());
    }

    @SuppressWarnings("unchecked")
    Map<String, Section> named(String key) {
        return value(key, Map.class, Map.of());
    }

    private <T> T value(String key, Class<T> type, T otherwise) {
        Object value = values.get(key);
        return type.isInstance(value) ? type.cast(value) : otherwise;
    }

    private String byDefault(String key) {
        Key known = table.keys().get(key);
        if (known == null) {
            throw new IllegalArgumentException(table.name() + " has no key " + key);
        }
        return known.byDefault();
    }
}
