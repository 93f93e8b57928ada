package io.tiderace.applier;

import io.tiderace.applier.Work.Prepared;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a lane has been given and has not begun: its next group or groups. Not thread-safe. */
final class OpenGroup {
    /** No lane waits longer for a group to be filled, while more is at hand; how often it looks where it waits longer. */
    static final long AGE_MS = 20;

    /** How far a group is filled while more is at hand: a larger one costs the target less a row, and delays what is in it. */
    private static final int ROWS = 1_000;

    /** The same where everything is late already. */
    private static final int LATE_ROWS = 3_000;

    private static final long LATE_AGE_MS = 300;

    private static final long BYTES = 2 << 20;
    private static final long BYTES_MAX = 8 << 20;

    private final Time time;
    private final Deque<Prepared> transactions = new ArrayDeque<>();
    private long rows;
    private long bytes;
    private boolean late;
    private long openedAt;
    private boolean urgent;

    OpenGroup(Time time) {
        this.time = time;
    }

    void add(Prepared transaction) {
        if (transactions.isEmpty()) {
            openedAt = time.nanos();
        }
        transactions.add(transaction);
        rows += transaction.rows().size();
        bytes += transaction.step().bytes();
        late = transaction.step().isLate();
    }

    /** Rows that a lane has to have before an independent transaction goes to another one, so that neighbours share a group. */
    static int fullRows(Prepared transaction) {
        return transaction.step().isLate() ? LATE_ROWS : ROWS;
    }

    /** Somebody waits for what is in it. */
    void hurry() {
        urgent = true;
    }

    boolean isEmpty() {
        return transactions.isEmpty();
    }

    /** @param behind true when it is worth waiting until the group is full */
    boolean isReady(boolean behind) {
        return !transactions.isEmpty()
                && (!behind
                        || urgent
                        || rows >= (late ? LATE_ROWS : ROWS)
                        || bytes >= BYTES
                        || time.nanos() - openedAt > TimeUnit.MILLISECONDS.toNanos(late ? LATE_AGE_MS : AGE_MS));
    }

    /** Takes the transactions of one group, at least one. */
    List<Prepared> take() {
        List<Prepared> group = new ArrayList<>();
        long groupRows = 0;
        long groupBytes = 0;
        while (!transactions.isEmpty()) {
            Prepared next = transactions.element();
            groupRows += next.rows().size();
            groupBytes += next.step().bytes();
            if (!group.isEmpty() && (groupRows > LATE_ROWS || groupBytes > BYTES_MAX)) {
                break;
            }
            rows -= next.rows().size();
            bytes -= next.step().bytes();
            group.add(transactions.remove());
        }
        openedAt = time.nanos();
        urgent &= !transactions.isEmpty();
        return group;
    }
}
