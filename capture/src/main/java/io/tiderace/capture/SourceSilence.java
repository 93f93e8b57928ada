package io.tiderace.capture;

/**
 * Tells a dead connection from a quiet source. A server that sends a log promises a heartbeat when it has had nothing to send for {@link #HEARTBEAT_MS}
 * (MySQL's and MariaDB's {@code master_heartbeat_period}), so that several of them left out prove that nothing will come. Only waiting for the server counts: a
 * reader that is busy, or waits for Kafka, does not listen. Before the first transaction or heartbeat a server may be searching its log for the position, and
 * says nothing while it does. Thread-safe.
 */
final class SourceSilence {
    static final long HEARTBEAT_MS = 3_000;
    private static final long MILLI = 1_000_000;
    private static final long SILENT_MAX_MS = 4 * HEARTBEAT_MS;
    private static final long SEARCH_MAX_MS = 60_000;

    private volatile boolean isListening;
    private volatile boolean isFound;
    private volatile long sinceNanos;

    /** A new connection. */
    void begin() {
        isListening = false;
        isFound = false;
    }

    /** The reader has read all that came, and waits for more. */
    void listens(long nowNanos) {
        sinceNanos = nowNanos;
        isListening = true;
    }

    /** Something came. */
    void hears() {
        isListening = false;
    }

    /** A transaction has come, or a heartbeat: the position is found. */
    void found() {
        isFound = true;
    }

    /** How long the server has said nothing, when that is longer than a living one does; else 0. */
    long tooLongMs(long nowNanos) {
        boolean isWaiting = isListening; // before the time, which may only become later
        long silentMs = isWaiting ? (nowNanos - sinceNanos) / MILLI : 0;
        return silentMs > (isFound ? SILENT_MAX_MS : SEARCH_MAX_MS) ? silentMs : 0;
    }
}
