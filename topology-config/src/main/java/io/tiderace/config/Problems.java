package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong in all files, so that it is told at once. Not thread-safe. */
final class Problems {
    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    void error(Place place, String problem, String fix) {
        errors.add(place + ": " + problem + "; " + fix);
    }

    void warning(Place place, String problem) {
        warnings.add(place + ": " + problem);
    }

    List<String> errors() {
        return List.copyOf(errors);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    void throwIfAny() {
        if (!errors.isEmpty()) {
            throw new ConfigException(
                    "TR-T001",
                    (errors.size() == 1 ? "1 problem" : errors.size() + " problems") + " in the configuration:\n  "
                            + String.join("\n  ", errors),
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
