package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes an apply topic as the router does: what it holds is what the test says happened at the source. */
final class ApplyTopic implements AutoCloseable {
    static final String UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    private final String topic;
    private final RecordCodec codec;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<TableStructure, RowEncoder> encoders = new IdentityHashMap<>();
    private long txn;
    private long rows;
    private boolean open;

    ApplyTopic(ServiceConfig config, String task, String sourceId) throws InterruptedException {
        TopicSpec spec = TopicSpec.apply(config, task, sourceId);
        TopicAdmin.ensure(config, List.of(spec));
        topic = spec.name();
        codec = new RecordCodec(new RegistryClient(config.registry()), topic);
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("transactional.id", topic);
        settings.put("linger.ms", 5);
        settings.put("compression.type", "lz4");
        settings.put("max.request.size", 96 << 20);
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    long txn() {
        return txn;
    }

    void insert(TableStructure table, Object... after) {
        row(table, Op.INSERT, null, after);
    }

    void update(TableStructure table, Object[] before, Object[] after) {
        row(table, Op.UPDATE, before, after);
    }

    void delete(TableStructure table, Object... before) {
        row(table, Op.DELETE, before, null);
    }

    void copied(TableStructure table, Object... after) {
        row(table, Op.READ, null, after);
    }

    void ddl(String schema, String table, String statement) {
        TableName name = new TableName(schema, table);
        send(new RoutedDdl(
                txn + 1,
                ++rows,
                statement,
                statement,
                new StatementContext(schema, "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION", "utf8mb4", null, "+02:00"),
                List.of(name),
                List.of(name),
                false,
                null,
                null,
                "bin.000001",
                1000 + txn,
                System.currentTimeMillis()));
    }

    void copyEnd() {
        SourcePosition position = new SourcePosition("bin.000001", 1000, UUID + ":1-100");
        send(new SnapshotProgress(
                txn + 1, ++rows, Progress.COPY_END, null, 0, 0, 0, 1, 1, position, System.currentTimeMillis()));
    }

    void commit() {
        commit(false, false);
    }

    /** Ends the transaction; the Kafka transaction goes on until {@link #flush}. */
    void commit(boolean snapshot, boolean replay) {
        txn++;
        send(new Commit(
                txn,
                rows + 1,
                txn,
                rows,
                UUID + ":" + (100 + txn),
                null,
                "bin.000001",
                1000 + txn,
                System.currentTimeMillis(),
                snapshot,
                replay));
        rows = 0;
    }

    /** A run of transactions in which nothing of the task happened. */
    void empty(int transactions) {
        long first = txn + 1;
        txn += transactions;
        send(new Commit(
                txn,
                1,
                first,
                0,
                null,
                UUID + ":1-" + (100 + txn),
                "bin.000001",
                1000 + txn,
                System.currentTimeMillis(),
                false,
                false));
    }

    /** Leaves numbers out, as nothing of ours ever should. */
    void skipNumber() {
        txn++;
    }

    /** Makes what was written visible. */
    void flush() {
        if (open) {
            producer.commitTransaction();
            open = false;
        }
    }

    private void row(TableStructure table, Op op, Object[] before, Object[] after) {
        RowSource source = new RowSource(
                table.name().schema(),
                table.name().table(),
                1,
                UUID + ":" + (101 + txn),
                "bin.000001",
                1000 + txn,
                0,
                0,
                op == Op.READ);
        RowEncoder encoder = encoders.computeIfAbsent(table, key -> codec.rowEncoder("source", key));
        RowChange change = new RowChange(txn + 1, ++rows, table, op, before, after, System.currentTimeMillis(), source);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, null, codec.encodeRow(encoder, change));
        record.headers().add("target.schema", table.name().schema().getBytes(StandardCharsets.UTF_8));
        record.headers().add("target.table", table.name().table().getBytes(StandardCharsets.UTF_8));
        send(record);
    }

    private void send(ChangeEvent event) {
        send(new ProducerRecord<>(topic, 0, null, codec.encode(event)));
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        if (!open) {
            producer.beginTransaction();
            open = true;
        }
        producer.send(record);
    }

    @Override
    public void close() {
        flush();
        producer.close();
    }
}
