package io.tiderace.capture;

import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.WireBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one XA transaction from XA START until it is prepared, in chunks as they stand in the topic of prepared transactions: for each row
 * its record key, its record, and where the record's tail begins. Up to {@link #MEMORY_BYTES} stay in memory, a larger transaction goes to the
 * topic while it is read. Used by one thread.
 */
final class HeldRows {
    static final long MEMORY_BYTES = 4L << 20;

    private static final int CHUNK_BYTES = 256 << 10;
    private static final int NO_KEY = -1;

    private final Xid xid;
    private final String at;
    private final RelayWriter relay;
    private final WireBuffer open = new WireBuffer(1 << 12);
    private final List<byte[]> chunks = new ArrayList<>();
    private long bytes;
    private long rows;
    private int chunkCount;
    private boolean isSpilled;

    /** @param at GTID or place of the transaction, so that a later one of the same name is another one */
    HeldRows(Xid xid, String at, RelayWriter relay) {
        this.xid = xid;
        this.at = at;
        this.relay = relay;
    }

    Xid xid() {
        return xid;
    }

    String at() {
        return at;
    }

    long rows() {
        return rows;
    }

    int chunkCount() {
        return chunkCount;
    }

    /** True when rows are in the topic already and no longer here. */
    boolean isSpilled() {
        return isSpilled;
    }

    /** Everything, while nothing is {@link #isSpilled spilled} and the last chunk is closed. */
    List<byte[]> chunks() {
        return chunks;
    }

    void add(WireBuffer key, WireBuffer row, int tailAt) throws InterruptedException {
        if (open.length() > 0 && open.length() + row.length() > CHUNK_BYTES) {
            closeChunk();
        }
        open.writeInt32BigEndian(key.length() == 0 ? NO_KEY : key.length());
        open.writeRaw(key.array(), 0, key.length());
        open.writeInt32BigEndian(row.length());
        open.writeInt32BigEndian(tailAt);
        open.writeRaw(row.array(), 0, row.length());
        rows++;
    }

    /** Ends the last chunk; then everything is in {@link #chunks} or on its way to the topic. */
    void closeChunk() throws InterruptedException {
        if (open.length() == 0) {
            return;
        }
        chunks.add(open.toByteArray());
        chunkCount++;
        bytes += open.length();
        open.reset();
        if (isSpilled || bytes > MEMORY_BYTES) {
            spill();
        }
    }

    private void spill() throws InterruptedException {
        write();
        chunks.clear();
        isSpilled = true;
    }

    /** Sends the chunks that are here to the topic. */
    void write() throws InterruptedException {
        int first = chunkCount - chunks.size();
        for (int i = 0; i < chunks.size(); i++) {
            relay.prepared(key(xid, at, first + i), chunks.get(i));
        }
    }

    /** The key of a chunk's record, which its tombstone has, too. */
    static byte[] key(Xid xid, String at, int chunk) {
        return (xid.text() + " " + at + " " + chunk).getBytes(StandardCharsets.UTF_8);
    }

    /** Receives the rows of a chunk; the record lies in {@code chunk} from {@code from}, its tail begins at {@code tailAt}. */
    @FunctionalInterface
    interface RowHandler {
        void row(byte @Nullable [] key, byte[] chunk, int from, int tailAt) throws InterruptedException;
    }

    static void forEach(byte[] chunk, RowHandler handler) throws InterruptedException {
        ByteBuffer in = ByteBuffer.wrap(chunk);
        while (in.hasRemaining()) {
            int keyLength = in.getInt();
            byte[] key = keyLength == NO_KEY ? null : new byte[keyLength];
            if (key != null) {
                in.get(key);
            }
            int length = in.getInt();
            int tailAt = in.getInt();
            handler.row(key, chunk, in.position(), in.position() + tailAt);
            in.position(in.position() + length);
        }
    }

    static DataException missing(String sourceId, Xid xid, String topic, long missing) {
        return new DataException(
                "TR-C060",
                "source " + sourceId + ": of the prepared XA transaction " + xid + " chunk " + missing
                        + " is not in topic " + topic,
                "somebody deleted records or the topic; copy the source anew under another source-id");
    }
}
