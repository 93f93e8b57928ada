package io.tiderace.capture;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a table in the order of its {@link CopyKey}: behind one key up to and with another. Keys are lists of SQL literals, one for each of the
 * key's columns; they are never compared here, only by the server, whose collations decide.
 *
 * @param after null for the table's beginning
 * @param upTo null for the table's end
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record KeyRange(@Nullable List<String> after, @Nullable List<String> upTo) {
    /** The whole table. */
    static final KeyRange ALL = new KeyRange(null, null);

    KeyRange {
        after = after == null ? null : List.copyOf(after);
        upTo = upTo == null ? null : List.copyOf(upTo);
    }

    /** What is left of the range when it is read up to and with a key. */
    KeyRange behind(List<String> key) {
        return new KeyRange(key, upTo);
    }

    /** What lies before {@link #behind}: up to and with a key. */
    KeyRange upTo(List<String> key) {
        return new KeyRange(after, key);
    }
}
