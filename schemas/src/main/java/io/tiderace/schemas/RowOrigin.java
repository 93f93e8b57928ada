package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/** What the rows of a transaction have in common in their {@code source} field, as wire bytes: server id, GTID and file. Immutable. */
public final class RowOrigin {
    private final byte[] bytes;

    private RowOrigin(byte[] bytes) {
        this.bytes = bytes;
    }

    public static RowOrigin of(long serverId, @Nullable String gtid, String file) {
        WireBuffer out = new WireBuffer(80);
        out.writeLong(serverId);
        if (gtid == null) {
            out.writeByte(0);
        } else {
            out.writeByte(2);
            out.writeAscii(gtid);
        }
        out.writeAscii(file);
        return new RowOrigin(out.toByteArray());
    }

    void write(WireBuffer out) {
        out.writeRaw(bytes, 0, bytes.length);
    }
}
