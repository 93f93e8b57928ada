package io.tiderace.router;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.TransactionAbortableException;

/**
 * Decides what happens when a commit finds that Kafka has ended the transaction already, because a broker stood still for longer than the transaction may
 * last. Streams takes that for the end; nothing of such a transaction can be seen, so a new thread goes on with what was committed before. Bounded:
 * {@value #WITHIN_A_MINUTE} times a minute. Thread-safe.
 */
final class LostTransactions {
    private static final int WITHIN_A_MINUTE = 5;
    private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

    private final Deque<Long> times = new ArrayDeque<>();

    /** @param nowNanos of a clock that only grows */
    synchronized boolean isToBeRoutedAgain(Throwable thrown, long nowNanos) {
        boolean isLost = false;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            isLost |= isLost(cause);
        }
        if (!isLost) {
            return false;
        }
        while (!times.isEmpty() && nowNanos - times.getFirst() > MINUTE_NANOS) {
            times.removeFirst();
        }
        times.addLast(nowNanos);
        return times.size() <= WITHIN_A_MINUTE;
    }

    static boolean isLost(Throwable cause) {
        return cause instanceof InvalidTxnStateException || cause instanceof TransactionAbortableException;
    }
}
