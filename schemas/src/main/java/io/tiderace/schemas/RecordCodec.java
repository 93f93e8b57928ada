package io.tiderace.schemas;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The records of one topic to bytes and back, in Confluent's wire format: byte 0, four bytes of schema id, Avro binary. Subjects are named by
 * TopicRecordNameStrategy. The first two fields of every record are its transaction number and its row number, readable without the schema.
 * Thread-safe. Bytes that are not such a record are a {@link DataException}.
 */
public final class RecordCodec {
    /** What a schema id stands for. */
    public enum Kind {
        ROW("row"),
        SCHEMA_CHANGE("schema-change"),
        COMMIT("commit"),
        SNAPSHOT_PROGRESS("snapshot-progress"),
        ROUTED_DDL("routed-ddl"),
        /** A kind of a later version that says of itself that it may be passed over. */
        SKIPPABLE("");

        private final String property;

        Kind(String property) {
            this.property = property;
        }
    }

    private record Known(Kind kind, @Nullable TableStructure table, MySqlType.Wire[] wires, boolean[] nullable) {}

    private static final int HEAD = 5;
    private static final Map<Kind, Schema> CONTROL = new EnumMap<>(Map.of(
            Kind.COMMIT, resource("Commit"),
            Kind.SCHEMA_CHANGE, resource("SchemaChange"),
            Kind.ROUTED_DDL, resource("RoutedDdl"),
            Kind.SNAPSHOT_PROGRESS, resource("SnapshotProgress")));

    private final SchemaRegistry registry;
    private final String topic;
    private final Map<Integer, Known> known = new ConcurrentHashMap<>();
    private final Map<Kind, Integer> controlIds = new ConcurrentHashMap<>();

    /** Of any row that was decoded: its texts are those of the next one, mostly. A race between threads costs nothing but that. */
    private RowSource lastSource = new RowSource("", "", 0, null, "", 0, 0, 0, false);

    public RecordCodec(SchemaRegistry registry, String topic) {
        this.registry = registry;
        this.topic = topic;
    }

    /** An encoder for a table version; registers the schemas of its values and keys. */
    public RowEncoder rowEncoder(String sourceId, TableStructure table) {
        Schema row = RowSchemas.row(sourceId, table);
        int id = register(row);
        int keyId = table.primaryKey().isEmpty() ? 0 : register(RowSchemas.key(sourceId, table));
        return new RowEncoder(table, id, keyId);
    }

    /** Any record but a row change, which goes through its {@link RowEncoder}. */
    public byte[] encode(ChangeEvent event) {
        WireBuffer out = new WireBuffer(256);
        if (event instanceof Commit commit) {
            head(out, Kind.COMMIT);
            ControlRecords.write(out, commit);
        } else if (event instanceof SchemaChange change) {
            head(out, Kind.SCHEMA_CHANGE);
            ControlRecords.write(out, change);
        } else if (event instanceof RoutedDdl ddl) {
            head(out, Kind.ROUTED_DDL);
            ControlRecords.write(out, ddl);
        } else if (event instanceof SnapshotProgress progress) {
            head(out, Kind.SNAPSHOT_PROGRESS);
            ControlRecords.write(out, progress);
        } else {
            throw new IllegalArgumentException("a row change is encoded by its RowEncoder");
        }
        return out.toByteArray();
    }

    /** A row change from objects, for tests and tools; the row path writes through the encoder itself. */
    public byte[] encodeRow(RowEncoder encoder, RowChange row) {
        WireBuffer out = new WireBuffer(512);
        encoder.head(out, row.txn(), row.txnRow());
        image(encoder, out, row.before());
        image(encoder, out, row.after());
        RowSource source = row.source();
        encoder.tail(
                out,
                row.op(),
                row.tsMs(),
                source.serverId(),
                source.gtid(),
                source.file(),
                source.pos(),
                source.row(),
                source.snapshot());
        return out.toByteArray();
    }

    /** @throws DataException when the bytes are not a whole record of ours */
    public ChangeEvent decode(byte[] value) {
        Known schema = known(schemaId(value));
        WireReader in = new WireReader(value, HEAD);
        try {
            return switch (schema.kind) {
                case ROW -> row(schema, in);
                case COMMIT -> ControlRecords.readCommit(in);
                case SCHEMA_CHANGE -> ControlRecords.readSchemaChange(in);
                case ROUTED_DDL -> ControlRecords.readRoutedDdl(in);
                case SNAPSHOT_PROGRESS -> ControlRecords.readSnapshotProgress(in);
                case SKIPPABLE -> throw new IllegalArgumentException("a skippable record has no meaning here");
            };
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new DataException(
                    "TR-S002",
                    "a record of topic " + topic + " with schema id " + schemaId(value) + " cannot be read: "
                            + e.getMessage(),
                    "look at the record with 'tiderace tail " + topic
                            + "'; if something else wrote to the topic, stop it and start "
                            + "this task again with a new name",
                    e);
        }
    }

    /** @throws DataException when the bytes are not a whole row change */
    public RowChange decodeRow(byte[] value) {
        return (RowChange) decode(value);
    }

    public Kind kind(int schemaId) {
        return known(schemaId).kind;
    }

    /** The table of a row change's schema; the same instance for the same id. */
    public TableStructure table(int schemaId) {
        TableStructure table = known(schemaId).table;
        if (table == null) {
            throw new IllegalArgumentException("schema id " + schemaId + " is not of a row change");
        }
        return table;
    }

    /** @throws DataException when the value is not in Confluent's wire format */
    public static int schemaId(byte[] value) {
        if (value.length < HEAD + 2 || value[0] != 0) {
            throw new DataException(
                    "TR-S001",
                    "a record of " + value.length + " bytes is not in Confluent's wire format",
                    "find out with kcat who else writes to the topic, and stop it; our topics are ours alone");
        }
        return (value[1] & 0xff) << 24 | (value[2] & 0xff) << 16 | (value[3] & 0xff) << 8 | (value[4] & 0xff);
    }

    /** The transaction number, whatever the record is. */
    public static long txn(byte[] value) {
        return new WireReader(value, HEAD).readLong();
    }

    /** The row number in the transaction, whatever the record is. */
    public static long txnRow(byte[] value) {
        WireReader in = new WireReader(value, HEAD);
        in.readLong();
        return in.readLong();
    }

    private static void image(RowEncoder encoder, WireBuffer out, @Nullable Object @Nullable [] image) {
        if (image == null) {
            encoder.noImage(out);
            return;
        }
        encoder.startImage(out);
        for (int i = 0; i < image.length; i++) {
            encoder.value(out, i, image[i]);
        }
    }

    private RowChange row(Known schema, WireReader in) {
        long txn = in.readLong();
        long txnRow = in.readLong();
        Object[] before = image(schema, in);
        Object[] after = image(schema, in);
        Op op = Op.of(in.readString());
        long tsMs = in.readLong();
        RowSource last = lastSource;
        RowSource source = new RowSource(
                in.readString(last.schema()),
                in.readString(last.table()),
                in.readLong(),
                in.readOptionalString(last.gtid()),
                in.readString(last.file()),
                in.readLong(),
                in.readInt(),
                in.readLong(),
                "true".equals(in.readString("false")));
        lastSource = source;
        TableStructure table = schema.table;
        if (table == null) {
            throw new IllegalArgumentException("a row change without a table");
        }
        return new RowChange(txn, txnRow, table, op, before, after, tsMs, source);
    }

    private static @Nullable Object @Nullable [] image(Known schema, WireReader in) {
        if (in.readLong() == 0) {
            return null;
        }
        @Nullable Object[] values = new @Nullable Object[schema.wires.length];
        for (int i = 0; i < values.length; i++) {
            if (schema.nullable[i] && in.readLong() == 0) {
                continue;
            }
            values[i] = switch (schema.wires[i]) {
                case INT -> (Object) in.readInt();
                case LONG -> in.readLong();
                case FLOAT -> in.readFloat();
                case DOUBLE -> in.readDouble();
                case STRING -> in.readString();
                case BYTES -> in.readBytes();
            };
        }
        return values;
    }

    private void head(WireBuffer out, Kind kind) {
        Integer id = controlIds.get(kind);
        if (id == null) {
            id = register(CONTROL.get(kind));
            controlIds.put(kind, id);
        }
        out.writeByte(0);
        out.writeInt32BigEndian(id);
    }

    private int register(@Nullable Schema schema) {
        if (schema == null) {
            throw new IllegalStateException("no schema for this kind of record");
        }
        return registry.register(topic + "-" + schema.getFullName(), schema.toString());
    }

    private Known known(int id) {
        Known schema = known.get(id);
        if (schema == null) {
            schema = know(id, RowSchemas.parse(registry.schema(id)));
            known.put(id, schema);
        }
        return schema;
    }

    private Known know(int id, Schema schema) {
        String property = String.valueOf(schema.getProp(RowSchemas.KIND));
        for (Kind kind : Kind.values()) {
            if (kind == Kind.ROW && property.equals(Kind.ROW.property)) {
                return knowRow(id, schema);
            }
            Schema ours = CONTROL.get(kind);
            if (ours != null && property.equals(kind.property)) {
                if (!ours.getFields().equals(schema.getFields())) {
                    throw otherVersion(id, schema);
                }
                return new Known(kind, null, new MySqlType.Wire[0], new boolean[0]);
            }
        }
        if (Boolean.TRUE.equals(schema.getObjectProp("skippable"))) {
            return new Known(Kind.SKIPPABLE, null, new MySqlType.Wire[0], new boolean[0]);
        }
        throw otherVersion(id, schema);
    }

    private Known knowRow(int id, Schema schema) {
        List<String> names = schema.getFields().stream().map(Schema.Field::name).toList();
        if (!names.equals(List.of("txn", "txn_row", "before", "after", "op", "ts_ms", "source"))) {
            throw otherVersion(id, schema);
        }
        TableStructure table = RowSchemas.table(schema);
        MySqlType.Wire[] wires = new MySqlType.Wire[table.columns().size()];
        boolean[] nullable = new boolean[wires.length];
        for (int i = 0; i < wires.length; i++) {
            wires[i] = table.columns().get(i).type().wire();
            nullable[i] = table.columns().get(i).nullable();
        }
        return new Known(Kind.ROW, table, wires, nullable);
    }

    private DataException otherVersion(int id, Schema schema) {
        return new DataException(
                "TR-S003",
                "schema id " + id + " (" + schema.getFullName() + ") in topic " + topic
                        + " is not of this version of Tiderace",
                "run the same version of capture, router and applier; upgrade the readers before the writers");
    }

    private static Schema resource(String name) {
        try (InputStream in = RecordCodec.class.getResourceAsStream(name + ".avsc")) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + ".avsc is missing");
            }
            return RowSchemas.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
