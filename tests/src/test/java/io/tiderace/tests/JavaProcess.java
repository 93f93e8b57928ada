package io.tiderace.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A program of this class path as a process of its own, its output in a file. Ends with this process at the latest. */
final class JavaProcess {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private static final List<String> QUICK = List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final List<String> options;
    private final String mainClass;
    private final List<String> arguments;
    private final Path output;
    private final Map<String, String> environment;
    private Process process;

    JavaProcess(Class<?> mainClass, Path output, String... arguments) {
        this(QUICK, mainClass, output, arguments);
    }

    /** @param options of the JVM, in the place of those for a quick start */
    JavaProcess(List<String> options, Class<?> mainClass, Path output, String... arguments) {
        this(options, Map.of(), mainClass, output, arguments);
    }

    private JavaProcess(
            List<String> options,
            Map<String, String> environment,
            Class<?> mainClass,
            Path output,
            String... arguments) {
        this.options = options;
        this.environment = environment;
        this.mainClass = mainClass.getName();
        this.arguments = List.of(arguments);
        this.output = output;
        start();
    }

    /** A quick start, with more environment variables than this process has. */
    static JavaProcess with(Map<String, String> environment, Class<?> mainClass, Path output, String... arguments) {
        return new JavaProcess(QUICK, environment, mainClass, output, arguments);
    }

    /** Starts it, again after it ended. */
    void start() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-XX:-UsePerfData",
                "-Dlogback.configurationFile=logback.xml",
                "-Duser.timezone=UTC",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
        command.addAll(arguments);
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
            builder.environment().putAll(environment);
            process = builder.start();
            RUNNING.removeIf(other -> !other.isAlive());
            RUNNING.add(process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** SIGTERM; gives the exit code. */
    int stop(Duration patience) throws InterruptedException {
        process.destroy();
        return end(patience);
    }

    /** Sends a signal by name: {@code STOP} freezes it, {@code CONT} lets it go on. */
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .onExit()
                    .join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of an ended one. */
    int exitCode() {
        return process.exitValue();
    }

    /** Waits for its end; gives the exit code. */
    int end(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
            throw new AssertionError("did not end within " + patience + ":\n" + output());
        }
        return process.exitValue();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until its output holds the text. */
    void awaitOutput(String text, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!output().contains(text)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("no \"" + text + "\" in:\n" + output());
            }
            Thread.sleep(50);
        }
    }
}
