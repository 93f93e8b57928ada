package io.tiderace.tests;

import io.tiderace.cli.MariaDbServer;
import io.tiderace.config.StartTime;
import io.tiderace.config.TaskConfig.Start;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
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
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: capture of MariaDB begins where it is told, goes on where it stopped, after a crash and at another server of the replica group too, or says
 * why it cannot. Method: real primaries and replicas, of the newest version unless {@code -Dtiderace.mariadb} names others.
 */
@ParameterizedClass(name = "MariaDB {0}")
@MethodSource("versions")
class CaptureMariaDbPlacesIT {
    @TempDir
    Path folder;

    @Parameter
    String version;

    static List<String> versions() {
        return List.of(System.getProperty("tiderace.mariadb", "11.4.5").split(","));
    }

    private final List<MariaDbServer> servers = new ArrayList<>();
    private final Map<Object, Object> target = new HashMap<>();
    private final List<String> gtids = new ArrayList<>();

    @AfterEach
    void end() {
        servers.forEach(MariaDbServer::close);
    }

    private MariaDbServer server(int id) {
        MariaDbServer server =
                MariaDbServer.start(version, "--server-id=" + id, "--log-slave-updates=ON", "--gtid-strict-mode=ON");
        servers.add(server);
        return server;
    }

    private CaptureStand stand(MariaDbServer server) throws SQLException {
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

    private static List<Object> ids(CaptureStand stand) throws SQLException {
        return stand.readAll().rows("t").stream().map(row -> row.after()[0]).toList();
    }

    private static List<String> status(CaptureStand stand) throws SQLException {
        return stand.query("SHOW MASTER STATUS").get(0);
    }

    private static Start at(List<String> status) {
        return new Start(status.get(0), Long.parseLong(status.get(1)), null);
    }

    private static TideraceException refused(CaptureStand stand, CaptureProcess.Source how, String code)
            throws Exception {
        stand.start(how);
        TideraceException error = stand.failure();
        assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
        assertThat(error).isInstanceOf(SourceException.class);
        return error;
    }

    private static TideraceException refused(CaptureStand stand, Start start, String code) throws Exception {
        return refused(stand, stand.source().from(start), code);
    }

    private static TideraceException refused(CaptureStand stand, MariaDbServer server, String code) throws Exception {
        return refused(stand, stand.source().through(server.port()), code);
    }

    @Test
    void itBeginsAtAPlaceASetOrATime() throws Exception {
        MariaDbServer server = server(1);
        try (CaptureStand stand = stand(server)) {
            stand.execute("INSERT INTO t VALUES (1, 1)");
            List<String> here = status(stand);
            String set = stand.query("SELECT @@GLOBAL.gtid_binlog_pos").get(0).get(0);
            stand.execute("BEGIN", "INSERT INTO t VALUES (2, 2)", "INSERT INTO t VALUES (3, 3)", "COMMIT");
            List<String> after = status(stand);
            Thread.sleep(1100); // MariaDB logs whole seconds
            String time = stand.query("SELECT NOW()").get(0).get(0);
            stand.execute("FLUSH BINARY LOGS", "INSERT INTO t VALUES (4, 4)");

            List<List<String>> events = stand.query("SHOW BINLOG EVENTS IN '" + here.get(0) + "' FROM " + here.get(1));
            TideraceException inside = refused(
                    stand, new Start(here.get(0), Long.parseLong(events.get(2).get(1)), null), "TR-C051");
            assertThat(inside.problem()).contains("inside a transaction: 0-1-");
            assertThat(inside.cure()).contains("binlog-pos: " + here.get(1)).contains("binlog-pos: " + after.get(1));

            try (CaptureStand twin = stand.twin(folder)) {
                twin.start(twin.source().from(at(here)));
                assertThat(ids(twin)).containsExactly(2, 3, 4);
                Commit last =
                        twin.reader().commits().get(twin.reader().commits().size() - 1);
                assertThat(last.gtidSet())
                        .isEqualTo(stand.query("SELECT @@GLOBAL.gtid_binlog_pos")
                                .get(0)
                                .get(0));
                assertThat(last.pos()).isEqualTo(Long.parseLong(status(stand).get(1)));
            }
            try (CaptureStand twin = stand.twin(folder)) {
                twin.start(twin.source().from(new Start(null, 0, set)));
                assertThat(ids(twin)).containsExactly(2, 3, 4);
            }
            try (CaptureStand twin = stand.twin(folder)) {
                twin.start(twin.source().from(new Start(null, 0, null, StartTime.parse(time + "Z"))));
                assertThat(ids(twin)).containsExactly(4);
            }
            stand.start(stand.source().from(at(after)));
            stand.readAll();
            assertThat(target).containsOnlyKeys(4);
        }
    }

    /** MariaDB keeps a file until a checkpoint in the next one says that it is not needed any more. */
    private static void purgeTo(CaptureStand stand, String file) throws Exception {
        do {
            stand.execute("PURGE BINARY LOGS TO '" + file + "'");
            Thread.sleep(10);
        } while (!stand.query("SHOW BINARY LOGS").get(0).get(0).equals(file));
    }

    @Test
    void aPlaceThatIsNotThereIsNamed() throws Exception {
        MariaDbServer server = server(1);
        try (CaptureStand stand = stand(server)) {
            List<String> early = status(stand);
            stand.execute("INSERT INTO t VALUES (1, 1)", "FLUSH BINARY LOGS");
            String set = stand.query("SELECT @@GLOBAL.gtid_binlog_pos").get(0).get(0);
            List<String> here = status(stand);
            purgeTo(stand, here.get(0));
            assertThat(refused(stand, at(early), "TR-C050").getMessage())
                    .contains("was purged")
                    .contains("earliest possible start is " + here.get(0) + ":4");
            assertThat(refused(stand, new Start(null, 0, "0-1-1"), "TR-C050").getMessage())
                    .contains("purged: " + set)
                    .contains("give a set that holds " + set);
            assertThat(refused(stand, new Start(null, 0, "0-1-100000"), "TR-C050")
                            .getMessage())
                    .contains("has not executed: 0-1-100000");
            assertThat(refused(stand, new Start(null, 0, null, StartTime.parse("2001-01-01T00:00:00Z")), "TR-C050")
                            .problem())
                    .contains("was purged");
            stand.execute(
                    "ALTER TABLE t ADD w INT", "SET STATEMENT max_statement_time=9 FOR ALTER TABLE marker ADD w INT");
            assertThat(refused(stand, at(here), "TR-C052").problem())
                    .contains(stand.schema() + ".t,")
                    .contains(stand.schema() + ".marker,");
        }
    }

    @Test
    void aLogThatWasPurgedOrResetIsNamed() throws Exception {
        MariaDbServer server = server(1);
        try (CaptureStand stand = stand(server)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            requireEqual(stand);
            stand.stop();
            stand.execute("INSERT INTO t VALUES (2, 2)", "FLUSH BINARY LOGS", "INSERT INTO t VALUES (3, 3)");
            stand.execute("FLUSH BINARY LOGS");
            List<String> here = status(stand);
            purgeTo(stand, here.get(0));
            String before = stand.query("SELECT BINLOG_GTID_POS('" + here.get(0) + "', 4)")
                    .get(0)
                    .get(0);
            assertThat(refused(stand, server, "TR-C017").problem())
                    .contains("in no log file any more: " + before)
                    .contains("earliest position available is " + here.get(0) + ":4 (after GTIDs " + before + ")");
            stand.execute("RESET MASTER", "INSERT INTO t VALUES (4, 4)");
            assertThat(refused(stand, server, "TR-C017").problem()).contains("captured from it: 0-1-");
            for (int i = 5; i < 30; i++) { // until the new log has every GTID and more bytes than the old one had
                stand.execute("INSERT INTO t VALUES (" + i + ", 1)");
            }
            assertThat(refused(stand, server, "TR-C017").problem()).contains("was begun at");
        }
    }

    @Test
    void killedProcessesGoOn() throws Exception {
        MariaDbServer server = server(1);
        try (CaptureStand stand = stand(server)) {
            stand.start();
            stand.stop();
            JavaProcess process = new JavaProcess(
                    CaptureProcess.class,
                    folder.resolve("capture.log"),
                    Servers.kafka().bootstrapServers(),
                    Servers.registry().url(),
                    folder.toString(),
                    stand.source().id(),
                    Integer.toString(stand.source().port()),
                    stand.schema());
            try (Load load = new Load(server, stand.schema(), 1)) {
                for (int i = 0; i < 2; i++) {
                    Thread.sleep(1500);
                    process.kill();
                    process.start();
                    assertThat(load.transactions).isPositive();
                }
            }
            try {
                requireEqual(stand);
            } finally {
                process.kill();
            }
            assertThat(target).isNotEmpty();
        }
    }

    /** Random transactions in two domains until it is closed. */
    private static final class Load implements AutoCloseable {
        private final Thread thread;
        private final AtomicReference<SQLException> failure = new AtomicReference<>();
        private volatile int transactions;

        Load(MariaDbServer server, String schema, long seed) {
            thread = new Thread(() -> work(server, schema, new Random(seed)));
            thread.start();
        }

        private void work(MariaDbServer server, String schema, Random random) {
            try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                    Statement statement = connection.createStatement()) {
                for (int n = 1; !Thread.currentThread().isInterrupted(); n++) {
                    statement.execute("SET SESSION gtid_domain_id = " + random.nextInt(2));
                    statement.execute("BEGIN");
                    for (int i = random.nextInt(5); i >= 0; i--) {
                        int id = random.nextInt(500);
                        statement.execute(
                                random.nextInt(3) == 0
                                        ? "DELETE FROM " + schema + ".t WHERE id = " + id
                                        : "REPLACE INTO " + schema + ".t VALUES (" + id + ", " + random.nextInt(1000)
                                                + ")");
                    }
                    statement.execute("COMMIT");
                    transactions = n;
                }
            } catch (SQLException e) {
                failure.set(e);
            }
        }

        @Override
        public void close() {
            thread.interrupt();
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

    private static void follow(MariaDbServer replica, MariaDbServer primary) throws SQLException {
        Command.sql(
                replica.jdbcUrl(),
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=" + primary.port()
                        + ", MASTER_USER='root', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_SSL=0, MASTER_SSL_VERIFY_SERVER_CERT=0",
                "START SLAVE");
    }

    private static String executed(MariaDbServer server) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT @@GLOBAL.gtid_binlog_pos")) {
            row.next();
            return row.getString(1);
        }
    }

    private static void awaitEqual(MariaDbServer primary, MariaDbServer replica) throws Exception {
        try (Connection connection = DriverManager.getConnection(replica.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT MASTER_GTID_WAIT('" + executed(primary) + "', 20)")) {
            row.next();
            assertThat(row.getInt(1)).as("the replica catches up").isZero();
        }
    }

    @Test
    void failoverUnderLoadAndBack() throws Exception {
        MariaDbServer primary = server(1);
        MariaDbServer replica = server(2);
        follow(replica, primary);
        try (CaptureStand stand = stand(primary)) {
            stand.start();
            try (Load load = new Load(primary, stand.schema(), 1)) {
                Thread.sleep(800);
                assertThat(load.transactions).isPositive();
            }
            stand.stop();
            awaitEqual(primary, replica);
            Command.sql(replica.jdbcUrl(), "STOP SLAVE", "RESET SLAVE ALL");
            primary.kill();
            stand.moveTo(replica.jdbcUrl(), replica.port());
            try (Load load = new Load(replica, stand.schema(), 2)) {
                stand.start();
                Thread.sleep(500);
                assertThat(load.transactions).isPositive();
            }
            requireEqual(stand);
            assertThat(gtids).anyMatch(gtid -> gtid.startsWith("1-2-")).anyMatch(gtid -> gtid.startsWith("0-1-"));
            // while capture is down, another failover, back to the first server
            stand.stop();
            primary.startAgain();
            Command.sql(primary.jdbcUrl(), "SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_binlog_pos");
            follow(primary, replica);
            stand.execute("INSERT INTO t VALUES (1001, 1)", "FLUSH BINARY LOGS", "INSERT INTO t VALUES (1002, 2)");
            awaitEqual(replica, primary);
            Command.sql(primary.jdbcUrl(), "STOP SLAVE");
            stand.moveTo(primary.jdbcUrl(), primary.port());
            stand.execute("INSERT INTO t VALUES (1003, 3)");
            stand.start();
            requireEqual(stand);
            assertThat(target).containsKeys(1001, 1002, 1003);
        }
    }

    @Test
    void aLaggingReplicaIsAwaited() throws Exception {
        MariaDbServer primary = server(1);
        MariaDbServer replica = server(2);
        follow(replica, primary);
        try (CaptureStand stand = stand(primary)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            awaitEqual(primary, replica);
            Command.sql(replica.jdbcUrl(), "STOP SLAVE SQL_THREAD");
            stand.execute("INSERT INTO t VALUES (2, 2)");
            requireEqual(stand);
            stand.stop();
            Thread late = new Thread(() -> {
                try {
                    Thread.sleep(2000);
                    Command.sql(replica.jdbcUrl(), "START SLAVE SQL_THREAD");
                } catch (InterruptedException | SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            late.start();
            stand.start(stand.source().through(replica.port()));
            late.join();
            stand.execute("INSERT INTO t VALUES (3, 3)"); // at the primary, which the replica still follows
            requireEqual(stand);
        }
    }

    @Test
    void aServerThatHasOthersIsRefused() throws Exception {
        MariaDbServer primary = server(1);
        MariaDbServer replica = server(2);
        follow(replica, primary);
        try (CaptureStand stand = stand(primary)) {
            stand.start();
            stand.execute("INSERT INTO t VALUES (1, 1)");
            awaitEqual(primary, replica);
            Command.sql(replica.jdbcUrl(), "STOP SLAVE SQL_THREAD");
            stand.execute("INSERT INTO t VALUES (2, 2)");
            requireEqual(stand);
            stand.stop();

            // a domain of its own, between what was captured
            String table = stand.schema() + ".t";
            Command.sql(replica.jdbcUrl(), "SET SESSION gtid_domain_id = 9", "UPDATE " + table + " SET v = 99");
            Command.sql(replica.jdbcUrl(), "START SLAVE SQL_THREAD");
            awaitEqual(primary, replica);
            assertThat(refused(stand, replica, "TR-C055").problem())
                    .contains("cannot have had: 9-2-1")
                    .contains(table);

            // the same numbers, given by itself
            MariaDbServer diverged = server(3);
            follow(diverged, primary);
            awaitEqual(primary, diverged);
            Command.sql(diverged.jdbcUrl(), "STOP SLAVE");
            stand.start();
            stand.execute("INSERT INTO t VALUES (3, 3)");
            requireEqual(stand);
            stand.stop();
            String next = executed(primary);
            for (int i = 0; i < 3; i++) {
                Command.sql(diverged.jdbcUrl(), "INSERT INTO " + table + " VALUES (" + (50 + i) + ", 1)");
            }
            assertThat(refused(stand, diverged, "TR-C055").problem())
                    .contains(next + " (it has GTID " + next.replace("0-1-", "0-3-"));

            // restored from a backup: its log begins later
            MariaDbServer restored = server(4);
            Command.sql(restored.jdbcUrl(), "SET SESSION sql_log_bin = 0", "CREATE DATABASE " + stand.schema());
            Command.sql(
                    restored.jdbcUrl(),
                    "SET SESSION sql_log_bin = 0",
                    "CREATE TABLE " + table + " (id INT PRIMARY KEY, v INT)");
            stand.execute("INSERT INTO t VALUES (4, 4)");
            Command.sql(restored.jdbcUrl(), "SET GLOBAL gtid_slave_pos = '" + executed(primary) + "'");
            follow(restored, primary);
            stand.execute("INSERT INTO t VALUES (5, 5)");
            awaitEqual(primary, restored);
            assertThat(refused(stand, restored, "TR-C055").problem())
                    .contains(next + " (it has GTID " + executed(primary));
            stand.start();
            requireEqual(stand);
        }
    }
}
