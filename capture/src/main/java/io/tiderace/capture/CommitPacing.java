package io.tiderace.capture;

/**
 * When a batch has to be committed. As soon as the reader has nothing more to give, but no sooner than 5 ms after the last commit began; where that took more than 3 ms,
 * no sooner than four times that time, up to 20 ms: it is a commit of a broker or a machine that has too much to do, and every stage behind does something for
 * each. At the latest when the batch is 50 ms old or has 4 MiB. A batch that grows by more than 25 MiB a second is part of a backlog: its reader has nothing
 * more only for moments, so the pause grows with the batch, and there are few commits. What has to wait may be sent ahead of the rest of its Kafka
 * transaction, once, since the broker takes longest for a transaction's first records. Pure.
 */
final class CommitPacing {
    static final long BATCH_BYTES = 4L << 20;

    /** Nothing but another record or signal makes it due. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long PACE_NANOS = 5_000_000;
    private static final long PACE_MAX_NANOS = 20_000_000;
    private static final long LONG_COMMIT_NANOS = 3_000_000;
    private static final long PACE_IN_LONG_COMMITS = 4;
    private static final long PACED_BYTES = 128 << 10;
    private static final long AHEAD_NANOS = 1_500_000;
    private static final long AGE_NANOS = 50_000_000;

    private CommitPacing() {}

    /**
     * @param bytes of everything that waits
     * @param hasWhole true when whole transactions wait
     * @param hasPosition true when a position waits
     * @param isPartSent true when a part of the Kafka transaction was sent already
     * @param isDrained true when the reader had nothing more after the last record
     * @param ageNanos since the first record came
     * @param sinceCommitNanos since the last commit began
     * @param commitTookNanos how long that one took
     */
    record Waiting(
            long bytes,
            boolean hasWhole,
            boolean hasPosition,
            boolean isPartSent,
            boolean isDrained,
            long ageNanos,
            long sinceCommitNanos,
            long commitTookNanos) {}

    /** 0 when a batch has to go now, else the nanoseconds until one may have to, or {@link #NEVER}. */
    static long dueInNanos(Waiting waiting) {
        if (waiting.bytes >= BATCH_BYTES) {
            return 0;
        }
        if (!waiting.hasWhole) {
            return waiting.hasPosition ? 0 : waiting.isPartSent ? byPace(waiting) : NEVER;
        }
        long byAge = AGE_NANOS - waiting.ageNanos;
        return Math.max(0, waiting.isDrained || waiting.isPartSent ? Math.min(byAge, byPace(waiting)) : byAge);
    }

    private static long byPace(Waiting waiting) {
        return Math.max(0, paceNanos(waiting) - waiting.sinceCommitNanos);
    }

    /**
     * Whether what waits should be sent ahead: when the reader keeps up, and the commit is not due for a while.
     *
     * @param dueInNanos from {@link #dueInNanos}
     */
    static boolean isPartDue(Waiting waiting, long dueInNanos) {
        return waiting.isDrained
                && waiting.hasWhole
                && !waiting.isPartSent
                && waiting.bytes <= PACED_BYTES
                && dueInNanos >= AHEAD_NANOS;
    }

    private static long paceNanos(Waiting waiting) {
        long byBytes = PACE_NANOS * Math.max(PACED_BYTES, waiting.bytes) / PACED_BYTES;
        return waiting.commitTookNanos > LONG_COMMIT_NANOS
                ? Math.max(byBytes, Math.min(PACE_IN_LONG_COMMITS * waiting.commitTookNanos, PACE_MAX_NANOS))
                : byBytes;
    }
}
