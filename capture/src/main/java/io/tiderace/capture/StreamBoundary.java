package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets another thread work between two transactions of the stream. The thread that reads the log says when it goes into a transaction and when it
 * is out of it; it is kept waiting only while the other one works, or has asked to come before what follows a place.
 *
 * <pre>
 *   log:    enter … leave            enter … leave   (waits)  enter
 *   other:                  work                     work
 * </pre>
 */
final class StreamBoundary {
    private static final long TICK_MS = 50;

    private final Predicate<SourcePosition> hasReached;
    private boolean isInside;
    private @Nullable SourcePosition wanted;
    private @Nullable SourcePosition gate;
    private boolean isClosed;

    /** @param hasReached whether the stream has come to a place, or past it; asked between transactions only */
    StreamBoundary(Predicate<SourcePosition> hasReached) {
        this.hasReached = hasReached;
    }

    /** Before an event that may begin a transaction. */
    synchronized void enter() throws InterruptedException {
        while (!isClosed && (isDue(wanted) || isDue(gate))) {
            wait(TICK_MS);
        }
        isInside = true;
    }

    /** After an event with which no transaction is left open. */
    synchronized void leave() {
        isInside = false;
        if (isDue(wanted)) {
            notifyAll();
        }
    }

    private boolean isDue(@Nullable SourcePosition place) {
        return place != null && (place.file().isEmpty() || hasReached.test(place));
    }

    /** What the other thread does; it may take its time only if the stream may wait. */
    @FunctionalInterface
    interface Work<R, E extends Exception> {
        @Nullable
        R run() throws E, InterruptedException;
    }

    /**
     * Works at the first boundary at which the stream has come to a place.
     *
     * @param place null for any
     * @param isStopping asked while waiting
     * @return what the work gave; null when it was told to stop
     */
    <R, E extends Exception> @Nullable R work(
            @Nullable SourcePosition place, BooleanSupplier isStopping, Work<R, E> work)
            throws E, InterruptedException {
        SourcePosition from = place == null ? new SourcePosition("", 0, null) : place;
        synchronized (this) {
            try {
                wanted = from;
                while (isInside || !isDue(from)) {
                    if (isClosed || isStopping.getAsBoolean()) {
                        return null;
                    }
                    wait(TICK_MS);
                }
                return work.run();
            } finally {
                wanted = null;
                notifyAll();
            }
        }
    }

    /** From now on the stream does not go past a place; null lets it go on. To be called at a boundary, of a place that is not behind. */
    synchronized void gate(@Nullable SourcePosition place) {
        gate = place;
        notifyAll();
    }

    /** Nobody works at the boundary any more. */
    synchronized void close() {
        isClosed = true;
        gate = null;
        notifyAll();
    }
}
