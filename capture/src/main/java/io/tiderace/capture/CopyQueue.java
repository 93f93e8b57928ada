package io.tiderace.capture;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Ranges that wait for a connection. Whoever reads a long range cuts it when nobody else has anything to do, so all connections work until the
 * last. Thread-safe.
 */
final class CopyQueue {
    private final Deque<Piece> ready = new ArrayDeque<>();
    private int running;
    private boolean isStopped;

    /** A range of a table. */
    record Piece(CopyTable table, KeyRange range) {}

    CopyQueue(Collection<Piece> pieces) {
        ready.addAll(pieces);
    }

    /**
     * Waits for a piece; who takes one gives it back with {@link #done}.
     *
     * @return null when there is nothing more to do
     */
    synchronized @Nullable Piece take() throws InterruptedException {
        while (ready.isEmpty() && running > 0 && !isStopped) {
            wait();
        }
        if (ready.isEmpty() || isStopped) {
            return null;
        }
        running++;
        return ready.poll();
    }

    /** True when a connection that becomes free finds nothing to read. */
    synchronized boolean isEmpty() {
        return ready.isEmpty();
    }

    /** A part of a piece that is being read, for others; it comes before whole tables, so that few tables are under way at a time. */
    synchronized void add(Piece piece) {
        ready.addFirst(piece);
        notifyAll();
    }

    /** The table is given up: nothing of it is to be read any more. */
    synchronized void remove(CopyTable table) {
        ready.removeIf(piece -> piece.table().equals(table));
    }

    synchronized void done() {
        running--;
        notifyAll();
    }

    /** True when all that there was to read has been taken and given back. */
    synchronized boolean isFinished() {
        return ready.isEmpty() && running == 0;
    }

    /** Nobody gets anything any more. */
    synchronized void stop() {
        isStopped = true;
        notifyAll();
    }
}
