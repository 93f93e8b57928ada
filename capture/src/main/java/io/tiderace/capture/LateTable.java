package io.tiderace.capture;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table that is copied while the stream goes on; stored under a key of its own until it is whole.
 *
 * @param isCaptured false until its structure is known and its changes are captured
 * @param isCopied false when only its changes are wanted
 * @param isKeyed true when its changes have been in the stream since it is captured; without a primary key they are left out until it is whole
 * @param order of {@link #missing}: a text that changes whenever the order may; null before the first chunk
 * @param missing ranges that are not copied yet
 * @param rows copied so far
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record LateTable(
        boolean isCaptured,
        boolean isCopied,
        boolean isKeyed,
        @Nullable String order,
        List<KeyRange> missing,
        long rows) {
    private static final ObjectMapper JSON = new ObjectMapper();

    LateTable {
        missing = List.copyOf(missing);
    }

    /** One that the source is to be captured for from now on. */
    static LateTable added(boolean isCopied) {
        return new LateTable(false, isCopied, false, null, List.of(KeyRange.ALL), 0);
    }

    LateTable captured(boolean hasKey) {
        return new LateTable(true, isCopied, hasKey, order, missing, rows);
    }

    /** In another order all of it has to be read again. */
    LateTable in(String otherOrder) {
        return otherOrder.equals(order)
                ? this
                : new LateTable(isCaptured, isCopied, isKeyed, otherOrder, List.of(KeyRange.ALL), 0);
    }

    /**
     * Once a chunk of the first missing range is written.
     *
     * @param left of that range, null when nothing is
     * @return null when the table is whole
     */
    @Nullable
    LateTable copied(@Nullable KeyRange left, long chunkRows) {
        List<KeyRange> rest = new ArrayList<>(missing.subList(1, missing.size()));
        if (left != null) {
            rest.add(0, left);
        }
        return rest.isEmpty() ? null : new LateTable(isCaptured, isCopied, isKeyed, order, rest, rows + chunkRows);
    }

    /** Once rows of it are written that become visible with the rest. */
    LateTable counted(long chunkRows) {
        return new LateTable(isCaptured, isCopied, isKeyed, order, missing, rows + chunkRows);
    }

    byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a table's state cannot be written as JSON", e);
        }
    }

    static LateTable ofJson(String sourceId, byte[] json) {
        try {
            return JSON.readValue(json, LateTable.class);
        } catch (IOException e) {
            throw new DataException(
                    "TR-C001",
                    "the stored state of a table of source " + sourceId + " cannot be read: " + e.getMessage(),
                    "start the source anew under another source-id",
                    e);
        }
    }
}
