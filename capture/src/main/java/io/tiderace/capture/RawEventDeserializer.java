package io.tiderace.capture;

import com.github.luben.zstd.ZstdInputStream;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.FormatDescriptionEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.ChecksumType;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializationException;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.TableMapEventDataDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import io.tiderace.capture.BinlogEvents.CompressedEvents;
import io.tiderace.capture.BinlogEvents.RawRows;
import io.tiderace.capture.MariaDbEvents.MariaDbGtid;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the binlog into events. An event's body is read in one go; rows stay raw bytes, names and statements are UTF-8 whatever the JVM's default
 * character set, statements keep their status variables. Used by the one thread that reads the log.
 */
final class RawEventDeserializer extends EventDeserializer {
    private static final int TYPE_AT = 4;
    private static final int PAYLOAD_END = 0;
    private static final int PAYLOAD_COMPRESSION = 2;
    private static final int COMPRESSION_ZSTD = 0;

    private static final int HEADER = 19;
    private static final int MAPS_KEPT = 1 << 12;

    private final TableMapEventDataDeserializer tableMaps = new TableMapEventDataDeserializer();
    private final byte[] header = new byte[HEADER];
    private final @Nullable KnownMap[] knownMaps = new @Nullable KnownMap[MAPS_KEPT];
    private int checksumLength;
    private boolean isMariaDb;

    /** A table map as it stood in the log: the same one comes before the rows of every statement. */
    private record KnownMap(byte[] body, int end, TableMapEventData data) {
        boolean isOf(byte[] other, int otherEnd) {
            return Arrays.equals(body, 0, end, other, 0, otherEnd);
        }
    }

    /** Called by the client before the first event: the artificial rotate event that begins a dump has a checksum too. */
    @Override
    @SuppressWarnings("deprecation") // the client has no other way of telling
    public void setChecksumType(ChecksumType checksumType) {
        super.setChecksumType(checksumType);
        checksumLength = checksumType.getLength();
    }

    @Override
    public @Nullable Event nextEvent(ByteArrayInputStream stream) throws IOException {
        if (stream.peek() == -1) {
            return null;
        }
        EventHeaderV4 read = header(stream);
        byte[] body = stream.read((int) read.getDataLength());
        try {
            return read.getEventType() == EventType.UNKNOWN
                    ? mariaDbEvent(read, header[TYPE_AT] & 0xff, body)
                    : new Event(read, data(read, body));
        } catch (IOException e) {
            throw new EventDataDeserializationException(read, e);
        }
    }

    /** Source: MySQL internals, {@code binlog_event.h}, {@code Log_event_header}. */
    private EventHeaderV4 header(ByteArrayInputStream stream) throws IOException {
        stream.fill(header, 0, HEADER);
        EventHeaderV4 result = new EventHeaderV4();
        EventType type = EventType.byEventNumber(header[4] & 0xff);
        result.setTimestamp(unsigned(0) * 1000);
        result.setEventType(type == null ? EventType.UNKNOWN : type);
        result.setServerId(unsigned(5));
        result.setEventLength(unsigned(9));
        result.setNextPosition(unsigned(13));
        result.setFlags(Temporals.littleEndian(header, 17, 2));
        return result;
    }

    private long unsigned(int at) {
        return Temporals.littleEndian(header, at, 4) & 0xffffffffL;
    }

    /** An event that MySQL does not have; compressed ones are given as what they are when they are not compressed. */
    private Event mariaDbEvent(EventHeaderV4 header, int number, byte[] body) throws IOException {
        EventType type = MariaDbEvents.typeOf(number);
        if (type == null) {
            return new Event(header, null);
        }
        header.setEventType(type);
        if (!MariaDbEvents.isCompressed(number)) {
            return new Event(header, null);
        }
        byte[] plain = MariaDbEvents.uncompressed(number, body, body.length - checksumLength);
        return new Event(header, data(type, plain, plain.length));
    }

    private @Nullable EventData data(EventHeaderV4 header, byte[] body) throws IOException {
        EventType type = header.getEventType();
        if (type == EventType.FORMAT_DESCRIPTION) {
            ByteArrayInputStream in = block(body, body.length);
            FormatDescriptionEventData format =
                    (FormatDescriptionEventData) getEventDataDeserializer(type).deserialize(in);
            checksumLength = format.getChecksumType().getLength();
            isMariaDb = format.getServerVersion().contains("MariaDB");
            return format;
        }
        return data(type, body, body.length - checksumLength);
    }

    private @Nullable EventData data(EventType type, byte[] body, int end) throws IOException {
        return switch (type) {
            case TABLE_MAP -> tableMap(body, end);
            case WRITE_ROWS, UPDATE_ROWS, DELETE_ROWS -> rows(body, end, false);
            case EXT_WRITE_ROWS, EXT_UPDATE_ROWS, EXT_DELETE_ROWS, PARTIAL_UPDATE_ROWS_EVENT -> rows(body, end, true);
            case QUERY -> StatementEvents.read(body, StatementEvents.HEAD, end, isMariaDb);
            case EXECUTE_LOAD_QUERY -> StatementEvents.read(body, StatementEvents.LOAD_HEAD, end, isMariaDb);
            case TRANSACTION_PAYLOAD -> payload(body, end);
            case MARIADB_GTID -> MariaDbGtid.read(body, end);
            case ROWS_QUERY, HEARTBEAT, PREVIOUS_GTIDS, ANNOTATE_ROWS, BINLOG_CHECKPOINT, MARIADB_GTID_LIST -> null;
            default -> getEventDataDeserializer(type).deserialize(block(body, end));
        };
    }

    private static ByteArrayInputStream block(byte[] body, int length) {
        ByteArrayInputStream in = new ByteArrayInputStream(body);
        in.enterBlock(length);
        return in;
    }

    private TableMapEventData tableMap(byte[] body, int end) throws IOException {
        int slot = Temporals.littleEndian(body, 0, 2) & MAPS_KEPT - 1; // the table's number, which counts up
        KnownMap known = knownMaps[slot];
        if (known == null || !known.isOf(body, end)) {
            known = new KnownMap(body, end, newTableMap(body, end));
            knownMaps[slot] = known;
        }
        return known.data;
    }

    private TableMapEventData newTableMap(byte[] body, int end) throws IOException {
        int schemaLength = body[8] & 0xff;
        int tableLength = body[10 + schemaLength] & 0xff;
        byte[] known = MariaDbEvents.withoutCompressedTypes(body, 12 + schemaLength + tableLength);
        TableMapEventData data = tableMaps.deserialize(block(known, end));
        if (known != body) {
            MariaDbEvents.restoreTypes(data, body, 12 + schemaLength + tableLength);
        }
        data.setDatabase(new String(body, 9, schemaLength, StandardCharsets.UTF_8));
        data.setTable(new String(body, 11 + schemaLength, tableLength, StandardCharsets.UTF_8));
        return data;
    }

    private static RawRows rows(byte[] body, int end, boolean extended) {
        long tableId = 0;
        for (int i = 5; i >= 0; i--) {
            tableId = tableId << 8 | (body[i] & 0xff);
        }
        int at = 8;
        if (extended) {
            at += Temporals.littleEndian(body, at, 2); // the length counts itself
        }
        int first = body[at] & 0xff;
        int width = first < 251 ? 1 : 3; // a table has at most 4,096 columns
        int columns = width == 1 ? first : Temporals.littleEndian(body, at + 1, 2);
        return new RawRows(tableId, columns, body, at + width, end);
    }

    /** A compressed transaction (MySQL manual, 5.4.4.5): its events lie in the payload without checksums. */
    private CompressedEvents payload(byte[] body, int end) throws IOException {
        ByteArrayInputStream fields = block(body, end);
        int compression = COMPRESSION_ZSTD;
        for (int field = fields.readPackedInteger(); field != PAYLOAD_END; field = fields.readPackedInteger()) {
            int length = fields.readPackedInteger();
            if (field == PAYLOAD_COMPRESSION) {
                compression = fields.readPackedInteger();
            } else {
                fields.skip(length);
            }
        }
        int rest = fields.available();
        InputStream compressed = new java.io.ByteArrayInputStream(body, end - rest, rest);
        InputStream plain = compression == COMPRESSION_ZSTD ? new ZstdInputStream(compressed) : compressed;
        ByteArrayInputStream in = new ByteArrayInputStream(plain);
        return new CompressedEvents(() -> next(in));
    }

    /** The next event of a payload. Each is decompressed only now: the whole may be many times larger than memory. */
    private @Nullable Event next(ByteArrayInputStream payload) throws IOException {
        if (payload.peek() == -1) {
            payload.close();
            return null;
        }
        EventHeaderV4 read = header(payload);
        byte[] inner = payload.read((int) read.getDataLength());
        return new Event(read, data(read.getEventType(), inner, inner.length));
    }
}
