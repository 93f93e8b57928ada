package io.tiderace.applier;

import java.util.concurrent.ThreadLocalRandom;

/** Time as the applier sees it: what passes, and pauses. */
interface Time {
    Time SYSTEM = new Time() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long pauseMs) throws InterruptedException {
            Thread.sleep(pauseMs);
        }

        @Override
        public long jitter(long bound) {
            return ThreadLocalRandom.current().nextLong(bound);
        }
    };

    /** Only differences mean anything. */
    long nanos();

    void sleep(long pauseMs) throws InterruptedException;

    /** Some number from 0 to less than {@code bound}: what keeps those who retry from doing so in step. */
    long jitter(long bound);
}
