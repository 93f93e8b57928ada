package io.tiderace.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A server of ours as a child process, its output in a file. It ends with this process: a shutdown hook kills it on an ordinary end, and a
 * guard (a shell that reads from a pipe which only this process holds open) when this process itself is killed.
 */
final class ChildProcess {
    private static final Set<ChildProcess> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(ChildProcess::kill), "kill-children"));
    }

    private final Process process;
    /** Its process and, after that, its guard. */
    private final CompletableFuture<Void> ended;

    private final Path output;

    private ChildProcess(Process process, Process guard, Path output) {
        this.process = process;
        // a guard that outlived its charge would one day kill a stranger with the same number
        this.ended = process.onExit().thenRun(guard::destroyForcibly);
        this.output = output;
    }

    /** Starts it; its output is appended to the file. */
    static ChildProcess start(List<String> command, Path output) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start();
            process.getOutputStream().close();
            Process guard = new ProcessBuilder("sh", "-c", "read line; kill -9 " + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            ChildProcess child = new ChildProcess(process, guard, output);
            RUNNING.removeIf(other -> !other.isAlive());
            RUNNING.add(child);
            return child;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitCode() {
        return process.exitValue();
    }

    /** Waits for its end. */
    void await() {
        ended.join();
    }

    /** SIGKILL, and waits for the end. */
    void kill() {
        process.destroyForcibly();
        ended.join();
    }

    /** SIGTERM, and SIGKILL when that does not end it in time. */
    void stop(long waitMaxMs) {
        process.destroy();
        try {
            if (process.waitFor(waitMaxMs, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
    }

    /** Sends a signal by name, for example {@code STOP}. */
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                    .start()
                    .onExit()
                    .join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last lines it wrote. */
    String outputTail() {
        return tail(output);
    }

    static String tail(Path file) {
        try {
            List<String> lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(no output: " + e + ")";
        }
    }
}
