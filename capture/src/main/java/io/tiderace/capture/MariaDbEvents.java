package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * What only MariaDB's binlog has: its GTID event, and statements and rows that {@code log_bin_compress} compresses. Source: MariaDB Server,
 * {@code sql/log_event.h}, {@code log_event.cc} ({@code Gtid_log_event}, {@code binlog_buf_uncompress}).
 */
final class MariaDbEvents {
    private static final int START_ENCRYPTION = 164;
    private static final int QUERY_COMPRESSED = 165;
    private static final int WRITE_ROWS_COMPRESSED_V1 = 166;
    private static final int UPDATE_ROWS_COMPRESSED_V1 = 167;
    private static final int DELETE_ROWS_COMPRESSED_V1 = 168;
    private static final int WRITE_ROWS_COMPRESSED = 169;
    private static final int UPDATE_ROWS_COMPRESSED = 170;
    private static final int DELETE_ROWS_COMPRESSED = 171;

    private static final int COMPRESSED_MARK = 0x80;
    private static final int ZLIB = 0;

    private MariaDbEvents() {}

    /** The kind of event that an event number of MariaDB stands for, null for a number that is not MariaDB's own. */
    static @Nullable EventType typeOf(int number) {
        return switch (number) {
            case START_ENCRYPTION -> EventType.IGNORABLE; // the server decrypts what it sends
            case QUERY_COMPRESSED -> EventType.QUERY;
            case WRITE_ROWS_COMPRESSED_V1 -> EventType.WRITE_ROWS;
            case UPDATE_ROWS_COMPRESSED_V1 -> EventType.UPDATE_ROWS;
            case DELETE_ROWS_COMPRESSED_V1 -> EventType.DELETE_ROWS;
            case WRITE_ROWS_COMPRESSED -> EventType.EXT_WRITE_ROWS;
            case UPDATE_ROWS_COMPRESSED -> EventType.EXT_UPDATE_ROWS;
            case DELETE_ROWS_COMPRESSED -> EventType.EXT_DELETE_ROWS;
            default -> null;
        };
    }

    static boolean isCompressed(int number) {
        return number >= QUERY_COMPRESSED && number <= DELETE_ROWS_COMPRESSED;
    }

    /**
     * The body of the event as it would be without compression.
     *
     * @param end where the body ends, its checksum excluded
     * @throws IOException when it is not compressed in a way that is known
     */
    static byte[] uncompressed(int number, byte[] body, int end) throws IOException {
        int at =
                switch (number) {
                    case QUERY_COMPRESSED ->
                        StatementEvents.HEAD + Temporals.littleEndian(body, 11, 2) + (body[8] & 0xff) + 1;
                    case WRITE_ROWS_COMPRESSED_V1, DELETE_ROWS_COMPRESSED_V1 -> rowsAt(body, false, 1);
                    case UPDATE_ROWS_COMPRESSED_V1 -> rowsAt(body, false, 2);
                    case UPDATE_ROWS_COMPRESSED -> rowsAt(body, true, 2);
                    default -> rowsAt(body, true, 1);
                };
        int mark = body[at] & 0xff;
        int sizeBytes = mark & 0x07;
        if ((mark & COMPRESSED_MARK) == 0 || (mark >> 4 & 0x07) != ZLIB) {
            throw new IOException("an event compressed in an unknown way (" + mark + ")");
        }
        byte[] whole = Arrays.copyOf(body, at + (int) Temporals.bigEndian(body, at + 1, sizeBytes));
        inflate(body, at + 1 + sizeBytes, end, whole, at, false);
        return whole;
    }

    /** Where the rows begin: behind table id, flags, extra data, column count and column bitmaps. */
    private static int rowsAt(byte[] body, boolean isExtended, int bitmaps) {
        int at = 8 + (isExtended ? Temporals.littleEndian(body, 8, 2) : 0);
        return typesAt(body, at) + bitmaps * ((columns(body, at) + 7) / 8);
    }

    /** Fills {@code out} from {@code to} to its end with what the deflated bytes hold. */
    static void inflate(byte[] in, int from, int end, byte[] out, int to, boolean isRaw) throws IOException {
        Inflater inflater = new Inflater(isRaw);
        try {
            inflater.setInput(in, from, end - from);
            int done = to;
            while (done < out.length) {
                int count = inflater.inflate(out, done, out.length - done);
                if (count == 0) {
                    throw new IOException("compressed bytes end after " + (done - to) + " of " + (out.length - to));
                }
                done += count;
            }
        } catch (DataFormatException e) {
            throw new IOException("compressed bytes are damaged", e);
        } finally {
            inflater.end();
        }
    }

    /**
     * A table map in which compressed columns have the types that they have without compression, which the client knows; the same when there are
     * none.
     *
     * @param at where the number of columns is, behind the table's name
     */
    static byte[] withoutCompressedTypes(byte[] body, int at) {
        byte[] result = body;
        int types = typesAt(body, at);
        for (int i = types; i < types + columns(body, at); i++) {
            int type = body[i] & 0xff;
            if (type == ColumnReader.BLOB_COMPRESSED || type == ColumnReader.VARCHAR_COMPRESSED) {
                result = result == body ? body.clone() : result;
                result[i] = (byte) (type == ColumnReader.BLOB_COMPRESSED ? ColumnReader.BLOB : ColumnReader.VARCHAR);
            }
        }
        return result;
    }

    static void restoreTypes(TableMapEventData data, byte[] body, int at) {
        System.arraycopy(body, typesAt(body, at), data.getColumnTypes(), 0, data.getColumnTypes().length);
    }

    private static int columns(byte[] body, int at) {
        int first = body[at] & 0xff;
        return first < 251 ? first : Temporals.littleEndian(body, at + 1, 2); // a table has at most 4,096 columns
    }

    private static int typesAt(byte[] body, int at) {
        return at + ((body[at] & 0xff) < 251 ? 1 : 3);
    }

    /** Begins every transaction and every statement that is none. */
    static final class MariaDbGtid implements EventData {
        private static final long serialVersionUID = 1L;

        private static final int STANDALONE = 0x01;
        private static final int GROUP_COMMIT = 0x02;
        private static final int PREPARED_XA = 0x40;
        private static final int COMPLETED_XA = 0x80;
        private static final int START_ALTER = 0x02;
        private static final int ROLLBACK_ALTER = 0x08;

        private final long domain;
        private final long sequence;
        private final int flags;
        private final int extraFlags;
        private final @Nullable String xid;

        private MariaDbGtid(long domain, long sequence, int flags, int extraFlags, @Nullable String xid) {
            this.domain = domain;
            this.sequence = sequence;
            this.flags = flags;
            this.extraFlags = extraFlags;
            this.xid = xid;
        }

        static MariaDbGtid read(byte[] body, int end) {
            long sequence = (Temporals.littleEndian(body, 0, 4) & 0xffffffffL)
                    | ((long) Temporals.littleEndian(body, 4, 4) << 32);
            long domain = Temporals.littleEndian(body, 8, 4) & 0xffffffffL;
            int flags = body[12] & 0xff;
            int at = 13 + ((flags & GROUP_COMMIT) != 0 ? 8 : 0);
            String xid = null;
            if ((flags & (PREPARED_XA | COMPLETED_XA)) != 0) {
                int format = Temporals.littleEndian(body, at, 4);
                int global = body[at + 4] & 0xff;
                int branch = body[at + 5] & 0xff;
                HexFormat hex = HexFormat.of();
                at += 6;
                xid = "X'" + hex.formatHex(body, at, at + global) + "',X'"
                        + hex.formatHex(body, at + global, at + global + branch) + "'," + format;
                at += global + branch;
            }
            return new MariaDbGtid(domain, sequence, flags, at < end ? body[at] & 0xff : 0, xid);
        }

        /** As MariaDB writes it; the server's number is in the event's header. */
        String text(long serverId) {
            return domain + "-" + serverId + "-" + Long.toUnsignedString(sequence);
        }

        /** True when one statement follows, without a COMMIT. */
        boolean isStandalone() {
            return (flags & STANDALONE) != 0;
        }

        /** What {@code XA START} would say, null unless the transaction that follows ends with {@code XA PREPARE}. */
        @Nullable
        String preparedXid() {
            return (flags & PREPARED_XA) != 0 ? xid : null;
        }

        /** True when the ALTER that follows only begins at the source, or failed there: the whole of it comes later, or never. */
        boolean isUnfinishedAlter() {
            return (extraFlags & (START_ALTER | ROLLBACK_ALTER)) != 0;
        }
    }
}
