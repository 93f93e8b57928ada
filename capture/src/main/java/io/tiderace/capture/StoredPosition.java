package io.tiderace.capture;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a source is captured; the value in the positions topic, in the same Kafka transaction as the records it covers.
 *
 * @param txn number of the last whole transaction, 0 before the first
 * @param position just after it: where the stream goes on
 * @param serverUuid of the server the position belongs to
 * @param copy the first copy's state, null when there was none or nothing of it matters any more
 * @param fileBegunMs when the server began the binlog file of the position, 0 when that is not known: a file of the same name begun at another
 *     time is another one
 * @param prepared XA transactions that are prepared and neither committed nor rolled back, by {@link Xid#text}
 * @param history the records of the schema history that belong to it; {@link RelayWriter} puts it in
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record StoredPosition(
        long txn,
        SourcePosition position,
        String serverUuid,
        long tsMs,
        @Nullable CopyState copy,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) long fileBegunMs,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Prepared> prepared,
        @Nullable HistoryExtent history) {
    private static final ObjectMapper JSON = new ObjectMapper();

    StoredPosition {
        prepared = prepared == null ? Map.of() : Map.copyOf(prepared); // Jackson gives null for what is not there
    }

    StoredPosition(long txn, SourcePosition position, String serverUuid, long tsMs, @Nullable CopyState copy) {
        this(txn, position, serverUuid, tsMs, copy, 0, Map.of(), null);
    }

    StoredPosition(
            long txn,
            SourcePosition position,
            String serverUuid,
            long tsMs,
            @Nullable CopyState copy,
            long fileBegunMs,
            Map<String, Prepared> prepared) {
        this(txn, position, serverUuid, tsMs, copy, fileBegunMs, prepared, null);
    }

    /**
     * A prepared XA transaction; its rows are in the topic of prepared transactions.
     *
     * @param at GTID or place of the transaction that prepared it
     * @param rows of captured tables
     * @param chunks records that hold them
     * @param fromOffset none of them lies before
     */
    record Prepared(String at, long rows, int chunks, long fromOffset) {}

    /**
     * @param isReading true until COPY_END is committed
     * @param replayUntil tables were read as late as this: earlier transactions may be in the copy already; null when there are none
     * @param tables by {@code schema.table} as quoted in SQL
     * @param views where the tables were read, from 1; the copy's own position is 0 and not among them
     * @param watchedFrom by the source's clock: tables defined later are not those that the copy began with; null when that is not known
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonIgnoreProperties(ignoreUnknown = true)
    record CopyState(
            boolean isReading,
            @Nullable SourcePosition replayUntil,
            long rows,
            long bytes,
            Map<String, TableState> tables,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<SourcePosition> views,
            @Nullable String watchedFrom) {
        CopyState {
            tables = Map.copyOf(tables);
            views = views == null ? List.of() : List.copyOf(views); // Jackson gives null for what is not there
        }

        /** Of a copy that begins. */
        static CopyState begun(@Nullable String watchedFrom) {
            return new CopyState(true, null, 0, 0, Map.of(), List.of(), watchedFrom);
        }

        /** The same at another server, which defined its tables at other times. */
        CopyState movedElsewhere() {
            return new CopyState(isReading, replayUntil, rows, bytes, tables, views, null);
        }

        /** The latest place at which rows of a table were read; null when it was at the copy's own position, or not at all. */
        @Nullable
        SourcePosition readAt(TableName table) {
            TableState state = tables.get(table.quoted());
            return state == null || state.view() == 0 ? null : views.get(state.view() - 1);
        }
    }

    /**
     * @param isDone true when TABLE_DONE is committed
     * @param isLeft true when the copy gave the table up because it met a DDL; what is missing has to be copied beside the stream
     * @param ranges what is not copied yet, in key order; null when the table is done
     * @param streamFrom changes up to here are in the copy and are left out of the stream; null where the copy's own position holds
     * @param view number of the last of {@link CopyState#views} in which rows of it were read; 0 for the copy's own position, or none
     */
    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    @JsonIgnoreProperties(ignoreUnknown = true)
    record TableState(
            boolean isDone,
            boolean isLeft,
            long rows,
            long bytes,
            @Nullable List<KeyRange> ranges,
            @Nullable SourcePosition streamFrom,
            int view) {
        /** Of a table of which nothing is copied. */
        static final TableState NONE = new TableState(false, false, 0, 0, null, null, 0);

        TableState {
            ranges = ranges == null ? null : List.copyOf(ranges);
        }

        /** The same with as few ranges as possible: none is being read. */
        TableState merged() {
            return ranges == null
                    ? this
                    : new TableState(
                            isDone, isLeft, rows, bytes, missing().merged().missing(), streamFrom, view);
        }

        /** The same under another number of its view. */
        TableState inView(int number) {
            return new TableState(isDone, isLeft, rows, bytes, ranges, streamFrom, number);
        }

        CopyRanges missing() {
            return ranges == null ? (isDone ? new CopyRanges(List.of()) : CopyRanges.ALL) : new CopyRanges(ranges);
        }
    }

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

    StoredPosition withPrepared(Map<String, Prepared> transactions) {
        return new StoredPosition(txn, position, serverUuid, tsMs, copy, fileBegunMs, transactions, history);
    }

    StoredPosition withCopy(@Nullable CopyState state) {
        return new StoredPosition(txn, position, serverUuid, tsMs, state, fileBegunMs, prepared, history);
    }

    /** The same at another server, where only the GTID set means something. */
    StoredPosition movedTo(String otherServerUuid) {
        SourcePosition there = new SourcePosition("", 4, position.gtidSet());
        CopyState moved = copy == null ? null : copy.movedElsewhere();
        return new StoredPosition(txn, there, otherServerUuid, tsMs, moved, 0, prepared, history);
    }

    StoredPosition withHistory(@Nullable HistoryExtent extent) {
        return new StoredPosition(txn, position, serverUuid, tsMs, copy, fileBegunMs, prepared, extent);
    }
}
