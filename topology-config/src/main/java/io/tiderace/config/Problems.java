package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong in all files, so that it is told at once. Not thread-safe. */
final class Problems {
    private final List<Entry> errors = new ArrayList<>();
    private final List<Entry> warnings = new ArrayList<>();

    private record Entry(Place place, String text) {}

    void error(Place place, String problem, String fix) {
        errors.add(new Entry(place, place + ": " + problem + "; " + fix));
    }

    void warning(Place place, String problem) {
        warnings.add(new Entry(place, place + ": " + problem));
    }

    List<String> warnings() {
        return sorted(warnings);
    }

    /** By line within each file, files in the order in which they came up; each text once. */
    private static List<String> sorted(List<Entry> entries) {
        List<String> files =
                entries.stream().map(entry -> entry.place().file()).distinct().toList();
        return entries.stream()
                .sorted(Comparator.<Entry>comparingInt(
                                entry -> files.indexOf(entry.place().file()))
                        .thenComparingInt(entry -> entry.place().line()))
                .map(Entry::text)
                .distinct()
                .toList();
    }

    void throwIfAny() {
        List<String> lines = sorted(errors);
        if (!lines.isEmpty()) {
            throw new ConfigException(
                    "TR-T001",
                    (lines.size() == 1 ? "1 problem" : lines.size() + " problems") + " in the configuration:\n  "
                            + String.join("\n  ", lines),
                    "correct the lines above; docs/configuration.md describes every key");
        }
    }

    /**
     * Where in a file something stands.
     *
     * @param line from 1, 0 when the place is the file as a whole
     * @param key path of the key, empty for the file as a whole
     */
    record Place(String file, int line, String key) {
        Place at(int otherLine, String otherKey) {
            return new Place(file, otherLine, otherKey);
        }

        Place child(int childLine, String name) {
            return new Place(file, childLine, key.isEmpty() ? name : key + "." + name);
        }

        @Override
        public String toString() {
            return file + (line > 0 ? ":" + line : "") + (key.isEmpty() ? "" : ": " + key);
        }
    }
}
