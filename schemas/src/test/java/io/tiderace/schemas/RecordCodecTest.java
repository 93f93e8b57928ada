package io.tiderace.schemas;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RecordCodecTest {
    private static final TableStructure TABLE = new TableStructure(
            new TableName("shop-1", "order items"),
            List.of(
                    column("id", "bigint", false),
                    column("2nd", "int unsigned", true),
                    column("größe", "decimal(10,2)", true),
                    column("f", "float", true),
                    column("d", "double", false),
                    column("kind", "enum('a,b','it''s')", true),
                    column("raw", "varbinary(10)", true),
                    column("at", "datetime(6)", true)),
            List.of("id", "d"));

    private final InMemoryRegistry registry = new InMemoryRegistry();
    private final RecordCodec codec = new RecordCodec(registry, "tiderace.relay.s1");

    @Test
    void aRowChangeComesBackAsItWas() {
        RowEncoder encoder = codec.rowEncoder("s1", TABLE);
        Object[] before = {
            Long.MIN_VALUE, null, "0.10", 1.5f, -0.0, "a,b", new byte[] {0, -1}, "0000-00-00 00:00:00.000000"
        };
        Object[] after = {7L, 4294967295L, null, Float.MIN_VALUE, Double.MAX_VALUE, null, null, null};
        RowSource source =
                new RowSource("shop-1", "order items", 5, "uuid:1", "binlog.000001", 4_000_000_000L, 3, 99, false);

        byte[] bytes = codec.encodeRow(encoder, new RowChange(9, 2, TABLE, Op.UPDATE, before, after, 99, source));
        RowChange row = codec.decodeRow(bytes);

        assertThat(row.before()).isEqualTo(before);
        assertThat(row.after()).isEqualTo(after);
        assertThat(row.table()).isEqualTo(TABLE);
        assertThat(row.op()).isEqualTo(Op.UPDATE);
        assertThat(row.source()).isEqualTo(source);
        assertThat(row.tsMs()).isEqualTo(99);
        assertThat(RecordCodec.txn(bytes)).isEqualTo(9);
        assertThat(RecordCodec.txnRow(bytes)).isEqualTo(2);
        assertThat(codec.kind(RecordCodec.schemaId(bytes))).isEqualTo(RecordCodec.Kind.ROW);
    }

    @Test
    void textsThatResembleTheLastRowsAreTheirOwn() {
        TableStructure other = new TableStructure(new TableName("größe", "größe"), TABLE.columns(), List.of("id", "d"));
        Object[] after = {7L, null, null, null, 3.0, null, null, null};
        List<RowSource> sources = List.of(
                new RowSource("shop-1", "order items", 5, "uuid:1", "binlog.000001", 4, 0, 99, false),
                new RowSource("shop-1", "order items", 5, "uuid:1", "binlog.000001", 5, 1, 99, false),
                new RowSource("größe", "größe", 5, "uuid:2", "binlog.000002", 6, 2, 99, true),
                new RowSource("größe", "größe", 5, "uuid:22", "binlog.00000", 6, 2, 99, true),
                new RowSource("größe", "größe", 5, null, "", 6, 2, 99, false),
                new RowSource("shop-1", "order items", 5, "", "binlog.000001", 4, 0, 99, false));
        for (RowSource source : sources) {
            TableStructure table = source.schema().equals("größe") ? other : TABLE;
            RowChange row = new RowChange(1, 1, table, Op.INSERT, null, after, 99, source);
            assertThat(codec.decodeRow(codec.encodeRow(codec.rowEncoder("s1", table), row))
                            .source())
                    .isEqualTo(source);
        }
    }

    @Test
    void aMovedRowKeepsAllButItsPlace() {
        RowEncoder encoder = codec.rowEncoder("s1", TABLE);
        Object[] before = {Long.MIN_VALUE, null, "0.10", 1.5f, -0.0, "a,b", new byte[] {0, -1}, null};
        Object[] after = {7L, 4294967295L, null, Float.MIN_VALUE, Double.MAX_VALUE, null, null, null};
        WireBuffer held = new WireBuffer(16);
        held.writeRaw(new byte[] {1, 2, 3}, 0, 3);
        encoder.head(held, 9, 2);
        encoder.startImage(held);
        for (int i = 0; i < before.length; i++) {
            encoder.value(held, i, before[i]);
        }
        encoder.startImage(held);
        for (int i = 0; i < after.length; i++) {
            encoder.value(held, i, after[i]);
        }
        int tailAt = held.length();
        encoder.tail(held, Op.UPDATE, 99, 5, "uuid:1", "binlog.000001", 4_000_000_000L, 3, false);

        WireBuffer moved = new WireBuffer(16);
        MovedRow.write(
                moved,
                held.array(),
                3,
                tailAt,
                1_000_000,
                300,
                new MovedRow.Place(12_345, "uuid:77", "binlog.000002", 5_000_000_000L));
        RowChange row = codec.decodeRow(moved.toByteArray());

        assertThat(MovedRow.table(held.array(), tailAt)).isEqualTo(TABLE.name());
        assertThat(row.txn()).isEqualTo(1_000_000);
        assertThat(row.txnRow()).isEqualTo(300);
        assertThat(row.before()).isEqualTo(before);
        assertThat(row.after()).isEqualTo(after);
        assertThat(row.op()).isEqualTo(Op.UPDATE);
        assertThat(row.tsMs()).isEqualTo(12_345);
        assertThat(row.source())
                .isEqualTo(new RowSource(
                        "shop-1", "order items", 5, "uuid:77", "binlog.000002", 5_000_000_000L, 299, 12_345, false));

        moved.reset();
        MovedRow.write(moved, held.array(), 3, tailAt, 1, 1, new MovedRow.Place(1, null, "mariadb-bin.1", 4));
        assertThat(codec.decodeRow(moved.toByteArray()).source().gtid()).isNull();
    }

    @Test
    void avrosOwnReaderReadsEveryRecord() throws IOException {
        RowSource source = new RowSource("shop-1", "order items", 5, null, "binlog.000001", 4, 0, 99, true);
        Object[] after = {7L, null, "1.00", 2f, 3.0, "it's", new byte[] {1}, "2024-02-30 00:00:00.000000"};
        RowChange row = new RowChange(1, 1, TABLE, Op.READ, null, after, 99, source);

        GenericRecord read = avro(codec.encodeRow(codec.rowEncoder("s1", TABLE), row));

        assertThat(read.get("op")).hasToString("r");
        assertThat(read.get("before")).isNull();
        assertThat(((GenericRecord) read.get("after")).get("kind")).hasToString("it's");
        assertThat(((GenericRecord) read.get("source")).get("snapshot")).hasToString("true");
        for (ChangeEvent event : controlRecords()) {
            GenericRecord control = avro(codec.encode(event));
            assertThat(control.get("txn")).isEqualTo(event.txn());
            assertThat(control.get("txn_row")).isEqualTo(event.txnRow());
        }
    }

    @Test
    void everyOtherRecordComesBackAsItWas() {
        for (ChangeEvent event : controlRecords()) {
            byte[] bytes = codec.encode(event);
            assertThat(codec.decode(bytes)).isEqualTo(event);
            assertThat(RecordCodec.txn(bytes)).isEqualTo(event.txn());
            assertThat(RecordCodec.txnRow(bytes)).isEqualTo(event.txnRow());
        }
    }

    @Test
    void anotherProgramsBytesAreRefusedWithACure() {
        assertThatThrownBy(() -> codec.decode("{\"a\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-S001");
        byte[] whole = codec.encode(controlRecords().get(0));
        assertThatThrownBy(() -> codec.decode(Arrays.copyOf(whole, whole.length - 3)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-S002")
                .hasMessageContaining("tiderace.relay.s1");
    }

    @Test
    void anUnknownKindIsSkippedOnlyWhereItSaysSo() {
        int skippable = registry.register("x", recordOfKind("audit", ", \"skippable\": true"));
        int unknown = registry.register("x", recordOfKind("audit", ""));
        assertThat(codec.kind(skippable)).isEqualTo(RecordCodec.Kind.SKIPPABLE);
        assertThatThrownBy(() -> codec.kind(unknown)).hasMessageContaining("TR-S003");
    }

    @Test
    void aNullInANotNullColumnIsRefused() {
        RowEncoder encoder = codec.rowEncoder("s1", TABLE);
        assertThatThrownBy(() -> encoder.nullColumn(new WireBuffer(16), 0))
                .hasMessageContaining("id")
                .hasMessageContaining("shop-1.order items");
    }

    private GenericRecord avro(byte[] bytes) throws IOException {
        Schema schema = new Schema.Parser().parse(registry.schema(RecordCodec.schemaId(bytes)));
        var decoder = DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, null);
        GenericRecord record = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
        assertThat(decoder.isEnd()).isTrue();
        return record;
    }

    private static List<ChangeEvent> controlRecords() {
        StatementContext context = new StatementContext("shop-1", "ANSI_QUOTES", "utf8mb4", null, "SYSTEM");
        TableName name = new TableName("shop-1", "order items");
        return List.of(
                new Commit(12, 4, 10, 3, "u:1", "u:1-9", "binlog.000002", 99, 1234, false, true),
                new Commit(13, 1, 13, 0, null, null, "", 0, 0, true, false),
                new SchemaChange(
                        14,
                        1,
                        "ALTER TABLE `order items` ADD x INT",
                        context,
                        List.of(new TouchedTable(name, TABLE), new TouchedTable(new TableName("a", "b"), null)),
                        false,
                        "u:3",
                        "binlog.000002",
                        5,
                        6),
                new RoutedDdl(
                        15,
                        1,
                        "DROP TABLE `t`.`x`",
                        "DROP TABLE x",
                        context,
                        List.of(name),
                        List.of(new TableName("t", "x")),
                        true,
                        "lock",
                        null,
                        "f",
                        7,
                        8),
                new SnapshotProgress(
                        16, 2, Progress.CHUNK_DONE, name, 10, 20, 30, 1, 2, new SourcePosition("f", 4, "u:1-2"), 5),
                new SnapshotProgress(
                        17, 1, Progress.COPY_END, null, 10, 0, 30, 2, 2, new SourcePosition("f", 4, null), 5));
    }

    private static String recordOfKind(String kind, String more) {
        return "{\"type\":\"record\",\"name\":\"X\",\"tiderace.record\":\"" + kind + "\"" + more + ",\"fields\":[]}";
    }

    private static Column column(String name, String type, boolean nullable) {
        MySqlType parsed = MySqlType.parse(type);
        String charset = parsed.name().equals("enum") ? "utf8mb4" : null;
        return new Column(name, parsed, charset, charset == null ? null : "utf8mb4_bin", nullable, false);
    }
}
