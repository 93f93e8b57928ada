package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes a source's relay topic as capture does, with random transactions, and knows what a router has to make of it. */
final class RelayTopic implements AutoCloseable {
    private final String topic;
    private final String applyTopic;
    private final RecordCodec codec;
    private final RowEncoder replicated;
    private final RowEncoder other;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Random random = new Random(1);
    private final List<String> expected = new ArrayList<>();
    private long txn;

    RelayTopic(ServiceConfig config, String task, String sourceId) throws InterruptedException {
        topic = config.topics().relay(sourceId);
        applyTopic = config.topics().apply(task, sourceId);
        codec = new RecordCodec(new RegistryClient(config.registry()), topic);
        replicated = codec.rowEncoder(sourceId, table("shop"));
        other = codec.rowEncoder(sourceId, table("other"));
        TopicAdmin.ensure(config, List.of(TopicSpec.relay(config, sourceId)));
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("transactional.id", "test." + sourceId);
        settings.put("retry.backoff.ms", 1);
        settings.put("compression.type", "lz4");
        settings.put("max.request.size", config.maxMessageBytes());
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    private static TableStructure table(String schema) {
        return new TableStructure(
                new TableName(schema, "t"),
                List.of(
                        new Column("id", MySqlType.parse("bigint"), null, null, false, false),
                        new Column("v", MySqlType.parse("text"), "utf8mb4", null, true, false)),
                List.of("id"));
    }

    /** Source transactions of up to ten rows, in one Kafka transaction; every tenth is empty. */
    void write(int transactions) {
        producer.beginTransaction();
        for (int i = 0; i < transactions; i++) {
            int rows = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(10);
            transaction(rows, 100);
        }
        producer.commitTransaction();
    }

    void transaction(int rows, int bytes) {
        txn++;
        int passed = 0;
        for (int row = 1; row <= rows; row++) {
            boolean passes = random.nextInt(4) != 0;
            byte[] value = row(passes ? replicated : other, row, bytes);
            send(value);
            if (passes) {
                passed++;
                expected.add(txn + "." + row);
            }
        }
        send(codec.encode(new Commit(txn, rows + 1, txn, rows, null, null, "binlog.000001", txn, now(), false, false)));
        if (passed > 0) {
            expected.add("commit " + txn + " rows " + passed);
        }
    }

    /** Many transactions of a table that is replicated, all rows alike; returns the number of records. */
    long fill(int transactions, int rows, int bytes) {
        for (int i = 0; i < transactions; i++) {
            if (i % 1000 == 0) {
                producer.beginTransaction();
            }
            txn++;
            for (int row = 1; row <= rows; row++) {
                send(row(replicated, row, bytes));
            }
            send(codec.encode(
                    new Commit(txn, rows + 1, txn, rows, null, null, "binlog.000001", txn, now(), false, false)));
            if (i % 1000 == 999 || i == transactions - 1) {
                producer.commitTransaction();
            }
        }
        return (long) transactions * (rows + 1);
    }

    /** The end of a copy, a transaction of its own. */
    void endCopy() {
        producer.beginTransaction();
        txn++;
        send(codec.encode(new SnapshotProgress(
                txn,
                1,
                ChangeEvent.Progress.COPY_END,
                null,
                0,
                0,
                0,
                1,
                1,
                new SourcePosition("binlog.000001", 4, null),
                now())));
        send(codec.encode(new Commit(txn, 2, txn, 1, null, null, "binlog.000001", txn, now(), true, false)));
        producer.commitTransaction();
        expected.add(txn + ".1");
        expected.add("commit " + txn + " rows 1");
    }

    private byte[] row(RowEncoder encoder, long row, int bytes) {
        return codec.encodeRow(
                encoder,
                new RowChange(
                        txn,
                        row,
                        encoder.table(),
                        Op.INSERT,
                        null,
                        new Object[] {row, "x".repeat(bytes)},
                        now(),
                        new RowSource("s", "t", 1, null, "binlog.000001", txn, 0, now(), false)));
    }

    private static long now() {
        return System.currentTimeMillis();
    }

    private void send(byte[] value) {
        producer.send(new ProducerRecord<>(topic, null, value));
    }

    /** One row of a replicated table with a text of that many bytes. */
    void writeLarge(int bytes) {
        producer.beginTransaction();
        txn++;
        send(row(replicated, 1, bytes));
        send(codec.encode(new Commit(txn, 2, txn, 1, null, null, "binlog.000001", txn, now(), false, false)));
        producer.commitTransaction();
        expected.add(txn + ".1");
        expected.add("commit " + txn + " rows 1");
    }

    /** Leaves a number out, as if records had been deleted. */
    void skipTransaction() {
        txn++;
    }

    long txn() {
        return txn;
    }

    /** What the apply topic has to hold, markers of empty transactions left out. */
    List<String> expected() {
        return expected;
    }

    /** Reads the apply topic until the last transaction is covered, checking that markers are contiguous. */
    List<String> applied(ServiceConfig config, Duration within) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("isolation.level", "read_committed");
        List<String> found = new ArrayList<>();
        long deadline = System.nanoTime() + within.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(applyTopic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long covered = 0;
            while (covered < txn) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("only " + covered + " of " + txn + " transactions came");
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    ChangeEvent event = codec.decode(record.value());
                    if (!(event instanceof Commit commit)) {
                        found.add(event.txn() + "." + event.txnRow());
                        continue;
                    }
                    if (commit.firstTxn() != covered + 1) {
                        throw new AssertionError("after " + covered + " came " + commit);
                    }
                    covered = commit.txn();
                    if (commit.rows() > 0) {
                        found.add("commit " + commit.txn() + " rows " + commit.rows());
                    }
                }
            }
        }
        return found;
    }

    @Override
    public void close() {
        producer.close();
    }
}
