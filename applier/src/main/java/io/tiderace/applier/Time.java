package io.tiderace.applier;

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
    };

    /** Only differences mean anything. */
    long nanos();

    void sleep(long pauseMs) throws InterruptedException;
}
