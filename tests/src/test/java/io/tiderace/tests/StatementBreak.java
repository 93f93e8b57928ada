package io.tiderace.tests;

import io.tiderace.tests.FaultProxy.Tap;
import java.util.function.Predicate;

/** Something happens just before the nth of certain requests reaches the server, or the answer to one its client. Thread-safe. */
final class StatementBreak {
    private final Predicate<String> requests;
    private Runnable action = () -> {};
    private int left;

    /** @param requests those that count, together with their answers */
    StatementBreak(Predicate<String> requests) {
        this.requests = requests;
    }

    /** @param number of the request or answer, from 1 on */
    synchronized void at(int number, Runnable what) {
        left = number;
        action = what;
    }

    /** True when it has happened. */
    synchronized boolean hasHappened() {
        return left == 0;
    }

    private synchronized void count() {
        if (left > 0 && --left == 0) {
            action.run();
        }
    }

    Tap tap() {
        return new Tap() {
            private volatile boolean isAwaited;

            @Override
            public void request(String bytes) {
                isAwaited = requests.test(bytes);
                if (isAwaited) {
                    count();
                }
            }

            @Override
            public void answer() {
                if (isAwaited) {
                    isAwaited = false;
                    count();
                }
            }
        };
    }
}
