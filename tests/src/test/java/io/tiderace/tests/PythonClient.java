package io.tiderace.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Confluent's Python client from PyPI, in a virtual environment in the cache folder: a consumer that knows nothing of us. */
final class PythonClient {
    private static final String VERSION = "2.12.2";

    /** How a program ended. */
    record Result(int exitCode, String output) {}

    private final Path python;

    private PythonClient(Path python) {
        this.python = python;
    }

    /** Empty where there is no Python 3, or PyPI cannot be reached. */
    static synchronized Optional<PythonClient> find() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path cache = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        Path home = cache.resolve("tiderace/python-confluent-kafka-" + VERSION);
        Path python = home.resolve("bin/python");
        Path complete = home.resolve("complete");
        if (!Files.exists(complete)) {
            String requirement = "confluent-kafka[avro,schemaregistry]==" + VERSION;
            if (run(List.of("python3", "-m", "venv", "--clear", home.toString()))
                                    .exitCode()
                            != 0
                    || run(List.of(python.toString(), "-m", "pip", "install", "-q", requirement))
                                    .exitCode()
                            != 0) {
                return Optional.empty();
            }
            try {
                Files.createFile(complete);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Optional.of(new PythonClient(python));
    }

    /** Runs a script of the test resources' folder {@code python}. */
    Result run(String script, String... arguments) {
        try (var source = PythonClient.class.getResourceAsStream("/python/" + script)) {
            Path file = Files.createTempFile("tiderace", ".py");
            Files.copy(source, file, StandardCopyOption.REPLACE_EXISTING);
            List<String> command = new ArrayList<>(List.of(python.toString(), file.toString()));
            command.addAll(List.of(arguments));
            Result result = run(command);
            Files.delete(file);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program to its end; one that is not there ends with code 127. */
    static Result run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.onExit().join().exitValue(), output);
        } catch (IOException e) {
            return new Result(127, String.valueOf(e.getMessage()));
        }
    }
}
