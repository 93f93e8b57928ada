package io.tiderace.applier;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Transactions applied above the low-water mark, as text {@code 12-15,18}; a transaction of which only the records up to row 5000 are applied
 * is {@code 20#5000}. Not thread-safe.
 */
final class AppliedRanges {
    /** How far a transaction is applied that is applied in pieces. */
    record Part(long txn, long row) {}

    /** Sorted, disjoint, not adjacent; both ends included. */
    private final List<long[]> ranges = new ArrayList<>();

    private @Nullable Part part;

    static AppliedRanges parse(String text) {
        AppliedRanges result = new AppliedRanges();
        for (String piece : text.isEmpty() ? new String[0] : text.split(",")) {
            int hash = piece.indexOf('#');
            int dash = piece.indexOf('-');
            if (hash >= 0) {
                result.addPart(Long.parseLong(piece.substring(0, hash)), Long.parseLong(piece.substring(hash + 1)));
            } else if (dash >= 0) {
                result.add(Long.parseLong(piece.substring(0, dash)), Long.parseLong(piece.substring(dash + 1)));
            } else {
                result.add(Long.parseLong(piece), Long.parseLong(piece));
            }
        }
        return result;
    }

    /** Adds whole transactions. */
    void add(long first, long last) {
        int i = ranges.size();
        while (i > 0 && ranges.get(i - 1)[1] >= first - 1) {
            i--;
        }
        long low = first;
        long high = last;
        while (i < ranges.size() && ranges.get(i)[0] <= high + 1) {
            low = Math.min(low, ranges.get(i)[0]);
            high = Math.max(high, ranges.get(i)[1]);
            ranges.remove(i);
        }
        ranges.add(i, new long[] {low, high});
        if (part != null && contains(part.txn())) {
            part = null;
        }
    }

    /** Notes that the records of a transaction up to a row are applied; there is one such transaction at a time. */
    void addPart(long txn, long row) {
        if (contains(txn)) {
            return;
        }
        if (part == null || part.txn() < txn || (part.txn() == txn && part.row() < row)) {
            part = new Part(txn, row);
        }
    }

    void addAll(AppliedRanges other) {
        other.ranges.forEach(range -> add(range[0], range[1]));
        if (other.part != null) {
            addPart(other.part.txn(), other.part.row());
        }
    }

    /** Drops what a low-water mark covers. */
    void forgetUpTo(long lowTxn) {
        ranges.removeIf(range -> range[1] <= lowTxn);
        if (!ranges.isEmpty() && ranges.get(0)[0] <= lowTxn) {
            ranges.get(0)[0] = lowTxn + 1;
        }
        if (part != null && part.txn() <= lowTxn) {
            part = null;
        }
    }

    boolean contains(long txn) {
        for (int i = ranges.size() - 1; i >= 0; i--) {
            if (ranges.get(i)[0] <= txn) {
                return ranges.get(i)[1] >= txn;
            }
        }
        return false;
    }

    /** Row up to which a transaction that is not whole is applied, 0 when nothing of it is. */
    long rowsApplied(long txn) {
        return part != null && part.txn() == txn ? part.row() : 0;
    }

    AppliedRanges copy() {
        AppliedRanges copy = new AppliedRanges();
        ranges.forEach(range -> copy.ranges.add(range.clone()));
        copy.part = part;
        return copy;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (long[] range : ranges) {
            text.append(text.isEmpty() ? "" : ",").append(range[0]);
            if (range[1] > range[0]) {
                text.append('-').append(range[1]);
            }
        }
        if (part != null) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(part.txn())
                    .append('#')
                    .append(part.row());
        }
        return text.toString();
    }
}
