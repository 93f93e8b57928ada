package io.tiderace.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;

/**
 * A process's own clock of the day, which a test can set while the process runs. A few lines of C, preloaded, see {@code clock.c}; libfaketime, which
 * does the same, disturbs how long a JVM waits.
 */
final class MovedClock {
    private final Path library;
    private final Path file;

    private MovedClock(Path library, Path file) {
        this.library = library;
        this.file = file;
    }

    /** Compiles the library; empty where there is no C compiler. */
    static Optional<Path> library(Path folder) throws IOException {
        Path source = folder.resolve("clock.c");
        try (InputStream code = MovedClock.class.getResourceAsStream("/clock.c")) {
            Files.copy(code, source, StandardCopyOption.REPLACE_EXISTING);
        }
        Path library = folder.resolve("clock.so");
        try {
            int code = new ProcessBuilder(
                            "cc", "-O2", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("clock.log").toFile())
                    .start()
                    .onExit()
                    .join()
                    .exitValue();
            return code == 0 ? Optional.of(library) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // no compiler
        }
    }

    static MovedClock of(Path library, Path file) {
        MovedClock clock = new MovedClock(library, file);
        clock.set(0);
        return clock;
    }

    /** What the process has to be started with. */
    Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library.toString(), "TIDERACE_TEST_CLOCK", file.toString());
    }

    /** Seconds that the clock is wrong by from now on. */
    void set(long seconds) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, seconds);
        try {
            // written in place: the process has this very file in its memory
            Files.write(file, bytes.array(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
