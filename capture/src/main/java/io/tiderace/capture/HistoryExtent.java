package io.tiderace.capture;

import io.tiderace.schemas.TideraceException.DataException;
import org.jspecify.annotations.Nullable;

/**
 * Which records of the schema history topic the known structures are made of. Stored with the position, so that a history that was emptied, truncated
 * or made anew by somebody else is noticed: without it rows would meet no structure, or an old one.
 *
 * @param from offset of the first one
 * @param to offset just after the last one
 */
record HistoryExtent(long from, long to) {
    /** What a position stored without an extent needs: that the topic holds something. */
    private static final HistoryExtent SOMETHING = new HistoryExtent(0, 1);

    /**
     * The extent to go on with.
     *
     * @param needed by the stored position, null when it does not say
     * @param found what the topic holds
     * @throws DataException when something that is needed is gone
     */
    static HistoryExtent required(String sourceId, String topic, @Nullable HistoryExtent needed, HistoryExtent found) {
        HistoryExtent known = needed == null ? SOMETHING : needed;
        if (known.to > known.from && (found.from > known.from || found.to < known.to)) {
            throw new DataException(
                    "TR-C058",
                    "source " + sourceId + ": the schema history is not whole: topic " + topic + " holds "
                            + (found.to > found.from
                                    ? "the records " + found.from + " to " + (found.to - 1)
                                    : "no records")
                            + ", the stored position needs " + known.from + " to " + (known.to - 1),
                    "tiderace rebuild-schema --source FILE --task FILE makes it anew from the source's tables");
        }
        return new HistoryExtent(known.from, found.to);
    }

    HistoryExtent grown() {
        return new HistoryExtent(from, to + 1);
    }
}
