package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what an XA transaction changed is in the relay topic where it was committed, once, whatever lies between prepare and commit. */
class CaptureXaIT {
    @TempDir
    Path folder;

    private final Map<Integer, Integer> target = new HashMap<>();

    private CaptureStand stand(MySqlServer server) throws SQLException {
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, v INT, pad VARCHAR(1000))",
                "CREATE TABLE left_out (id INT PRIMARY KEY)",
                "SET SESSION cte_max_recursion_depth = 10000000");
        return stand;
    }

    /** Makes a name that is the stand's own: XA transactions of a server share their names. */
    private static String xid(CaptureStand stand, String name) {
        return "'" + stand.schema() + "-" + name + "','b'";
    }

    private static void prepare(CaptureStand stand, String name, String... statements) throws SQLException {
        stand.execute("XA START " + xid(stand, name));
        stand.execute(statements);
        stand.execute("XA END " + xid(stand, name), "XA PREPARE " + xid(stand, name));
    }

    private static void commit(CaptureStand stand, String name) throws SQLException {
        stand.execute("XA COMMIT " + xid(stand, name));
    }

    private static void rollback(CaptureStand stand, String name) throws SQLException {
        stand.execute("XA ROLLBACK " + xid(stand, name));
    }

    private static List<Integer> ids(RelayReader relay) {
        return relay.rows("t").stream()
                .map(row -> (Integer) (row.after() == null ? row.before() : row.after())[0])
                .toList();
    }

    private static String inserted(int from, int to) {
        return "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT " + from + " UNION ALL SELECT i + 1 FROM n WHERE i < "
                + to + ") SELECT i, i, REPEAT(CHAR(97 + i % 26), 900) FROM n";
    }

    @Test
    void rowsComeWhereTheyAreCommitted() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.start();
            prepare(stand, "a", "INSERT INTO t VALUES (1, 1, 'a')", "INSERT INTO t VALUES (2, 1, 'a')");
            stand.execute("INSERT INTO t VALUES (3, 0, 'between')");
            prepare(stand, "b", "INSERT INTO t VALUES (4, 1, 'b')");
            prepare(stand, "c", "INSERT INTO t VALUES (5, 1, 'c')", "INSERT INTO left_out VALUES (1)");
            prepare(stand, "other", "INSERT INTO left_out VALUES (2)");
            prepare(stand, "nothing");
            commit(stand, "b");
            stand.execute("INSERT INTO t VALUES (6, 0, 'between')");
            rollback(stand, "c");
            commit(stand, "a");
            commit(stand, "other");
            commit(stand, "nothing");
            prepare(stand, "b", "UPDATE t SET v = v + 1 WHERE id < 3", "DELETE FROM t WHERE id = 4");
            rollback(stand, "b");
            prepare(stand, "b", "UPDATE t SET v = v + 10 WHERE id < 3", "DELETE FROM t WHERE id = 4");
            commit(stand, "b");
            stand.execute("XA START " + xid(stand, "one"), "INSERT INTO t VALUES (7, 1, 'one')");
            stand.execute("XA END " + xid(stand, "one"), "XA COMMIT " + xid(stand, "one") + " ONE PHASE");
            stand.execute("XA START " + xid(stand, "gone"), "INSERT INTO t VALUES (8, 1, 'gone')");
            stand.execute("XA END " + xid(stand, "gone"), "XA ROLLBACK " + xid(stand, "gone"));
            RelayReader relay = stand.readAll();
            assertThat(ids(relay)).containsExactly(3, 4, 6, 1, 2, 1, 2, 4, 7);
            assertThat(relay.rows("t").get(5).after()).containsExactly(1, 11, "a");
            assertThat(relay.rows("left_out")).isEmpty();
            requirePlaces(relay);
        }
    }

    /** Every row has the place of the commit that ends its transaction, and a number in it. */
    private static void requirePlaces(RelayReader relay) {
        List<RowChange> open = new ArrayList<>();
        Set<String> gtids = new HashSet<>();
        for (ChangeEvent event : relay.events()) {
            if (event instanceof RowChange row) {
                open.add(row);
            } else if (event instanceof Commit commit) {
                assertThat(gtids.add(commit.gtid())).isTrue();
                assertThat(open).allSatisfy(row -> {
                    assertThat(row.source().gtid()).isEqualTo(commit.gtid());
                    assertThat(row.source().file()).isEqualTo(commit.file());
                    assertThat(row.source().pos()).isLessThan(commit.pos());
                    assertThat(row.tsMs()).isEqualTo(commit.tsMs());
                });
                open.clear();
            }
        }
    }

    @Test
    void theyWaitWhileEverythingIsRestarted() throws Exception {
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = stand(server)) {
            stand.start();
            prepare(stand, "small", "INSERT INTO t VALUES (1, 1, 'small')");
            prepare(stand, "large", inserted(1000, 12_999));
            prepare(stand, "undone", inserted(20_000, 26_999));
            stand.readAll();
            stand.stop();
            server.restart();
            stand.connectAgain();
            stand.execute("FLUSH LOGS", "INSERT INTO t VALUES (2, 0, 'between')");
            stand.start();
            assertThat(stand.readAll().rows("t")).hasSize(1);
            stand.execute("PURGE BINARY LOGS TO '"
                    + stand.query("SHOW MASTER STATUS").get(0).get(0) + "'");
            stand.stop();
            stand.start();
            commit(stand, "large");
            rollback(stand, "undone");
            assertThat(stand.readAll().rows("t")).hasSize(12_001);
            stand.stop();
            commit(stand, "small");
            stand.start();
            RelayReader relay = stand.readAll();
            assertThat(relay.rows("t")).hasSize(12_002);
            assertThat(ids(relay).subList(0, 3)).containsExactly(2, 1000, 1001);
            assertThat(ids(relay).get(12_001)).isEqualTo(1);
            assertThat(relay.rows("t").get(12_000).after()[2])
                    .isEqualTo(String.valueOf((char) (97 + 12_999 % 26)).repeat(900));
            requirePlaces(relay);
            assertThat(held(stand)).isEmpty();
        }
    }

    @Test
    void largeOnesPassThroughInParts() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.start();
            stand.execute("XA START " + xid(stand, "one"), inserted(1, 20_000), "XA END " + xid(stand, "one"));
            stand.execute("XA COMMIT " + xid(stand, "one") + " ONE PHASE");
            stand.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"); // no gap locks
            prepare(stand, "a", "UPDATE t SET v = -v WHERE id <= 20000");
            prepare(stand, "b", inserted(30_001, 40_000));
            commit(stand, "b");
            commit(stand, "a");
            RelayReader relay = stand.readAll();
            assertThat(relay.rows("t")).hasSize(50_000);
            assertThat(ids(relay).get(19_999)).isEqualTo(20_000);
            assertThat(ids(relay).get(20_000)).isEqualTo(30_001);
            assertThat(relay.rows("t").get(49_999).after()[1]).isEqualTo(-20_000);
            requirePlaces(relay);
            assertThat(held(stand)).isEmpty();
        }
    }

    @Test
    void compressedOnesAreTheSame() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.start();
            stand.execute("SET SESSION binlog_transaction_compression = ON");
            prepare(stand, "a", inserted(1, 100));
            prepare(stand, "b", inserted(101, 200));
            rollback(stand, "a");
            commit(stand, "b");
            stand.execute("XA START " + xid(stand, "one"), inserted(201, 300), "XA END " + xid(stand, "one"));
            stand.execute("XA COMMIT " + xid(stand, "one") + " ONE PHASE");
            assertThat(ids(stand.readAll())).hasSize(200).startsWith(101).endsWith(300);
        }
    }

    @Test
    void killedProcessesForgetNothing() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.reader().listen(this::apply);
            stand.start();
            stand.stop();
            JavaProcess process = CaptureProcess.start(folder, stand.source());
            try {
                for (int i = 0; i < 4; i++) {
                    int id = 100_000 * i;
                    prepare(stand, "s" + i, "INSERT INTO t VALUES (" + id + ", 1, 's')");
                    prepare(stand, "l" + i, inserted(id + 1, id + 9_000));
                    prepare(stand, "u" + i, inserted(id + 10_000, id + 16_000));
                    stand.execute("INSERT INTO t VALUES (" + (id + 50_000) + ", 1, 's')");
                    Thread.sleep(700 * i);
                    process.kill();
                    rollback(stand, "u" + i);
                    commit(stand, "l" + i);
                    process.start();
                    if (i > 0) {
                        commit(stand, "s" + (i - 1));
                    }
                }
                commit(stand, "s3");
                stand.readAll();
                Map<Integer, Integer> source = new HashMap<>();
                for (List<String> row : stand.query("SELECT id, v FROM t")) {
                    source.put(Integer.valueOf(row.get(0)), Integer.valueOf(row.get(1)));
                }
                assertThat(target).isEqualTo(source).hasSize(4 * 9_002);
                assertThat(process.stop(Duration.ofSeconds(20)))
                        .as(process.output())
                        .isIn(0, 143);
                assertThat(held(stand)).isEmpty();
            } finally {
                process.kill();
            }
        }
    }

    private void apply(ChangeEvent event) {
        if (event instanceof RowChange row && row.after() != null) {
            assertThat(target.put((Integer) row.after()[0], (Integer) row.after()[1]))
                    .isNull();
        }
    }

    @Test
    void rowsThatSomebodyDeletedAreMissed() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.start();
            prepare(stand, "a", inserted(1, 10_000));
            stand.readAll();
            stand.stop();
            try (Admin admin = Admin.create(new HashMap<>(Servers.kafkaProperties()))) {
                admin.deleteTopics(List.of(topic(stand))).all().get();
            }
            stand.start();
            commit(stand, "a");
            TideraceException error = stand.failure();
            assertThat(error).isInstanceOf(DataException.class);
            assertThat(error.code()).isEqualTo("TR-C060");
            assertThat(error.problem()).contains(topic(stand)).contains("X'");
        }
    }

    private static String topic(CaptureStand stand) {
        return stand.config().topics().prepared(stand.source().id());
    }

    @Test
    void whatWasPreparedBeforeCaptureBeganIsLookedForInTheEarlierLog() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            prepare(stand, "a", "INSERT INTO t VALUES (1, 1, 'never')");
            rollback(stand, "a");
            prepare(stand, "a", "INSERT INTO t VALUES (2, 1, 'a')");
            prepare(stand, "b", "INSERT INTO t VALUES (3, 1, 'b')");
            stand.execute("SET SESSION binlog_transaction_compression = ON");
            prepare(stand, "c", inserted(1000, 8_999));
            stand.execute("SET SESSION binlog_transaction_compression = OFF", "FLUSH LOGS");
            prepare(stand, "other", "INSERT INTO left_out VALUES (2)");
            stand.start();
            stand.execute("INSERT INTO t VALUES (4, 0, 'between')");
            rollback(stand, "b");
            commit(stand, "a");
            commit(stand, "other");
            stand.execute("INSERT INTO t VALUES (5, 0, 'between')");
            commit(stand, "c");
            RelayReader relay = stand.readAll();
            assertThat(ids(relay)).hasSize(8_003).startsWith(4, 2, 5, 1000, 1001);
            requirePlaces(relay);
            assertThat(held(stand)).isEmpty();
        }
    }

    @Test
    void aFirstCopyAndWhatIsPreparedMeanwhileMakeTheWhole() throws Exception {
        String schema = Servers.freshName("xacopy");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null);
                Connection connection = source.connect();
                Statement session = connection.createStatement()) {
            session.execute("CREATE DATABASE " + schema);
            session.execute("USE " + schema);
            session.execute("CREATE TABLE t (id INT PRIMARY KEY)");
            session.execute("CREATE TABLE keyless (id INT)");
            session.execute("INSERT INTO t VALUES (1)");
            for (String name : List.of("a", "b")) {
                session.execute("XA START '" + schema + name + "'");
                session.execute("INSERT INTO t VALUES (" + (name.equals("a") ? 2 : 3) + ")");
                session.execute("INSERT INTO keyless VALUES (" + (name.equals("a") ? 2 : 3) + ")");
                session.execute("XA END '" + schema + name + "'");
                session.execute("XA PREPARE '" + schema + name + "'");
            }
            source.begin();
            source.readUntil(event -> event instanceof ChangeEvent.SnapshotProgress progress
                    && progress.progress() == ChangeEvent.Progress.COPY_END);
            session.execute("XA COMMIT '" + schema + "a'");
            session.execute("XA ROLLBACK '" + schema + "b'");
            session.execute("INSERT INTO t VALUES (9)");
            List<RowChange> rows = source
                    .readUntil(event ->
                            event instanceof RowChange row && row.after() != null && (Integer) row.after()[0] == 9)
                    .stream()
                    .filter(RowChange.class::isInstance)
                    .map(RowChange.class::cast)
                    .toList();
            assertThat(rows)
                    .extracting(row -> row.table().name().table() + row.after()[0])
                    .containsExactly("t1", "t2", "keyless2", "t9");
        }
    }

    @Test
    void whatWasPreparedInALogThatIsGoneIsAnErrorThatNamesIt() throws Exception {
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = stand(server)) {
            prepare(stand, "a", "INSERT INTO t VALUES (1, 1, 'a')");
            stand.execute("FLUSH LOGS");
            stand.execute("PURGE BINARY LOGS TO '"
                    + stand.query("SHOW MASTER STATUS").get(0).get(0) + "'");
            stand.start();
            commit(stand, "a");
            TideraceException error = stand.failure();
            assertThat(error).isInstanceOf(DataException.class);
            assertThat(error.code()).isEqualTo("TR-C035");
            assertThat(error.problem()).contains("GTID ").contains("X'").contains("binlog.");
        }
    }

    /** The keys in the topic of prepared transactions whose last record is no tombstone. */
    private static Set<String> held(CaptureStand stand) {
        Map<String, Object> settings = new HashMap<>(Servers.kafkaProperties());
        settings.put("isolation.level", "read_committed");
        TopicPartition partition = new TopicPartition(topic(stand), 0);
        Set<String> keys = new HashSet<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    String key = new String(record.key(), StandardCharsets.UTF_8);
                    keys.remove(key);
                    if (record.value() != null) {
                        keys.add(key);
                    }
                }
            }
        }
        return keys;
    }
}
