package io.tiderace.tests;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.DeleteRowsEventData;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.UpdateRowsEventData;
import com.github.shyiko.mysql.binlog.event.WriteRowsEventData;
import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RecordCodec.Kind;
import io.tiderace.schemas.SourcePosition;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The other side of each ratio: the least that has to be done anyway, by hand and with nothing around it. */
final class BenchmarkBaselines {
    private static final int GROUP_CHANGES = 500;
    private static final long COMMIT_EVERY_NANOS = 50_000_000;

    private BenchmarkBaselines() {}

    /** Reads the binlog from one position to another with the bare client, decoding every row; gives rows a second. */
    static double binlogClient(MySqlServer server, SourcePosition from, SourcePosition to) throws IOException {
        BinaryLogClient client = new BinaryLogClient("127.0.0.1", server.port(), "root", "");
        client.setBinlogFilename(from.file());
        client.setBinlogPosition(from.pos());
        client.setServerId(4_000_000_000L);
        client.setKeepAlive(false);
        long[] rowsAndTimes = {0, 0, 0};
        client.registerEventListener(event -> {
            rowsAndTimes[1] = rowsAndTimes[1] == 0 ? System.nanoTime() : rowsAndTimes[1];
            rowsAndTimes[0] += rows(event.getData());
            // the client's own position is still that of the event before
            long next = event.getHeader() instanceof EventHeaderV4 header ? header.getNextPosition() : 0;
            if (client.getBinlogFilename().equals(to.file()) && next >= to.pos()) {
                rowsAndTimes[2] = System.nanoTime();
                try {
                    client.disconnect();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        });
        client.connect();
        return rowsAndTimes[0] * 1e9 / (rowsAndTimes[2] - rowsAndTimes[1]);
    }

    private static int rows(EventData data) {
        if (data instanceof WriteRowsEventData write) {
            return write.getRows().size();
        }
        if (data instanceof UpdateRowsEventData update) {
            return update.getRows().size();
        }
        return data instanceof DeleteRowsEventData delete ? delete.getRows().size() : 0;
    }

    /** Copies a topic with one thread: read committed in, a transaction every 50 ms out; gives records a second. */
    static double copyTopic(String bootstrapServers, String from, String to) {
        Map<String, Object> input = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        Map<String, Object> output = Map.of(
                "bootstrap.servers", bootstrapServers,
                "transactional.id", to,
                "retry.backoff.ms", "1",
                "compression.type", "lz4",
                "batch.size", "262144",
                "linger.ms", "5");
        try (KafkaConsumer<byte[], byte[]> consumer =
                        new KafkaConsumer<>(input, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(output, new ByteArraySerializer(), new ByteArraySerializer())) {
            TopicPartition partition = new TopicPartition(from, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            producer.initTransactions();
            long begin = System.nanoTime();
            long records = 0;
            producer.beginTransaction();
            long begun = begin;
            while (consumer.position(partition) < end) {
                ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(100));
                for (ConsumerRecord<byte[], byte[]> record : batch) {
                    producer.send(new ProducerRecord<>(to, 0, record.timestamp(), record.key(), record.value()));
                }
                records += batch.count();
                if (System.nanoTime() - begun > COMMIT_EVERY_NANOS) {
                    producer.commitTransaction();
                    producer.beginTransaction();
                    begun = System.nanoTime();
                }
            }
            producer.commitTransaction();
            return records * 1e9 / (System.nanoTime() - begin);
        }
    }

    /** The row changes of a topic as finished statements, compacted, a list for each connection; rows of one key stay with one connection. */
    static List<List<String>> statements(String bootstrapServers, RecordCodec codec, String topic, int connections) {
        List<Map<String, RowChange>> open = new ArrayList<>();
        List<List<String>> statements = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            open.add(new LinkedHashMap<>());
            statements.add(new ArrayList<>());
        }
        Map<String, Object> input = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(input, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    if (codec.kind(RecordCodec.schemaId(record.value())) == Kind.ROW) {
                        add(codec.decode(record.value()), open, statements);
                    }
                }
            }
        }
        for (int i = 0; i < connections; i++) {
            close(open.get(i), statements.get(i));
        }
        return statements;
    }

    private static void add(ChangeEvent event, List<Map<String, RowChange>> open, List<List<String>> statements) {
        RowChange change = (RowChange) event;
        Object[] image = change.after() == null ? change.before() : change.after();
        String key = change.table().name().table() + " " + image[0];
        int connection = Math.floorMod(key.hashCode(), open.size());
        Map<String, RowChange> group = open.get(connection);
        group.put(key, change);
        if (group.size() == GROUP_CHANGES) {
            close(group, statements.get(connection));
        }
    }

    /** Makes one transaction of a group: a DELETE and an upsert a table, BEGIN to COMMIT in one packet. */
    private static void close(Map<String, RowChange> group, List<String> statements) {
        Map<String, List<String>> deleted = new HashMap<>();
        Map<String, List<String>> written = new HashMap<>();
        for (RowChange change : group.values()) {
            String table = change.table().name().table();
            Object[] after = change.after();
            if (after == null) {
                deleted.computeIfAbsent(table, name -> new ArrayList<>()).add(String.valueOf(change.before()[0]));
            } else {
                List<String> values = new ArrayList<>();
                for (Object value : after) {
                    values.add(value instanceof String ? "'" + value + "'" : String.valueOf(value));
                }
                written.computeIfAbsent(table, name -> new ArrayList<>()).add("(" + String.join(",", values) + ")");
            }
        }
        group.clear();
        StringBuilder sql = new StringBuilder("BEGIN;");
        deleted.forEach((table, ids) -> sql.append("DELETE FROM ")
                .append(table)
                .append(" WHERE id IN (")
                .append(String.join(",", ids))
                .append(");"));
        written.forEach((table, rows) -> sql.append("INSERT INTO ")
                .append(table)
                .append(" VALUES ")
                .append(String.join(",", rows))
                .append(
                        table.equals("mark")
                                ? ";"
                                : " ON DUPLICATE KEY UPDATE k = VALUES(k), c = VALUES(c), pad = VALUES(pad);"));
        statements.add(sql.append("COMMIT").toString());
    }

    /** Runs each list on a connection of its own; gives the seconds that it took. */
    static double execute(String jdbcUrl, String schema, List<List<String>> statements) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(statements.size());
        List<Connection> connections = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < statements.size(); i++) {
            Connection connection = BenchmarkWorkload.connect(jdbcUrl);
            try (Statement statement = connection.createStatement()) {
                statement.execute("USE " + schema);
            }
            connections.add(connection);
        }
        long begin = System.nanoTime();
        List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < statements.size(); i++) {
            Connection connection = connections.get(i);
            List<String> mine = statements.get(i);
            results.add(threads.submit(() -> {
                try (Statement statement = connection.createStatement()) {
                    for (String sql : mine) {
                        statement.execute(sql);
                    }
                }
                return null;
            }));
        }
        for (Future<?> result : results) {
            result.get();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        threads.shutdown();
        for (Connection connection : connections) {
            connection.close();
        }
        return seconds;
    }

    /** Reads the tables and writes them again, two connections a table, as multi-row statements; gives the seconds that it took. */
    static double copyRows(String sourceUrl, String targetUrl, String schema, BenchmarkWorkload.Shape shape)
            throws Exception {
        int half = shape.firstRows() / 2;
        ExecutorService threads = Executors.newFixedThreadPool(2 * shape.tables());
        long begin = System.nanoTime();
        List<Future<?>> results = new ArrayList<>();
        for (int table = 1; table <= shape.tables(); table++) {
            String all = "SELECT * FROM " + schema + ".rows" + table;
            String into = "INSERT INTO " + schema + ".rows" + table + " VALUES ";
            for (String part : List.of(" WHERE id < " + half, " WHERE id >= " + half)) {
                results.add(threads.submit(() -> {
                    copyRows(sourceUrl, all + part, targetUrl, into);
                    return null;
                }));
            }
        }
        for (Future<?> result : results) {
            result.get();
        }
        threads.shutdown();
        return (System.nanoTime() - begin) / 1e9;
    }

    private static void copyRows(String sourceUrl, String query, String targetUrl, String into) throws SQLException {
        try (Connection from = BenchmarkWorkload.connect(sourceUrl);
                Statement reader = from.createStatement();
                Connection to = BenchmarkWorkload.connect(targetUrl);
                Statement writer = to.createStatement()) {
            reader.setFetchSize(Integer.MIN_VALUE); // as they come
            StringBuilder sql = new StringBuilder();
            int count = 0;
            try (ResultSet rows = reader.executeQuery(query)) {
                while (rows.next()) {
                    sql.append(sql.isEmpty() ? into : ",").append('(').append(rows.getInt(1));
                    sql.append(',').append(rows.getInt(2)).append(",'").append(rows.getString(3));
                    sql.append("','").append(rows.getString(4)).append("')");
                    if (++count % GROUP_CHANGES == 0) {
                        writer.execute(sql.toString());
                        sql.setLength(0);
                    }
                }
            }
            if (!sql.isEmpty()) {
                writer.execute(sql.toString());
            }
        }
    }
}
