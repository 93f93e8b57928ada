package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/**
 * Writes the row changes of one table version straight to wire bytes; no object is made per row. Call in the order of the record: {@link
 * #head}, before image, after image, {@link #tail}; an image is {@link #noImage} or {@link #startImage} and then every column in order.
 * Thread-safe (all state is in the buffer).
 */
public final class RowEncoder {
    private final TableStructure table;
    private final int schemaId;
    private final int keySchemaId;
    private final MySqlType.Wire[] wires;
    private final boolean[] nullable;
    private final int[] keyColumns;
    private final byte[] names;

    RowEncoder(TableStructure table, int schemaId, int keySchemaId) {
        this.table = table;
        this.schemaId = schemaId;
        this.keySchemaId = keySchemaId;
        int count = table.columns().size();
        wires = new MySqlType.Wire[count];
        nullable = new boolean[count];
        for (int i = 0; i < count; i++) {
            wires[i] = table.columns().get(i).type().wire();
            nullable[i] = table.columns().get(i).nullable();
        }
        keyColumns = table.primaryKey().stream().mapToInt(table::indexOf).toArray();
        WireBuffer text = new WireBuffer(64);
        text.writeString(table.name().schema());
        text.writeString(table.name().table());
        names = text.toByteArray();
    }

    public TableStructure table() {
        return table;
    }

    /** Registry id of the row's schema. */
    public int schemaId() {
        return schemaId;
    }

    public boolean hasKey() {
        return keyColumns.length > 0;
    }

    /** Indexes of the primary key's columns, in key order. */
    public int[] keyColumns() {
        return keyColumns.clone();
    }

    public void head(WireBuffer out, long txn, long txnRow) {
        out.writeByte(0);
        out.writeInt32BigEndian(schemaId);
        out.writeLong(txn);
        out.writeLong(txnRow);
    }

    public void noImage(WireBuffer out) {
        out.writeByte(0);
    }

    public void startImage(WireBuffer out) {
        out.writeByte(2);
    }

    /** @throws IllegalArgumentException when the column is NOT NULL */
    public void nullColumn(WireBuffer out, int column) {
        if (!nullable[column]) {
            throw new IllegalArgumentException(
                    "NULL in NOT NULL column " + table.columns().get(column).name() + " of " + table.name());
        }
        out.writeByte(0);
    }

    /** Announces a value that is not null; the caller writes it next, by the column's wire type. */
    public void startColumn(WireBuffer out, int column) {
        if (nullable[column]) {
            out.writeByte(2);
        }
    }

    /** A whole column from an object of its wire type. */
    public void value(WireBuffer out, int column, @Nullable Object value) {
        if (value == null) {
            nullColumn(out, column);
            return;
        }
        startColumn(out, column);
        rawValue(out, column, value);
    }

    /** Ends the record. {@code row} is the row's index in its binlog event, 0 for the copy. */
    public void tail(
            WireBuffer out,
            Op op,
            long tsMs,
            long serverId,
            @Nullable String gtid,
            String file,
            long pos,
            int row,
            boolean snapshot) {
        tail(out, op, tsMs, RowOrigin.of(serverId, gtid, file), pos, row, snapshot);
    }

    /** The same where many rows have one origin. */
    public void tail(WireBuffer out, Op op, long tsMs, RowOrigin origin, long pos, int row, boolean snapshot) {
        out.writeAscii(op.letter());
        out.writeLong(tsMs);
        out.writeRaw(names, 0, names.length);
        origin.write(out);
        out.writeLong(pos);
        out.writeLong(row);
        out.writeLong(tsMs);
        out.writeAscii(snapshot ? "true" : "false");
    }

    /** Begins the record key; the key columns' values follow in key order, each by its wire type and without a union branch. */
    public void keyHead(WireBuffer out) {
        out.writeByte(0);
        out.writeInt32BigEndian(keySchemaId);
    }

    /** A key column's value from an object of its wire type; {@code column} is its index in the table. */
    public void keyValue(WireBuffer out, int column, Object value) {
        rawValue(out, column, value);
    }

    private void rawValue(WireBuffer out, int column, Object value) {
        switch (wires[column]) {
            case INT, LONG -> out.writeLong(((Number) value).longValue());
            case FLOAT -> out.writeFloat((Float) value);
            case DOUBLE -> out.writeDouble((Double) value);
            case STRING -> out.writeString((String) value);
            case BYTES -> {
                byte[] bytes = (byte[]) value;
                out.writeBytes(bytes, 0, bytes.length);
            }
        }
    }
}
