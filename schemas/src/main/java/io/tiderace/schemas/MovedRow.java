package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/**
 * A row change that takes effect at another place of the log than where its values are: in an XA transaction rows are logged when it is prepared,
 * and count when it is committed. Works on what {@link RowEncoder} wrote, without its schema. Thread-safe.
 */
public final class MovedRow {
    private static final int SCHEMA_ID_END = 5;

    private MovedRow() {}

    /** Where a row takes effect: the commit's time, GTID, file and offset. */
    public record Place(long tsMs, @Nullable String gtid, String file, long pos) {}

    /**
     * The table of a row.
     *
     * @param tailAt where {@link RowEncoder#tail} began to write
     */
    public static TableName table(byte[] in, int tailAt) {
        WireReader tail = new WireReader(in, tailAt);
        tail.readString(); // op
        tail.readLong();
        return new TableName(tail.readString(), tail.readString());
    }

    /**
     * Writes a row with other numbers and another place; values, op, table and server stay. The row's index is its number in the transaction,
     * less one.
     *
     * @param from where {@link RowEncoder#head} began to write in {@code in}
     * @param tailAt where {@link RowEncoder#tail} began to write
     */
    public static void write(WireBuffer out, byte[] in, int from, int tailAt, long txn, long txnRow, Place place) {
        WireReader head = new WireReader(in, from + SCHEMA_ID_END);
        head.readLong();
        head.readLong();
        out.writeRaw(in, from, SCHEMA_ID_END);
        out.writeLong(txn);
        out.writeLong(txnRow);
        out.writeRaw(in, head.position(), tailAt - head.position());
        WireReader tail = new WireReader(in, tailAt);
        tail.readString();
        out.writeRaw(in, tailAt, tail.position() - tailAt);
        out.writeLong(place.tsMs());
        tail.readLong();
        int table = tail.position();
        tail.readString();
        tail.readString();
        tail.readLong(); // server id
        out.writeRaw(in, table, tail.position() - table);
        if (place.gtid() == null) {
            out.writeByte(0);
        } else {
            out.writeByte(2);
            out.writeAscii(place.gtid());
        }
        out.writeAscii(place.file());
        out.writeLong(place.pos());
        out.writeLong(txnRow - 1);
        out.writeLong(place.tsMs());
        out.writeAscii("false");
    }
}
