package io.tiderace.capture;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a source is captured; the value in the positions topic, in the same Kafka transaction as the records it covers.
 *
 * @param txn number of the last whole transaction, 0 before the first
 * @param position just after it: where the stream goes on
 * @param serverUuid of the server the position belongs to
 * @param copy the first copy's state, null when there was none or nothing of it matters any more
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record StoredPosition(
        long txn,
        SourcePosition position,
        String serverUuid,
        long tsMs,
        @Nullable CopyState copy) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param isReading true until COPY_END is committed
     * @param replayUntil tables were read as late as this: earlier transactions may be in the copy already; null when there are none
     * @param tables by {@code schema.table} as quoted in SQL
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CopyState(
            boolean isReading,
            @Nullable SourcePosition replayUntil,
            long rows,
            long bytes,
            Map<String, TableState> tables) {
        CopyState {
            tables = Map.copyOf(tables);
        }
    }

    /**
     * @param isDone true when TABLE_DONE is committed
     * @param lastKey SQL literals of the key of the last row copied, null before the first chunk
     * @param streamFrom changes up to here are in the copy and are left out of the stream; null where the copy's own position holds
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TableState(
            boolean isDone,
            long rows,
            String @Nullable [] lastKey,
            @Nullable SourcePosition streamFrom) {}

    byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a position cannot be written as JSON", e);
        }
    }

    static StoredPosition ofJson(String sourceId, byte[] json) {
        try {
            return JSON.readValue(json, StoredPosition.class);
        } catch (IOException e) {
            throw new DataException(
                    "TR-C001",
                    "the stored position of source " + sourceId + " cannot be read: " + e.getMessage(),
                    "write a position by hand as docs/formats.md says, or start the source anew under another source-id",
                    e);
        }
    }

    StoredPosition withCopy(@Nullable CopyState state) {
        return new StoredPosition(txn, position, serverUuid, tsMs, state);
    }
}
