package io.tiderace.applier;

import io.tiderace.applier.JdbcDdlSession.Seat;
import java.sql.Connection;
import java.util.function.Consumer;

/** The request that a connection to the target waits for, if it does. One thread asks, another looks whether the server is at it. */
final class Asking implements AutoCloseable {
    private static final long NOTHING = 0;
    private static final long MILLI = 1_000_000;

    /** As slow as a line may be: so long a statement is still on its way to the server, which cannot know of it. */
    private static final int BYTES_PER_MS = 128;

    private final Connection connection;
    private final Seat seat;
    private final Consumer<Asking> onClose;
    private long requests;
    private volatile long request;
    private volatile long sentNanos;
    private long idleRequest;
    private int idleLooks;

    Asking(Connection connection, Seat seat, Consumer<Asking> onClose) {
        this.connection = connection;
        this.seat = seat;
        this.onClose = onClose;
    }

    Connection connection() {
        return connection;
    }

    Seat seat() {
        return seat;
    }

    /** A request is about to be sent. */
    void begin() {
        sentNanos = System.nanoTime();
        request = ++requests;
    }

    /** The request that was begun has so many bytes. */
    void sends(long bytes) {
        long begun = sentNanos;
        sentNanos = begun + bytes / BYTES_PER_MS * MILLI;
    }

    /** It was answered. */
    void end() {
        request = NOTHING;
    }

    /** The number of the request that waits for its answer, 0 when none does. */
    long request() {
        return request;
    }

    boolean isOverdue(long nowNanos, long patienceMs) {
        return request != NOTHING && nowNanos - sentNanos > patienceMs * MILLI;
    }

    /**
     * Of the looking thread.
     *
     * @param looked the request that was waited for before the look
     * @return how many times in a row the server was not at work on the request
     */
    int looked(long looked, boolean isAtWork) {
        boolean isSame = looked != NOTHING && looked == request;
        if (isAtWork || !isSame) {
            idleLooks = 0;
        } else {
            idleLooks = looked == idleRequest ? idleLooks + 1 : 1;
            idleRequest = looked;
        }
        return idleLooks;
    }

    @Override
    public void close() {
        request = NOTHING;
        onClose.accept(this);
    }
}
