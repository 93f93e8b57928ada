package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: nothing is left out and nothing is numbered twice, whenever capture or the source ends. Method: a reader that follows the reader's rule
 * applies every change to a map, which has to equal the table.
 */
class CaptureRestartIT {
    private static final int KILLS = 4;

    @TempDir
    Path folder;

    private final Map<Integer, Integer> target = new HashMap<>();

    private CaptureStand stand() throws SQLException {
        return stand(Servers.source());
    }

    private CaptureStand stand(MySqlServer server) throws SQLException {
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT, pad VARCHAR(200))");
        stand.reader().listen(this::apply);
        return stand;
    }

    private void apply(ChangeEvent event) {
        if (event instanceof RowChange row) {
            if (row.before() != null) {
                assertThat(target.remove((Integer) row.before()[0])).isEqualTo(row.before()[1]);
            }
            if (row.after() != null) {
                assertThat(target.put((Integer) row.after()[0], (Integer) row.after()[1]))
                        .isNull();
            }
        }
    }

    private void requireEqual(CaptureStand stand) throws SQLException {
        stand.readAll();
        Map<Integer, Integer> source = new HashMap<>();
        for (List<String> row : stand.query("SELECT id, v FROM t")) {
            source.put(Integer.valueOf(row.get(0)), Integer.valueOf(row.get(1)));
        }
        assertThat(target).isEqualTo(source);
    }

    /** Random transactions of 1 to 20 changes, now and then one of thousands. */
    private static final class Load implements AutoCloseable {
        private final CaptureStand stand;
        private final Random random;
        private final Thread thread;
        private final AtomicReference<Exception> failure = new AtomicReference<>();
        private volatile boolean isStopping;
        private volatile int transactions;

        Load(CaptureStand stand, long seed) {
            this.stand = stand;
            random = new Random(seed);
            thread = new Thread(this::work, "load");
            thread.start();
        }

        private void work() {
            try (Connection connection = stand.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("USE " + stand.schema());
                for (int i = 0; !isStopping; i++) {
                    connection.setAutoCommit(false);
                    for (int k = random.nextInt(20); k >= 0; k--) {
                        change(statement);
                    }
                    if (i % 100 == 50) {
                        statement.execute("UPDATE t SET v = v + 1, pad = REPEAT('y', 200)");
                    }
                    connection.commit();
                    transactions = i + 1;
                    Thread.sleep(2);
                }
            } catch (SQLException | InterruptedException e) {
                failure.set(e);
            }
        }

        private void change(Statement statement) throws SQLException {
            int id = random.nextInt(3000);
            switch (random.nextInt(3)) {
                case 0 -> statement.execute("DELETE FROM t WHERE id = " + id);
                case 1 -> statement.execute("UPDATE t SET v = " + random.nextInt() / 2 + " WHERE id = " + id);
                default ->
                    statement.execute("INSERT IGNORE INTO t VALUES (" + id + ", " + random.nextInt() / 2 + ", 'x')");
            }
        }

        @Override
        public void close() {
            isStopping = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (failure.get() != null) {
                throw new AssertionError("the load failed", failure.get());
            }
        }
    }

    @Test
    void orderlyStops() throws Exception {
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        try (CaptureStand stand = stand()) {
            stand.start();
            try (Load load = new Load(stand, seed)) {
                for (int i = 0; i < KILLS; i++) {
                    Thread.sleep(random.nextInt(1000));
                    long begin = System.nanoTime();
                    stand.stop();
                    assertThat(load.transactions).isPositive();
                    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
                    stand.start();
                }
            }
            requireEqual(stand);
        }
    }

    @Test
    void killedProcesses() throws Exception {
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        try (CaptureStand stand = stand()) {
            stand.start(); // from here on everything has to come
            stand.stop();
            JavaProcess process = CaptureProcess.start(folder, stand.source());
            try {
                stand.readAll();
                try (Load load = new Load(stand, seed)) {
                    for (int i = 0; i < KILLS; i++) {
                        Thread.sleep(1500 + random.nextInt(1500));
                        process.kill();
                        process.start();
                        assertThat(load.transactions).isPositive();
                    }
                }
                requireEqual(stand);
                assertThat(process.stop(Duration.ofSeconds(20)))
                        .as(process.output())
                        .isIn(0, 143);
            } finally {
                process.kill();
            }
        }
    }

    @Test
    void theSourceGoesAwayRotatesAndCompresses() throws Exception {
        try (MySqlServer server = MySqlServer.start("--max-binlog-size=1M");
                CaptureStand stand = stand(server)) {
            stand.start();
            stand.execute("SET SESSION binlog_transaction_compression = ON");
            stand.execute(
                    "INSERT INTO t VALUES (-1, 1, REPEAT('compressed', 20)), (-2, 2, 'b')", "UPDATE t SET v = v + 1");
            stand.execute("SET SESSION binlog_transaction_compression = OFF");
            for (int i = 0; i < 5; i++) {
                stand.execute("INSERT INTO t VALUES (" + (10_000 + i) + ", 1, 'x')", "FLUSH LOGS");
            }
            try (Load load = new Load(stand, 1)) {
                Thread.sleep(1500);
                assertThat(load.transactions).isPositive();
            }
            requireEqual(stand);
            server.restart();
            stand.connectAgain();
            stand.execute("INSERT INTO t VALUES (20000, 1, 'x')");
            requireEqual(stand);
            server.kill();
            Thread.sleep(1000);
            server.startAgain();
            stand.connectAgain();
            stand.execute("INSERT INTO t VALUES (20001, 1, 'x')");
            requireEqual(stand);
        }
    }

    @Test
    void aTransactionLargerThanMemoryIsWrittenInParts() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.start();
            stand.execute(
                    "SET SESSION cte_max_recursion_depth = 1000000",
                    "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
                            + " SELECT i, i, REPEAT('z', 200) FROM n");
            stand.readAll();
            assertThat(target).hasSize(300_000);
        }
    }

    @Test
    void startsWhereItIsTold() throws Exception {
        try (CaptureStand stand = stand()) {
            stand.execute("INSERT INTO t VALUES (1, 1, 'before')");
            List<String> status = stand.query("SHOW MASTER STATUS").get(0);
            stand.execute("INSERT INTO t VALUES (2, 2, 'after')");
            stand.start(stand.source().from(new TaskConfig.Start(status.get(0), Long.parseLong(status.get(1)), null)));
            stand.readAll();
            assertThat(target).containsOnlyKeys(2);
            stand.stop();
            stand.execute("INSERT INTO t VALUES (3, 3, 'later')");
            stand.start();
            stand.readAll();
            assertThat(target).containsOnlyKeys(2, 3);
        }
        target.clear();
        try (CaptureStand stand = stand()) {
            stand.execute("INSERT INTO t VALUES (1, 1, 'before')");
            String gtids = stand.query("SELECT @@gtid_executed").get(0).get(0);
            stand.execute("INSERT INTO t VALUES (2, 2, 'after')");
            stand.start(stand.source().from(new TaskConfig.Start(null, 0, gtids)));
            stand.readAll();
            assertThat(target).containsOnlyKeys(2);
        }
        target.clear();
        try (CaptureStand stand = stand()) {
            stand.execute("INSERT INTO t VALUES (1, 1, 'before')");
            stand.start();
            stand.execute("INSERT INTO t VALUES (2, 2, 'after')");
            stand.readAll();
            assertThat(target).containsOnlyKeys(2);
        }
    }

    @Test
    void aServerWithoutGtidsIsFollowedByFileAndPosition() throws Exception {
        try (MySqlServer server = MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");
                CaptureStand stand = stand(server)) {
            stand.start();
            try (Load load = new Load(stand, 2)) {
                for (int i = 0; i < 2; i++) {
                    Thread.sleep(500);
                    stand.stop();
                    assertThat(load.transactions).isPositive();
                    stand.execute("FLUSH LOGS");
                    stand.start();
                }
            }
            requireEqual(stand);
            stand.execute("FLUSH LOGS"); // while it is idle: the position is stored where the new file begins
            Thread.sleep(1500);
            stand.stop();
            stand.start();
            requireEqual(stand);
        }
    }
}
