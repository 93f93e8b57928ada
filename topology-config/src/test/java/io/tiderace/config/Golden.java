package io.tiderace.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** Files that tests compare with; {@code -Dtest.jvm.args=-Dgolden.update=true} writes them anew, for the eye of who changed them. */
final class Golden {
    private Golden() {}

    static void check(Path file, String actual) throws IOException {
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, actual);
        }
        assertThat(actual)
                .as(file + " is out of date; run with -Dtest.jvm.args=-Dgolden.update=true")
                .isEqualTo(Files.readString(file));
    }
}
