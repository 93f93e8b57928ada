package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Goal: every mistake of a set of files is told at once, with file, line, key and fix. Method: golden files; each folder under
 * {@code refused} holds files and, in {@code expected.txt}, the whole message.
 */
class ConfigLoaderRefusalTest {
    private static final Path FOLDER = Path.of("src/test/resources/io/tiderace/config/refused");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unknown-and-doubled",
                "not-supported",
                "references",
                "patterns",
                "values",
                "tiderace",
                "files",
                "collisions",
                "shared-source"
            })
    void tellsAllProblemsAtOnce(String name) throws IOException {
        Path folder = FOLDER.resolve(name);
        ConfigException error = catchThrowableOfType(
                ConfigException.class,
                () -> ConfigLoader.load(
                        files(folder, "source"), files(folder, "task"), only(files(folder, "tiderace")), Map.of()));
        String message = String.valueOf(error == null ? "accepted" : error.getMessage())
                        .replace(folder + "/", "")
                        .replaceAll("(?m) +$", "")
                + "\n";
        Golden.check(folder.resolve("expected.txt"), message);
    }

    private static List<Path> files(Path folder, String prefix) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    private static @Nullable Path only(List<Path> files) {
        return files.isEmpty() ? null : files.get(0);
    }
}
