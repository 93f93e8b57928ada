package io.tiderace.applier;

import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Prepared;
import java.util.ArrayList;
import java.util.List;

/**
 * Transactions that will be one group, until a lane begins it. Its size follows by itself from what comes and how long the target takes: while
 * one group is on its way the next one gathers, so few changes make small groups and low delay, many make large ones, which cost the
 * target less a row; those go to further lanes. No clock takes part. Not thread-safe.
 */
final class OpenGroup {
    /** A larger group costs the target no less a row. */
    private static final int ROWS_MAX = 3_000;

    private static final long BYTES_MAX = 4 << 20;

    /** With each group that is on its way, one that is to be begun beside it has to have so much more. */
    private static final int ROWS_BESIDE = 500;

    private static final long BYTES_BESIDE = 512 << 10;

    /** So few rows are begun beside others, on that many lanes: they would gain little by waiting. */
    private static final int FEW_ROWS = 100;

    private static final int FEW_LANES = 2;

    /** After that many younger groups a group is begun however small it is. */
    private static final int PASSED_MAX = 2;

    private final long number;
    private final List<Prepared> transactions = new ArrayList<>();
    private final List<OpenGroup> after = new ArrayList<>();
    private long rows;
    private long bytes;
    private int passed;
    private boolean closed;
    private boolean urgent;

    /** @param number grows from group to group */
    OpenGroup(long number) {
        this.number = number;
    }

    long number() {
        return number;
    }

    /** True when the transaction can be added. */
    boolean hasRoom(Prepared transaction) {
        if (!transactions.isEmpty() && transactions.get(0).unchecked() != transaction.unchecked()) {
            return false;
        }
        closed |= rows + transaction.rows().size() > ROWS_MAX
                || bytes + transaction.step().bytes() > BYTES_MAX;
        return !closed || transactions.isEmpty();
    }

    void add(Prepared transaction) {
        transactions.add(transaction);
        rows += transaction.rows().size();
        bytes += transaction.step().bytes();
    }

    long rows() {
        return rows;
    }

    List<Prepared> transactions() {
        return transactions;
    }

    /** It may begin only when the other, an older one, is in the target. */
    void follow(OpenGroup other) {
        if (other != this && !after.contains(other)) {
            after.add(other);
        }
    }

    /** True when each of these is the group itself, or one that it waits for anyway. */
    boolean follows(List<OpenGroup> others) {
        for (OpenGroup other : others) {
            if (other != this && !after.contains(other)) {
                return false;
            }
        }
        return true;
    }

    /** The other one is in the target. */
    void forget(OpenGroup other) {
        after.remove(other);
    }

    /** True while it waits for others that share a key with it. */
    boolean isBlocked() {
        return !after.isEmpty();
    }

    /** Somebody waits for what is in it. */
    void hurry() {
        urgent = true;
    }

    /** A younger one has been begun. */
    void pass() {
        passed++;
    }

    /**
     * True when it is worth beginning, blocked or not.
     *
     * @param running groups that are on their way to the target
     * @param input what is to be expected
     */
    boolean isReady(int running, Input input) {
        long beside = Math.max(1, running) + 1L;
        if (urgent || closed || passed >= PASSED_MAX || rows >= ROWS_MAX || bytes >= BYTES_MAX) {
            return true;
        }
        if (rows >= ROWS_BESIDE * beside || bytes >= BYTES_BESIDE * beside) {
            return true;
        }
        return switch (input) {
            case ARRIVING -> false;
            case AT_HAND -> running == 0;
            case HELD_BACK, NONE -> running == 0 || (rows <= FEW_ROWS && running < FEW_LANES);
        };
    }
}
