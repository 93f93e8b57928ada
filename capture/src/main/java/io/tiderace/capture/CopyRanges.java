package io.tiderace.capture;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What of a table is not copied yet: ranges in key order that do not overlap. What is copied is what lies between them, so the state of a copy is
 * as small as the number of ranges that are being read.
 */
record CopyRanges(List<KeyRange> missing) {
    static final CopyRanges ALL = new CopyRanges(List.of(KeyRange.ALL));

    CopyRanges {
        missing = List.copyOf(missing);
    }

    boolean isDone() {
        return missing.isEmpty();
    }

    /**
     * A missing range was read up to and with a key.
     *
     * @param key null when it was read to its end
     */
    CopyRanges read(KeyRange range, @Nullable List<String> key) {
        return replace(range, key == null ? List.of() : List.of(range.behind(key)));
    }

    /** A missing range becomes two, so that two connections can read it. */
    CopyRanges cut(KeyRange range, List<String> key) {
        return replace(range, List.of(range.upTo(key), range.behind(key)));
    }

    /** The same with as few ranges as possible. */
    CopyRanges merged() {
        List<KeyRange> result = new ArrayList<>();
        for (KeyRange range : missing) {
            KeyRange last = result.isEmpty() ? null : result.get(result.size() - 1);
            if (last != null && last.upTo() != null && Objects.equals(last.upTo(), range.after())) {
                result.set(result.size() - 1, new KeyRange(last.after(), range.upTo()));
            } else {
                result.add(range);
            }
        }
        return new CopyRanges(result);
    }

    private CopyRanges replace(KeyRange range, List<KeyRange> by) {
        int index = missing.indexOf(range);
        if (index < 0) {
            throw new IllegalArgumentException("range " + range + " is not missing");
        }
        List<KeyRange> result = new ArrayList<>(missing);
        result.remove(index);
        result.addAll(index, by);
        return new CopyRanges(result);
    }
}
