package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One process of a service in the fault suite, with its own files, data directory, clock and proxies, and somebody who starts it again when it ends by
 * itself, as an init system does. Thread-safe.
 */
final class FaultMember {
    private static final long RESTART_PAUSE_MS = 1_000;

    /** 128 and the number of the signal. */
    private static final int KILLED_BY_TERM = 143;

    private final String service;
    private final String name;
    private final FaultFiles files;
    private final FaultProxy kafka;
    private final @Nullable FaultProxy database;
    private final @Nullable MovedClock clock;
    private final Path output;
    private final List<Integer> endings = new ArrayList<>();
    private @Nullable JavaProcess process;
    private boolean isWanted;
    private int outputAtStart;
    private long endedAt;

    /** @param database before the source or the target, null for a router */
    FaultMember(
            String service,
            String name,
            FaultFiles files,
            FaultProxy kafka,
            @Nullable FaultProxy database,
            @Nullable MovedClock clock) {
        this.service = service;
        this.name = name;
        this.files = files;
        this.kafka = kafka;
        this.database = database;
        this.clock = clock;
        this.output = files.folder().resolve("log");
    }

    String service() {
        return service;
    }

    String name() {
        return name;
    }

    FaultProxy kafka() {
        return kafka;
    }

    @Nullable
    FaultProxy database() {
        return database;
    }

    @Nullable
    MovedClock clock() {
        return clock;
    }

    /** Starts it, again after it ended. */
    synchronized void start(int workerCount) {
        files.writeTask(workerCount);
        outputAtStart = output().length();
        JavaProcess known = process;
        if (known == null) {
            Map<String, String> environment = clock == null ? Map.of() : clock.environment();
            process = JavaProcess.with(environment, Tiderace.class, output, files.command(service));
        } else {
            known.start();
        }
        isWanted = true;
        endedAt = 0;
    }

    synchronized void kill() {
        isWanted = false;
        if (process != null) {
            process.kill();
        }
    }

    /** SIGTERM; gives the exit code, 0 also where a process was ended that had not begun its work. Not needed where it has just ended by itself. */
    synchronized int stop(Duration patience) throws InterruptedException {
        isWanted = false;
        if (process == null) {
            return 0;
        }
        int code = process.stop(patience);
        return code == KILLED_BY_TERM && !isWork(output().substring(outputAtStart)) ? 0 : code;
    }

    synchronized void signal(String signal) {
        if (process != null) {
            process.signal(signal);
        }
    }

    /** Notes when it ended by itself, and starts it again a second later. */
    synchronized void supervise(int workerCount) {
        if (!isWanted || process == null || process.isAlive()) {
            return;
        }
        long now = System.nanoTime();
        if (endedAt == 0) {
            endedAt = now;
            endings.add(process.exitCode());
        } else if (now - endedAt > RESTART_PAUSE_MS * 1_000_000) {
            start(workerCount);
        }
    }

    /** The exit codes with which it ended although nobody had asked it to. */
    synchronized List<Integer> endings() {
        return List.copyOf(endings);
    }

    String output() {
        try {
            return Files.exists(output) ? Files.readString(output) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isWork(String output) {
        return output.contains(": assigned source=") || output.contains(": source claimed source=");
    }

    /** Where its output last says that it got work; -1 when it never did. */
    String lastAssigned() {
        String last = "";
        for (String line : output().lines().toList()) {
            if (isWork(line)) {
                last = line.substring(0, Math.min(24, line.length()));
            }
        }
        return last;
    }
}
