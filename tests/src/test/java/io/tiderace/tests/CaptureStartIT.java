package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.StartTime;
import io.tiderace.config.TaskConfig.Start;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: capture begins exactly where it is told, by file, GTID set or time, with GTIDs and without, or says why it cannot. */
class CaptureStartIT {
    private static final MySqlServer WITH_GTIDS = MySqlServer.start();
    private static final MySqlServer WITHOUT_GTIDS =
            MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");

    @TempDir
    Path folder;

    @AfterAll
    static void end() {
        WITH_GTIDS.close();
        WITHOUT_GTIDS.close();
    }

    private CaptureStand stand(boolean hasGtids) throws SQLException {
        MySqlServer server = hasGtids ? WITH_GTIDS : WITHOUT_GTIDS;
        CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))");
        return stand;
    }

    private static String[] position(CaptureStand stand) throws SQLException {
        List<String> row = stand.query("SHOW MASTER STATUS").get(0);
        return new String[] {row.get(0), row.get(1)};
    }

    private static Start at(String[] position) {
        return new Start(position[0], Long.parseLong(position[1]), null);
    }

    private static Start at(String file, long pos) {
        return new Start(file, pos, null);
    }

    private static List<Object> ids(CaptureStand stand) throws SQLException {
        return stand.readAll().rows("t").stream().map(row -> row.after()[0]).toList();
    }

    private static TideraceException refused(CaptureStand stand, Start start, String code) throws Exception {
        stand.start(stand.source().from(start));
        TideraceException error = stand.failure();
        assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
        assertThat(error).isInstanceOf(SourceException.class);
        return error;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void atAFileAndPosition(boolean hasGtids) throws Exception {
        try (CaptureStand stand = stand(hasGtids)) {
            stand.execute("INSERT INTO t VALUES (1, 'a')");
            String[] here = position(stand);
            stand.execute("BEGIN", "INSERT INTO t VALUES (2, 'b')", "INSERT INTO t VALUES (3, 'c')", "COMMIT");
            String[] after = position(stand);
            stand.execute("FLUSH LOGS", "INSERT INTO t VALUES (4, 'd')");

            // inside of the transaction, at its very end, and between two events' bytes
            List<Long> events = new ArrayList<>();
            for (List<String> event : stand.query("SHOW BINLOG EVENTS IN '" + here[0] + "' FROM " + here[1])) {
                events.add(Long.parseLong(event.get(4)));
            }
            TideraceException inside = refused(stand, at(here[0], events.get(1)), "TR-C051");
            assertThat(inside.problem()).contains("inside a transaction");
            assertThat(inside.cure()).contains("binlog-pos: " + here[1]).contains("binlog-pos: " + after[1]);
            TideraceException torn = refused(stand, at(here[0], Long.parseLong(here[1]) + 1), "TR-C051");
            assertThat(torn.cure()).contains("binlog-pos: " + here[1]);

            stand.start(stand.source().from(at(here)));
            assertThat(ids(stand)).containsExactly(2, 3, 4);
            Commit last = stand.reader().commits().get(stand.reader().commits().size() - 1);
            if (hasGtids) { // the set is known although a file was given, so another server may take over
                String executed = stand.query("SELECT @@gtid_executed").get(0).get(0);
                assertThat(GtidSet.parse(last.gtidSet())).isEqualTo(GtidSet.parse(executed));
            }
            stand.stop();
            stand.execute("INSERT INTO t VALUES (5, 'e')");
            stand.start(stand.source().from(at(here)));
            assertThat(ids(stand)).containsExactly(2, 3, 4, 5);
        }
        try (CaptureStand stand = stand(hasGtids)) { // the end of a file that is not the last
            stand.execute("INSERT INTO t VALUES (1, 'a')");
            stand.execute("FLUSH LOGS");
            List<List<String>> files = stand.query("SHOW BINARY LOGS");
            List<String> before = files.get(files.size() - 2);
            stand.execute("INSERT INTO t VALUES (2, 'b')");
            stand.start(stand.source().from(at(before.get(0), Long.parseLong(before.get(1)))));
            assertThat(ids(stand)).containsExactly(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPositionThatIsNotInTheLog(boolean hasGtids) throws Exception {
        try (CaptureStand stand = stand(hasGtids)) {
            stand.execute("FLUSH LOGS", "FLUSH LOGS");
            String[] here = position(stand);
            stand.execute("PURGE BINARY LOGS TO '" + here[0] + "'");
            String stem = here[0].substring(0, here[0].lastIndexOf('.'));
            assertThat(refused(stand, at(stem + ".000001", 4), "TR-C050").getMessage())
                    .contains("was purged")
                    .contains("earliest possible start is " + here[0] + ":4");
            assertThat(refused(stand, at(stem + ".999999", 4), "TR-C050").getMessage())
                    .contains("beyond the end of the log");
            assertThat(refused(stand, at("other.000001", 4), "TR-C050").getMessage())
                    .contains("there is no log file other.000001");
            assertThat(refused(stand, at(here[0], 1 << 30), "TR-C050").getMessage())
                    .contains("beyond the end of the file")
                    .contains(here[0] + ":" + here[1]);
        }
    }

    @Test
    void aGtidSetThatIsNotInTheLog() throws Exception {
        try (CaptureStand stand = stand(true)) {
            String executed = stand.query("SELECT @@gtid_executed").get(0).get(0);
            String ahead = executed.substring(0, 36) + ":1-1000000";
            assertThat(refused(stand, new Start(null, 0, ahead), "TR-C050").problem())
                    .contains("has not executed: " + executed.substring(0, 36) + ":")
                    .contains("-1000000");
            stand.execute("FLUSH LOGS");
            stand.execute("PURGE BINARY LOGS TO '" + position(stand)[0] + "'");
            assertThat(refused(stand, new Start(null, 0, executed.substring(0, 36) + ":1"), "TR-C050")
                            .problem())
                    .contains("purged: " + executed.substring(0, 36) + ":2-");
        }
        try (CaptureStand stand = stand(false)) {
            refused(stand, new Start(null, 0, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"), "TR-C019");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void atATime(boolean hasGtids) throws Exception {
        try (CaptureStand stand = stand(hasGtids)) {
            List<String> times = new ArrayList<>();
            for (int i = 1; i <= 6; i++) {
                times.add(stand.query("SELECT NOW(6)").get(0).get(0));
                stand.execute("INSERT INTO t VALUES (" + i + ", 'x')");
                if (i % 2 == 0) {
                    stand.execute("FLUSH LOGS");
                }
                Thread.sleep(i == 3 ? 1100 : 50);
            }
            for (int i : new int[] {1, 3, 4, 5, 6}) {
                try (CaptureStand again = stand.twin(folder)) {
                    // the server's own time zone is the machine's; the stand's sessions are in UTC
                    again.start(again.source().from(new Start(null, 0, null, StartTime.parse(times.get(i - 1) + "Z"))));
                    again.readAll();
                    assertThat(again.reader().rows("t").stream()
                                    .map(row -> row.after()[0])
                                    .toList())
                            .first()
                            .isEqualTo(i);
                }
            }
            stand.execute("SET GLOBAL time_zone = '+05:30'");
            String local = stand.query("SELECT CONVERT_TZ('" + times.get(4) + "', '+00:00', '+05:30')")
                    .get(0)
                    .get(0);
            stand.start(stand.source().from(new Start(null, 0, null, StartTime.parse(local))));
            assertThat(ids(stand)).containsExactly(5, 6);
            stand.execute("SET GLOBAL time_zone = 'SYSTEM'");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTimeBeyondTheEnds(boolean hasGtids) throws Exception {
        try (CaptureStand stand = stand(hasGtids)) {
            stand.execute("INSERT INTO t VALUES (1, 'a')");
            assertThat(refused(stand, new Start(null, 0, null, StartTime.parse("2999-01-01 00:00:00")), "TR-C050")
                            .problem())
                    .contains("in the future");
            Thread.sleep(1100);
            String now = stand.query("SELECT NOW(6)").get(0).get(0);
            stand.start(stand.source().from(new Start(null, 0, null, StartTime.parse(now + "Z"))));
            stand.execute("INSERT INTO t VALUES (2, 'b')");
            assertThat(ids(stand)).containsExactly(2); // nothing was committed since then: the end of the log
        }
        try (CaptureStand stand = stand(hasGtids)) {
            stand.execute("FLUSH LOGS");
            stand.execute("PURGE BINARY LOGS TO '" + position(stand)[0] + "'");
            assertThat(refused(stand, new Start(null, 0, null, StartTime.parse("2001-01-01T00:00:00Z")), "TR-C050")
                            .problem())
                    .contains("was purged");
        }
        try (MySqlServer server = MySqlServer.start(
                        hasGtids ? "--gtid-mode=ON" : "--gtid-mode=OFF_PERMISSIVE", "--default-time-zone=-05:00");
                CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)");
            stand.start(stand.source().from(new Start(null, 0, null, StartTime.parse("2001-01-01 00:00:00"))));
            assertThat(ids(stand)).containsExactly(1); // nothing was ever purged: all there is
        }
    }

    @Test
    void structuresAsOfTheStart() throws Exception {
        try (CaptureStand stand = stand(true)) {
            String[] first = position(stand);
            stand.execute(
                    "CREATE TABLE later (id INT PRIMARY KEY)",
                    "INSERT INTO later VALUES (1)",
                    "ALTER TABLE later ADD COLUMN v INT",
                    "INSERT INTO later VALUES (2, 2)",
                    "CREATE TABLE e (id INT PRIMARY KEY, v ENUM('a', 'b'))",
                    "ALTER TABLE t ADD INDEX (v)");
            String[] second = position(stand);
            stand.execute("INSERT INTO e VALUES (1, 'a')", "ALTER TABLE e MODIFY v ENUM('b', 'a')");
            String[] third = position(stand);
            stand.execute("INSERT INTO e VALUES (2, 'b')");

            TideraceException altered = refused(stand, at(second), "TR-C052");
            assertThat(altered.problem())
                    .contains(stand.schema() + ".e")
                    .contains("GTID ")
                    .contains("MODIFY v ENUM('b', 'a')")
                    .doesNotContain(".later")
                    .doesNotContain(".t,");
            try (CaptureStand whole = stand.twin(folder)) {
                whole.start(whole.source().from(at(first)));
                whole.readAll();
                assertThat(whole.reader().rows("later").get(1).after()).containsExactly(2, 2);
                assertThat(whole.reader().rows("e").get(0).after()).containsExactly(1, "a");
            }
            stand.start(stand.source().from(at(third)));
            assertThat(stand.readAll().rows("e").get(0).after()).containsExactly(2, "b");
        }
    }
}
