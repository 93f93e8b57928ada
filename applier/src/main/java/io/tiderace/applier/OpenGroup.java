package io.tiderace.applier;

import io.tiderace.applier.Work.Prepared;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a lane has been given and has not begun: its next group or groups. Not thread-safe. */
final class OpenGroup {
    /** A group takes more neighbours until it has as many rows; a larger one costs the target no less a row. */
    static final int ROWS = 1_000;

    /** A group that is filled starts at this age, whatever it has. */
    static final long AGE_MAX_MS = 20;

    private static final int ROWS_MAX = 2_000;
    private static final long BYTES_MAX = 8 << 20;

    private final Time time;
    private final Deque<Prepared> transactions = new ArrayDeque<>();
    private long rows;
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
                        || rows >= ROWS
                        || time.nanos() - openedAt > TimeUnit.MILLISECONDS.toNanos(AGE_MAX_MS));
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
            if (!group.isEmpty() && (groupRows > ROWS_MAX || groupBytes > BYTES_MAX)) {
                break;
            }
            rows -= next.rows().size();
            group.add(transactions.remove());
        }
        openedAt = time.nanos();
        urgent &= !transactions.isEmpty();
        return group;
    }
}
