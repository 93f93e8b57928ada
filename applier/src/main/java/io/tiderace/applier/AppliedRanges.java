package io.tiderace.applier;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Transactions applied above the low-water mark, as text {@code 12-15,18}; a transaction of which only the records up to row 5000 are applied
 * is {@code 20#5000}. Not thread-safe.
 */
final class AppliedRanges {
    /** Sorted, disjoint, not adjacent; both ends included. */
    private final List<long[]> ranges = new ArrayList<>();

    /** Of transactions that are applied in pieces, the record up to which each is. */
    private final NavigableMap<Long, Long> parts = new TreeMap<>();

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
        if (!parts.isEmpty()) {
            parts.subMap(first, true, last, true).clear();
        }
    }

    /** Notes that the records of a transaction up to a row are applied. */
    void addPart(long txn, long row) {
        if (!contains(txn)) {
            parts.merge(txn, row, Math::max);
        }
    }

    void addAll(AppliedRanges other) {
        other.ranges.forEach(range -> add(range[0], range[1]));
        other.parts.forEach(this::addPart);
    }

    /** Drops what a low-water mark covers. */
    void forgetUpTo(long lowTxn) {
        ranges.removeIf(range -> range[1] <= lowTxn);
        if (!ranges.isEmpty() && ranges.get(0)[0] <= lowTxn) {
            ranges.get(0)[0] = lowTxn + 1;
        }
        if (!parts.isEmpty()) {
            parts.headMap(lowTxn, true).clear();
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
        return parts.isEmpty() ? 0 : parts.getOrDefault(txn, 0L);
    }

    AppliedRanges copy() {
        AppliedRanges copy = new AppliedRanges();
        ranges.forEach(range -> copy.ranges.add(range.clone()));
        copy.parts.putAll(parts);
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
        for (Map.Entry<Long, Long> part : parts.entrySet()) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(part.getKey())
                    .append('#')
                    .append(part.getValue());
        }
        return text.toString();
    }
}
