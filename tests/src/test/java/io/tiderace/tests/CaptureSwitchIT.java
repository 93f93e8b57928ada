package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a source goes on at another server of its replication group without loss or repeat, or not at all. Method: real primaries and replicas. */
class CaptureSwitchIT {
    @TempDir
    Path folder;

    private final Map<Object, Object> target = new HashMap<>();
    private final List<String> gtids = new ArrayList<>();

    /** A primary with a replica that follows it. */
    private record Pair(MySqlServer primary, MySqlServer replica) implements AutoCloseable {
        static Pair start() throws SQLException {
            Pair pair = new Pair(MySqlServer.start("--server-id=1"), MySqlServer.start("--server-id=2"));
            follow(pair.replica, pair.primary);
            return pair;
        }

        @Override
        public void close() {
            primary.close();
            replica.close();
        }
    }

    private static void follow(MySqlServer replica, MySqlServer primary) throws SQLException {
        Command.sql(
                replica.jdbcUrl(),
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=" + primary.port()
                        + ", SOURCE_USER='root', SOURCE_PASSWORD='', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1,"
                        + " SOURCE_CONNECT_RETRY=1",
                "START REPLICA");
    }

    private static String executed(MySqlServer server) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT @@gtid_executed")) {
            row.next();
            return row.getString(1).replaceAll("\\s", "");
        }
    }

    private static void awaitEqual(Pair pair) throws Exception {
        String set = executed(pair.primary);
        while (!GtidSet.parse(executed(pair.replica)).contains(GtidSet.parse(set))) {
            Thread.sleep(20);
        }
    }

    private CaptureStand stand(MySqlServer server) throws SQLException {
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
        stand.reader().listen(this::apply);
        return stand;
    }

    private void apply(ChangeEvent event) {
        if (event instanceof RowChange row) {
            if (row.before() != null) {
                assertThat(target.remove(row.before()[0])).isEqualTo(row.before()[1]);
            }
            if (row.after() != null) {
                assertThat(target.put(row.after()[0], row.after()[1])).isNull();
            }
        } else if (event instanceof Commit commit && commit.gtid() != null) {
            gtids.add(commit.gtid());
        }
    }

    private void requireEqual(CaptureStand stand) throws SQLException {
        stand.readAll();
        Map<Object, Object> source = new HashMap<>();
        for (List<String> row : stand.query("SELECT id, v FROM t")) {
            source.put(Integer.valueOf(row.get(0)), Integer.valueOf(row.get(1)));
        }
        assertThat(target).isEqualTo(source);
        assertThat(new HashSet<>(gtids)).as("GTIDs met once").hasSameSizeAs(gtids);
    }

    private static TideraceException refused(CaptureStand stand, MySqlServer server, String code) throws Exception {
        stand.start(stand.source().through(server.port()));
        TideraceException error = stand.failure();
        assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
        assertThat(error).isInstanceOf(SourceException.class);
        return error;
    }

    /** Changes until it is refused. */
    private static Thread load(MySqlServer server, String schema, long seed, List<Exception> refusals) {
        Thread thread = new Thread(() -> {
            Random random = new Random(seed);
            try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                while (!Thread.currentThread().isInterrupted()) {
                    for (int i = random.nextInt(5); i >= 0; i--) {
                        int id = random.nextInt(500);
                        statement.execute(
                                random.nextInt(3) == 0
                                        ? "DELETE FROM " + schema + ".t WHERE id = " + id
                                        : "REPLACE INTO " + schema + ".t VALUES (" + id + ", " + random.nextInt(1000)
                                                + ")");
                    }
                    connection.commit();
                }
            } catch (SQLException e) {
                refusals.add(e);
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void failoverUnderLoadAndBack() throws Exception {
        try (Pair pair = Pair.start();
                CaptureStand stand = stand(pair.primary)) {
            long seed = System.nanoTime();
            System.err.println("seed " + seed);
            stand.start();
            List<Exception> refusals = new ArrayList<>();
            Thread load = load(pair.primary, stand.schema(), seed, refusals);
            Thread.sleep(1500);
            Command.sql(pair.primary.jdbcUrl(), "SET GLOBAL read_only = ON", "SET GLOBAL super_read_only = ON");
            load.join();
            assertThat(refusals).singleElement().asString().contains("read-only");
            stand.stop();
            awaitEqual(pair);
            Command.sql(pair.replica.jdbcUrl(), "STOP REPLICA", "RESET REPLICA ALL");
            pair.primary.kill();
            load = load(pair.replica, stand.schema(), seed + 1, refusals);
            stand.moveTo(pair.replica);
            stand.start();
            Thread.sleep(1000);
            load.interrupt();
            load.join();
            requireEqual(stand);
            // while capture is down, another failover, back to the first server
            stand.stop();
            pair.primary.startAgain();
            Command.sql(pair.primary.jdbcUrl(), "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
            follow(pair.primary, pair.replica);
            stand.execute("INSERT INTO t VALUES (100001, 1)", "FLUSH LOGS", "INSERT INTO t VALUES (100002, 2)");
            awaitEqual(new Pair(pair.replica, pair.primary));
            Command.sql(pair.primary.jdbcUrl(), "STOP REPLICA");
            stand.moveTo(pair.primary);
            stand.execute("INSERT INTO t VALUES (100003, 3)");
            stand.start();
            requireEqual(stand);
            GtidSet executed = GtidSet.parse(executed(pair.primary));
            assertThat(gtids).allMatch(gtid -> executed.contains(GtidSet.parse(gtid)));
            assertThat(target).containsKeys(100001, 100002, 100003);
        }
    }

    @Test
    void aLaggingReplicaIsAwaited() throws Exception {
        try (Pair pair = Pair.start();
                CaptureStand stand = stand(pair.primary)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            awaitEqual(pair);
            Command.sql(pair.replica.jdbcUrl(), "STOP REPLICA SQL_THREAD");
            stand.execute("INSERT INTO t VALUES (2, 2)");
            stand.readAll();
            stand.stop();
            TideraceException lacking = refused(stand, pair.replica, "TR-C054");
            String ours = executed(pair.primary).substring(0, 36);
            assertThat(lacking.problem()).contains(ours + ":").contains("lacks transactions");
            Thread late = new Thread(() -> {
                try {
                    Thread.sleep(2000);
                    Command.sql(pair.replica.jdbcUrl(), "START REPLICA SQL_THREAD");
                } catch (InterruptedException | SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            late.start();
            stand.start(stand.source().through(pair.replica.port()));
            late.join();
            stand.execute("INSERT INTO t VALUES (3, 3)"); // at the primary, which the replica still follows
            requireEqual(stand);
        }
    }

    @Test
    void errantTransactionsAreNamed() throws Exception {
        try (Pair pair = Pair.start();
                CaptureStand stand = stand(pair.primary)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            awaitEqual(pair);
            String schema = stand.schema();
            Command.sql(
                    pair.replica.jdbcUrl(),
                    "CREATE DATABASE elsewhere",
                    "CREATE TABLE elsewhere.t (id INT)",
                    "INSERT INTO elsewhere.t VALUES (1)");
            stand.execute("INSERT INTO t VALUES (2, 2)");
            stand.readAll();
            awaitEqual(pair);
            Command.sql(pair.replica.jdbcUrl(), "UPDATE " + schema + ".t SET v = 99 WHERE id = 1");
            stand.execute("UPDATE t SET v = 100 WHERE id = 2");
            stand.readAll();
            awaitEqual(pair);
            stand.stop();
            TideraceException errant = refused(stand, pair.replica, "TR-C055");
            String own =
                    executed(pair.replica).replaceAll(executed(pair.primary).substring(0, 36) + "[^,]*,?", "");
            assertThat(errant.problem()) // the first three change nothing that is captured
                    .contains("cannot have had: " + own.substring(0, 36) + ":4\n")
                    .contains(schema + ".t");
            stand.start();
            requireEqual(stand);
        }
    }

    @Test
    void whatThePrimaryHadNextWasPurgedAtTheReplica() throws Exception {
        try (Pair pair = Pair.start();
                CaptureStand stand = stand(pair.primary)) {
            stand.start();
            stand.readAll();
            stand.stop();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            awaitEqual(pair);
            Command.sql(pair.replica.jdbcUrl(), "FLUSH LOGS", "FLUSH LOGS");
            Thread.sleep(1000);
            try (Connection connection = DriverManager.getConnection(pair.replica.jdbcUrl(), "root", "");
                    Statement statement = connection.createStatement();
                    var row = statement.executeQuery("SHOW MASTER STATUS")) {
                row.next();
                Command.sql(pair.replica.jdbcUrl(), "PURGE BINARY LOGS TO '" + row.getString(1) + "'");
            }
            String ours = executed(pair.primary).substring(0, 36);
            assertThat(refused(stand, pair.replica, "TR-C017").problem()).contains(ours + ":");
            stand.start();
            requireEqual(stand);
        }
    }

    @Test
    void withoutGtidsOrWithAnotherLogItStops() throws Exception {
        try (MySqlServer one = MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");
                MySqlServer two = MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");
                CaptureStand stand = stand(one)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            requireEqual(stand);
            stand.stop();
            assertThat(refused(stand, two, "TR-C056").problem()).contains("another server");
            stand.execute("RESET MASTER");
            assertThat(refused(stand, one, "TR-C017").problem()).contains("not the one that was captured");
        }
        target.clear();
        gtids.clear();
        try (MySqlServer one = MySqlServer.start();
                CaptureStand stand = stand(one)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            requireEqual(stand);
            stand.stop();
            stand.execute("RESET MASTER", "INSERT INTO t VALUES (2, 1)");
            assertThat(refused(stand, one, "TR-C017").problem()).contains("captured from it: ");
            for (int i = 3; i < 30; i++) { // until the new log has every GTID and more bytes than the old one had
                stand.execute("INSERT INTO t VALUES (" + i + ", 1)");
            }
            assertThat(refused(stand, one, "TR-C017").problem()).contains("was begun at");
        }
    }
}
