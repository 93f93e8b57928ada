package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What our deserializer makes of the binlog events that Debezium's own does not carry whole. */
final class BinlogEvents {
    private BinlogEvents() {}

    /** A statement with the session it ran in; Debezium's handlers see it as the query event that it is. */
    static final class StatementEvent extends QueryEventData {
        private static final long serialVersionUID = 1L;

        private final transient Supplier<StatementContext> context;
        private final boolean isText;

        /**
         * @param context read where it is wanted: never for BEGIN, the statement of every transaction
         * @param isText false when the statement holds bytes that are no text, which its string has replaced
         */
        StatementEvent(Supplier<StatementContext> context, boolean isText) {
            this.context = context;
            this.isText = isText;
        }

        boolean isText() {
            return isText;
        }

        StatementContext context() {
            return context.get();
        }
    }

    /** A compressed transaction, whose events are read one after the other while they are handled. */
    static final class CompressedEvents implements EventData {
        private static final long serialVersionUID = 1L;

        private final transient Reader reader;

        CompressedEvents(Reader reader) {
            this.reader = reader;
        }

        /** The next event, null after the last. */
        @Nullable
        Event next() throws IOException {
            return reader.next();
        }

        /** Decompresses. */
        @FunctionalInterface
        interface Reader {
            @Nullable
            Event next() throws IOException;
        }
    }

    /** A rows event, not decoded: most tables may not be captured, and decoding needs the known structure. */
    static final class RawRows implements EventData {
        private static final long serialVersionUID = 1L;

        private static final byte[] NOTHING = {};

        private final long tableId;
        private final int columns;
        private byte[] body;
        private final int bitmaps;
        private final int end;

        /** @param bitmaps offset of the columns-present bitmaps in {@code body} */
        RawRows(long tableId, int columns, byte[] body, int bitmaps, int end) {
            this.tableId = tableId;
            this.columns = columns;
            this.body = body;
            this.bitmaps = bitmaps;
            this.end = end;
        }

        long tableId() {
            return tableId;
        }

        int columns() {
            return columns;
        }

        byte[] body() {
            return body;
        }

        /** Forgets the bytes: the client keeps the event until it has the next one. */
        void release() {
            body = NOTHING;
        }

        int bitmaps() {
            return bitmaps;
        }

        int end() {
            return end;
        }
    }
}
