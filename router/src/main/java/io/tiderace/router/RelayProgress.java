package io.tiderace.router;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How far a source's relay topic has been taken: the reader's rule, and what must survive a restart in the middle of a transaction.
 * The saved form is one array that is changed in place: {@link #save} is a few stores to memory for each record, and whoever has put the
 * array into a store finds the latest numbers in it. Not thread-safe.
 */
final class RelayProgress {
    /** Length of the saved form. */
    static final int BYTES = 2 + 4 * Long.BYTES;

    private final byte[] saved = new byte[BYTES];
    private final ByteBuffer view = ByteBuffer.wrap(saved);

    /** The transaction under way, or the last whole one. */
    private long txn;

    /** The last record taken of the transaction under way, 0 when there is none. */
    private long row;

    /** Records of the transaction under way that have passed. */
    private long passed;

    /** First transaction of a folded marker that was not written yet, 0 when there is none. */
    private long foldFirst;

    private boolean copyEnded;

    /** What a record's number means. */
    enum Step {
        NEXT,
        REPEAT,
        GAP
    }

    RelayProgress(byte @Nullable [] restored) {
        if (restored == null) {
            return;
        }
        ByteBuffer from = ByteBuffer.wrap(restored);
        copyEnded = from.get(1) != 0;
        txn = from.getLong(2);
        row = from.getLong(10);
        passed = from.getLong(18);
        foldFirst = from.getLong(26);
    }

    Step step(long nextTxn, long nextRow) {
        if (nextTxn < txn || (nextTxn == txn && (row == 0 || nextRow <= row))) {
            return Step.REPEAT;
        }
        boolean next = row == 0 ? nextTxn == txn + 1 && nextRow == 1 : nextTxn == txn && nextRow == row + 1;
        return next ? Step.NEXT : Step.GAP;
    }

    /** A record before the Commit was taken. */
    void taken(long takenTxn, long takenRow, boolean hasPassed) {
        txn = takenTxn;
        row = takenRow;
        if (hasPassed) {
            passed++;
        }
    }

    /** A Commit was taken: its transactions are whole. */
    void whole(long lastTxn) {
        txn = lastTxn;
        row = 0;
        passed = 0;
    }

    void folding(long first) {
        foldFirst = first;
    }

    void copyEnded() {
        copyEnded = true;
    }

    long txn() {
        return txn;
    }

    /** Transactions up to here are whole. */
    long lastWholeTxn() {
        return row == 0 ? txn : txn - 1;
    }

    boolean isInTransaction() {
        return row != 0;
    }

    long passed() {
        return passed;
    }

    long foldFirst() {
        return foldFirst;
    }

    boolean isCopyEnded() {
        return copyEnded;
    }

    /** What the next record should be, for messages. */
    String expected() {
        return row == 0 ? "(" + (txn + 1) + ", 1)" : "(" + txn + ", " + (row + 1) + ")";
    }

    /** Brings the saved form up to date. */
    byte[] save() {
        view.put(1, (byte) (copyEnded ? 1 : 0));
        view.putLong(2, txn);
        view.putLong(10, row);
        view.putLong(18, passed);
        view.putLong(26, foldFirst);
        return saved;
    }
}
