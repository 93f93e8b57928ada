package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the machine's clock was set back. Kafka's client counts its waits by the clock of the day, and a count never goes back
 * ({@code org.apache.kafka.common.utils.Timer}): after a step of an hour it would send no heartbeat, fetch or commit for an hour. A new process waits for nothing.
 */
final class ClockWatch implements AutoCloseable {
    /** A step that Kafka's own time-outs get over. */
    private static final Duration STEP_MAX = Duration.ofSeconds(10);

    private static final long LOOK_MS = 1_000;

    private final LongSupplier clockMs;
    private final LongSupplier monotonicNs;
    private final Thread thread;
    private final Consumer<TideraceException> listener;
    private long offsetMs;

    private ClockWatch(LongSupplier clockMs, LongSupplier monotonicNs, Consumer<TideraceException> listener) {
        this.clockMs = clockMs;
        this.monotonicNs = monotonicNs;
        this.listener = listener;
        this.thread = new Thread(this::run, "clock");
        thread.setDaemon(true);
        offsetMs = offsetMs();
    }

    /** @param listener hears of it once, in a thread of the watch */
    static ClockWatch start(Consumer<TideraceException> listener) {
        ClockWatch watch = new ClockWatch(System::currentTimeMillis, System::nanoTime, listener);
        watch.thread.start();
        return watch;
    }

    /** One that looks only when {@link #look} is called. */
    static ClockWatch of(LongSupplier clockMs, LongSupplier monotonicNs) {
        return new ClockWatch(clockMs, monotonicNs, error -> {});
    }

    /** The error when the clock has been set back since the last look. */
    @Nullable
    TideraceException look() {
        long now = offsetMs();
        long back = offsetMs - now;
        offsetMs = now;
        if (back <= STEP_MAX.toMillis()) {
            return null;
        }
        return new RetriesExhaustedException(
                "TR-L024",
                "this machine's clock was set back by " + back / 1000
                        + " s; Kafka's client counts its waits by it and would stand still for as long",
                "start again, as an init system does by itself: nothing was lost; have NTP adjust the clock gradually");
    }

    private long offsetMs() {
        return clockMs.getAsLong() - TimeUnit.NANOSECONDS.toMillis(monotonicNs.getAsLong());
    }

    private void run() {
        try {
            while (!thread.isInterrupted()) {
                Thread.sleep(LOOK_MS);
                TideraceException error = look();
                if (error != null) {
                    listener.accept(error);
                    return;
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
