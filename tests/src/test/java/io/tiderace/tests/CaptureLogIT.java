package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.Progress;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: whatever happens to the source's log and to the connection, every change comes once, or an error says from where on none can come. */
class CaptureLogIT {
    private static final String OTHER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

    @TempDir
    Path folder;

    private CaptureStand stand(MySqlServer server) throws SQLException {
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, pad LONGTEXT)");
        return stand;
    }

    private static List<Integer> ids(RelayReader relay) {
        return relay.rows("t").stream().map(row -> (Integer) row.after()[0]).toList();
    }

    @Test
    void gtidsMayHaveGapsAndComeInAnyOrder() throws Exception {
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = stand(server)) {
            stand.start();
            String uuid = stand.query("SELECT @@server_uuid").get(0).get(0);
            List<String> gtids =
                    List.of(uuid + ":1000", OTHER + ":7", uuid + ":900", OTHER + ":5", uuid + ":1001", OTHER + ":6");
            for (int i = 0; i < gtids.size(); i++) {
                if (i == 3) {
                    stand.readAll();
                    stand.stop();
                }
                stand.execute("SET gtid_next = '" + gtids.get(i) + "'", "INSERT INTO t VALUES (" + i + ", 'x')");
                stand.execute("SET gtid_next = 'AUTOMATIC'", "INSERT INTO t VALUES (" + (100 + i) + ", 'y')");
            }
            stand.execute("SET gtid_next = '" + OTHER + ":9'", "BEGIN", "COMMIT", "SET gtid_next = 'AUTOMATIC'");
            stand.start();
            RelayReader relay = stand.readAll();
            assertThat(ids(relay)).containsExactly(0, 100, 1, 101, 2, 102, 3, 103, 4, 104, 5, 105);
            assertThat(relay.commits())
                    .extracting(Commit::gtid)
                    .containsAll(gtids)
                    .contains(OTHER + ":9");
            String executed =
                    stand.query("SELECT @@gtid_executed").get(0).get(0).replaceAll("\\s", "");
            List<Commit> commits = relay.commits();
            assertThat(commits.get(commits.size() - 1).gtidSet()).isEqualTo(executed);
            assertThat(executed).contains(OTHER + ":5-7:9");
        }
    }

    @Test
    void aPurgedLogIsAnErrorWithTheEarliestPosition() throws Exception {
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = stand(server)) {
            stand.start();
            stand.readAll();
            stand.stop();
            String uuid = stand.query("SELECT @@server_uuid").get(0).get(0);
            stand.execute("SET gtid_next = '" + uuid + ":500'", "INSERT INTO t VALUES (1, 'lost')");
            stand.execute("SET gtid_next = 'AUTOMATIC'", "FLUSH LOGS");
            String last = stand.query("SHOW MASTER STATUS").get(0).get(0);
            stand.execute("PURGE BINARY LOGS TO '" + last + "'");
            stand.start();
            TideraceException error = stand.failure();
            assertThat(error).isInstanceOf(SourceException.class);
            assertThat(error.code()).isEqualTo("TR-C017");
            assertThat(error.problem())
                    .contains("the earliest position available is " + last + ":4")
                    .contains("of which " + uuid + ":500 were not captured");
            assertThat(error.cure()).contains("binlog_expire_logs_seconds");
        }
    }

    @Test
    void aLogThatWasResetIsAnErrorWithAndWithoutGtids() throws Exception {
        for (String mode : List.of("ON", "OFF")) {
            try (MySqlServer server = MySqlServer.start("--gtid-mode=" + mode, "--enforce-gtid-consistency=" + mode);
                    CaptureStand stand = stand(server)) {
                stand.start();
                stand.execute("INSERT INTO t VALUES (1, 'x')");
                stand.readAll();
                stand.stop();
                Thread.sleep(1100); // files are told apart by the second
                stand.execute("RESET MASTER", "INSERT INTO t VALUES (2, REPEAT('longer than the log before', 1000))");
                stand.start();
                TideraceException error = stand.failure();
                assertThat(error).isInstanceOf(SourceException.class);
                assertThat(error.code()).isEqualTo("TR-C017");
                assertThat(error.problem()).contains("the earliest position available is binlog.000001:4");
                assertThat(stand.reader().rows("t")).hasSize(1);
            }
        }
    }

    @Test
    void aLogThatBreaksOffInATransactionIsAnError() throws Exception {
        Path data = Files.createDirectories(folder.resolve("mysql"));
        data.toFile().setExecutable(true, false);
        try (MySqlServer server = MySqlServer.start(data, Progress.NONE);
                CaptureStand stand = stand(server)) {
            stand.start();
            stand.stop();
            String file = stand.query("SHOW MASTER STATUS").get(0).get(0);
            stand.execute(
                    "BEGIN",
                    "INSERT INTO t VALUES (1, 'there')",
                    "INSERT INTO t VALUES (2, 'cut off')",
                    "COMMIT",
                    "FLUSH LOGS",
                    "INSERT INTO t VALUES (3, 'later')");
            List<List<String>> rows = stand.query("SHOW BINLOG EVENTS IN '" + file + "'").stream()
                    .filter(event -> event.get(2).equals("Write_rows"))
                    .toList();
            long end = Long.parseLong(rows.get(rows.size() - 2).get(4));
            server.stop();
            try (FileChannel log = FileChannel.open(data.resolve("data").resolve(file), StandardOpenOption.WRITE)) {
                log.truncate(end);
            }
            server.startAgain();
            stand.connectAgain();
            stand.start();
            TideraceException error = stand.failure();
            assertThat(error).isInstanceOf(DataException.class);
            assertThat(error.code()).isEqualTo("TR-C061");
            assertThat(error.problem()).contains("GTID ").contains("1 changes");
        }
    }

    @Test
    void tablesThatCameAndWentWhileCaptureWasDown() throws Exception {
        try (CaptureStand stand = stand(Servers.source())) {
            stand.start();
            stand.execute("CREATE TABLE again (id INT PRIMARY KEY, a INT)", "INSERT INTO again VALUES (1, 2)");
            stand.readAll();
            stand.stop();
            stand.execute(
                    "INSERT INTO again VALUES (2, 3)",
                    "DROP TABLE again",
                    "CREATE TABLE again (a VARCHAR(9), b DATE, id BIGINT UNSIGNED PRIMARY KEY)",
                    "INSERT INTO again VALUES ('x', '2024-01-02', 3)",
                    "RENAME TABLE again TO elsewhere",
                    "CREATE TABLE again (id INT)",
                    "INSERT INTO again VALUES (4)",
                    "DROP TABLE again",
                    "CREATE TABLE short_lived (id INT PRIMARY KEY)",
                    "INSERT INTO short_lived VALUES (5)",
                    "TRUNCATE TABLE short_lived",
                    "DROP TABLE short_lived",
                    "INSERT INTO elsewhere VALUES ('y', NULL, 6)");
            stand.start();
            RelayReader relay = stand.readAll();
            assertThat(relay.rows("again"))
                    .extracting(RowChange::after)
                    .containsExactly(
                            new Object[] {1, 2},
                            new Object[] {2, 3},
                            new Object[] {"x", "2024-01-02", "3"},
                            new Object[] {4});
            assertThat(relay.rows("short_lived")).hasSize(1);
            assertThat(relay.rows("elsewhere").get(0).after()).containsExactly("y", null, "6");
            assertThat(relay.statements()).hasSize(9);
        }
    }

    @Test
    void connectionsBreakInTheMiddleOfEvents() throws Exception {
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        try (MySqlServer server = MySqlServer.start();
                CaptureStand stand = stand(server);
                BreakingProxy proxy = new BreakingProxy(server.port(), 8, () -> 500 + random.nextInt(400_000))) {
            stand.start();
            stand.stop();
            for (int i = 0; i < 300; i++) {
                int length = i % 10 == 0 ? 100_000 : random.nextInt(3_000);
                stand.execute(
                        "INSERT INTO t VALUES (" + i + ", REPEAT('" + (char) ('a' + i % 26) + "', " + length + "))");
            }
            stand.start(stand.source().through(proxy.port()));
            RelayReader relay = stand.readAll();
            assertThat(ids(relay)).isEqualTo(IntStream.range(0, 300).boxed().toList());
            assertThat(relay.rows("t").get(290).after()[1])
                    .isEqualTo(String.valueOf((char) ('a' + 290 % 26)).repeat(100_000));
            assertThat(proxy.breaks()).isEqualTo(8);
            assertThat(relay.repeats()).isZero();
        }
    }
}
