package io.tiderace.tests;

import io.tiderace.cli.MariaDbServer;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.TideraceException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: what MariaDB logs and MySQL does not arrives as the source has it, or stops capture with an error that tells what to do. Method: real
 * servers of two versions, or of those that {@code
 * -Dtiderace.mariadb} names, each test in a schema of its own.
 */
@ParameterizedClass(name = "MariaDB {0}")
@MethodSource("versions")
class CaptureMariaDbIT {
    private static final Map<String, MariaDbServer> SERVERS = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    @Parameter
    String version;

    private CaptureStand stand;

    static List<String> versions() {
        return List.of(System.getProperty("tiderace.mariadb", "10.11.5,11.4.5").split(","));
    }

    private MariaDbServer server() {
        return SERVERS.computeIfAbsent(version, MariaDbServer::start);
    }

    @BeforeEach
    void begin() throws SQLException {
        stand = new CaptureStand(folder, server().jdbcUrl(), server().port());
    }

    @AfterEach
    void end() throws SQLException {
        stand.close();
    }

    @AfterAll
    static void closeAll() {
        SERVERS.values().forEach(MariaDbServer::close);
        SERVERS.clear();
    }

    /** What the rows of a table come to when they are applied one after the other; every before image has to be there. */
    private static Map<Object, List<Object>> applied(List<RowChange> rows) {
        Map<Object, List<Object>> result = new TreeMap<>();
        for (RowChange row : rows) {
            if (row.before() != null) {
                assertThat(result.remove(row.before()[0])).isEqualTo(Arrays.asList(row.before()));
            }
            if (row.after() != null) {
                assertThat(result.put(row.after()[0], Arrays.asList(row.after())))
                        .isNull();
            }
        }
        return result;
    }

    private static List<String> texts(RelayReader relay) {
        return relay.statements().stream().map(SchemaChange::statement).toList();
    }

    @Test
    void ofASystemVersionedTableThePresentIsCarried() throws Exception {
        stand.start();
        for (String table : new String[] {"hidden", "shown"}) {
            String columns = table.equals("hidden")
                    ? ""
                    : ", rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END,"
                            + " PERIOD FOR SYSTEM_TIME (rs, re)";
            stand.execute(
                    "CREATE TABLE " + table + " (id INT PRIMARY KEY, a VARCHAR(9)" + columns
                            + ") WITH SYSTEM VERSIONING",
                    "INSERT INTO " + table + " (id, a) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
                    "UPDATE " + table + " SET a = 'x' WHERE id < 3",
                    "DELETE FROM " + table + " WHERE id = 2",
                    "REPLACE INTO " + table + " (id, a) VALUES (3, 'r'), (4, 'n')",
                    "INSERT INTO " + table + " (id, a) VALUES (1, 'q') ON DUPLICATE KEY UPDATE a = 'u'",
                    "UPDATE " + table + " SET id = 9 WHERE id = 4",
                    "SET system_versioning_alter_history = KEEP",
                    "ALTER TABLE " + table + " ADD COLUMN b INT DEFAULT 5 AFTER id",
                    "INSERT INTO " + table + " (id, a, b) VALUES (5, 'after', 7)",
                    "DELETE HISTORY FROM " + table);
        }
        stand.execute(
                "CREATE TABLE turned (id INT PRIMARY KEY)",
                "ALTER TABLE turned ADD SYSTEM VERSIONING",
                "INSERT INTO turned VALUES (1), (2)",
                "DELETE FROM turned WHERE id = 1",
                "ALTER TABLE turned DROP SYSTEM VERSIONING",
                "INSERT INTO turned VALUES (3)");
        RelayReader relay = stand.readAll();
        for (String table : new String[] {"hidden", "shown"}) {
            Map<Object, String> present = new TreeMap<>();
            relay.rows(table).forEach(row -> {
                if (row.before() != null) {
                    assertThat(present.remove(row.before()[0])).isNotNull();
                }
                if (row.after() != null) {
                    int a = row.table().indexOf("a");
                    assertThat(present.put(row.after()[0], (String) row.after()[a]))
                            .isNull();
                }
            });
            assertThat(present).isEqualTo(Map.of(1, "u", 3, "r", 9, "n", 5, "after"));
        }
        assertThat(applied(relay.rows("turned")).keySet()).containsExactly(2, 3);
    }

    @Test
    void statementsThatOnlyMariaDbHasKeepTheStructuresRight() throws Exception {
        stand.execute("CREATE SEQUENCE old_counter");
        stand.start();
        stand.execute(
                "CREATE SEQUENCE counter START WITH 5",
                "CREATE TABLE t (id INT PRIMARY KEY DEFAULT NEXTVAL(counter), u UUID DEFAULT UUID(), a INT)",
                "INSERT INTO t (a) VALUES (1), (2)",
                "SELECT NEXTVAL(counter), NEXTVAL(old_counter)",
                "RENAME TABLE counter TO counter2",
                "DROP SEQUENCE old_counter",
                "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, j JSON, hid INT INVISIBLE DEFAULT 3)",
                "INSERT INTO t (id, j) VALUES (1, '[1, 2]')",
                "SET STATEMENT max_statement_time = 100 FOR ALTER TABLE t ADD COLUMN IF NOT EXISTS (x INET6)",
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS hid VARCHAR(50), ADD COLUMN IF NOT EXISTS y INT FIRST,"
                        + " DROP COLUMN IF EXISTS nothing, DROP INDEX IF EXISTS none",
                "INSERT INTO t (y, id, j, x) VALUES (8, 2, NULL, '::1')",
                "ALTER SEQUENCE counter2 RESTART 1",
                "ALTER ONLINE TABLE t COMMENT 'c'",
                "ALTER TABLE t NOWAIT MODIFY COLUMN IF EXISTS hid BIGINT, CHANGE COLUMN IF EXISTS x z INET6,"
                        + " ALGORITHM=COPY",
                "INSERT INTO t (y, id, z, hid) VALUES (9, 3, '::2', 4)",
                "CREATE TABLE copied AS SELECT id, z FROM t",
                "CREATE TABLE alike LIKE t",
                "INSERT INTO alike SELECT * FROM t",
                "CREATE TABLE times (id INT, d1 DATE, d2 DATE, PERIOD FOR p (d1, d2), PRIMARY KEY (id, p WITHOUT OVERLAPS))"
                        + " ENGINE=InnoDB PAGE_COMPRESSED=1",
                "INSERT INTO times VALUES (1, '2024-01-01', '2024-02-01')",
                "DROP TABLE IF EXISTS alike WAIT 5");
        if (version.startsWith("11")) {
            stand.execute(
                    "SET SESSION binlog_alter_two_phase = 1",
                    "ALTER TABLE t DROP COLUMN y, ALGORITHM=COPY",
                    "SET SESSION binlog_alter_two_phase = 0");
        } else {
            stand.execute("ALTER TABLE t DROP COLUMN y");
        }
        stand.execute("INSERT INTO t (id) VALUES (4)", "TRUNCATE TABLE copied");
        RelayReader relay = stand.readAll();
        List<RowChange> rows = relay.rows("t");
        assertThat(rows).extracting(RowChange::op).containsOnly(Op.INSERT).hasSize(6);
        assertThat(rows.get(0).table().columns().get(1).type()).hasToString("uuid");
        assertThat(rows.get(2).after()).containsExactly(1, "[1, 2]", 3);
        assertThat(rows.get(3).after()).containsExactly(8, 2, null, 3, "::1");
        assertThat(rows.get(4).after()).containsExactly(9, 3, null, 4L, "::2");
        assertThat(rows.get(5).after()).containsExactly(4, null, null, null);
        assertThat(relay.rows("copied")).hasSize(3);
        assertThat(relay.rows("alike")).hasSize(3);
        assertThat(relay.rows("times").get(0).after()).containsExactly(1, "2024-01-01", "2024-02-01");
        assertThat(texts(relay))
                .noneMatch(text -> text.contains("SEQUENCE") || text.startsWith("RENAME"))
                .anyMatch(text -> text.startsWith("DROP TABLE IF EXISTS t"))
                .anyMatch(text -> text.startsWith("CREATE TABLE t (id INT PRIMARY KEY, j JSON"))
                .noneMatch(text -> text.contains("SET STATEMENT"));
        assertThat(texts(relay).stream().filter(text -> text.contains("DROP COLUMN y")))
                .hasSize(1);
        assertThat(relay.statements()).allMatch(change -> change.context().isMariaDb());
    }

    @Test
    void generatedAndInvisibleColumnsAreInTheRows() throws Exception {
        stand.start();
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), up VARCHAR(20) AS (UPPER(v)) VIRTUAL, hid INT INVISIBLE DEFAULT 7,"
                        + " twice INT AS (id * 2) PERSISTENT, next INT AS (id + 1) VIRTUAL, KEY (up))",
                "INSERT INTO t (id, v) VALUES (1, 'a'), (2, NULL), (3, 'c')",
                "UPDATE t SET v = 'x', hid = 8 WHERE id = 1",
                "REPLACE INTO t (id, v) VALUES (2, 'r')",
                "DELETE FROM t WHERE id = 3");
        assertThat(applied(stand.readAll().rows("t")))
                .isEqualTo(Map.of(1, List.of(1, "x", "X", 8, 2, 2), 2, List.of(2, "r", "R", 7, 4, 3)));
    }

    @Test
    void savepointsTemporaryTablesAndOtherEngines() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE a (id INT PRIMARY KEY) ENGINE=Aria");
        stand.start();
        stand.execute(
                "BEGIN",
                "INSERT INTO t VALUES (1)",
                "SAVEPOINT one",
                "INSERT INTO t VALUES (2)",
                "ROLLBACK TO one",
                "INSERT INTO t VALUES (3)",
                "COMMIT",
                "INSERT INTO a VALUES (1), (2)",
                "UPDATE a SET id = 3 WHERE id = 1");
        for (String format : new String[] {"ROW", "MIXED"}) {
            try (Connection session = stand.connect();
                    Statement statement = session.createStatement()) {
                statement.execute("USE " + stand.schema());
                statement.execute("SET SESSION binlog_format = " + format);
                statement.execute("CREATE TEMPORARY TABLE t (a VARCHAR(10), b DATE)");
                statement.execute("ALTER TABLE t ADD COLUMN c INT FIRST");
                statement.execute("CREATE OR REPLACE TEMPORARY TABLE t (x UUID)");
                statement.execute("TRUNCATE t");
            }
        }
        stand.execute("INSERT INTO t VALUES (4)");
        RelayReader relay = stand.readAll();
        assertThat(applied(relay.rows("t")).keySet()).containsExactly(1, 3, 4);
        assertThat(applied(relay.rows("a")).keySet()).containsExactly(2, 3);
        assertThat(relay.statements()).isEmpty();
    }

    @Test
    void aCompressedLogIsRead() throws Exception {
        stand.execute("SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10");
        try {
            stand.connectAgain();
            stand.start();
            stand.execute(
                    "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT) COMMENT '" + "long ".repeat(100) + "'",
                    "INSERT INTO t VALUES (1, REPEAT('abc', 1000)), (2, REPEAT('y', 70000))",
                    "UPDATE t SET v = CONCAT(v, 'ü'), id = id + 10",
                    "DELETE FROM t WHERE id = 12");
            RelayReader relay = stand.readAll();
            assertThat(applied(relay.rows("t"))).isEqualTo(Map.of(11, List.of(11, "abc".repeat(1000) + "ü")));
            assertThat(texts(relay)).anyMatch(text -> text.contains("long long"));
        } finally {
            stand.execute("SET GLOBAL log_bin_compress = OFF, GLOBAL log_bin_compress_min_len = 256");
        }
    }

    @Test
    void transactionsHaveTheirGtidsAndSeveralDomainsGoOnAfterAStop() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY)");
        stand.start();
        stand.execute(
                "INSERT INTO t VALUES (1)",
                "SET SESSION gtid_domain_id = 7",
                "INSERT INTO t VALUES (2)",
                "SET SESSION gtid_domain_id = 0");
        RelayReader relay = stand.readAll();
        assertThat(relay.rows("t").get(0).source().gtid()).matches("0-1-\\d+");
        assertThat(relay.rows("t").get(1).source().gtid()).matches("7-1-\\d+");
        stand.stop();
        stand.execute("FLUSH BINARY LOGS", "INSERT INTO t VALUES (3)", "SET SESSION gtid_domain_id = 7");
        stand.execute("INSERT INTO t VALUES (4)", "SET SESSION gtid_domain_id = 0", "FLUSH BINARY LOGS");
        stand.start();
        relay = stand.readAll();
        assertThat(applied(relay.rows("t")).keySet()).containsExactly(1, 2, 3, 4);
        assertThat(relay.repeats()).isZero();
    }

    @Test
    void xaTransactionsArriveWhenTheyAreCommitted() throws Exception {
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY)",
                "XA START 'early'",
                "INSERT INTO t VALUES (1)",
                "XA END 'early'",
                "XA PREPARE 'early'");
        stand.start();
        stand.execute("XA COMMIT 'early'");
        try (Connection other = stand.connect();
                Statement statement = other.createStatement()) {
            statement.execute("XA START 'a', 'branch'");
            statement.execute("INSERT INTO " + stand.schema() + ".t VALUES (2)");
            statement.execute("XA END 'a', 'branch'");
            statement.execute("XA PREPARE 'a', 'branch'");
        }
        stand.readAll();
        stand.stop();
        stand.execute("INSERT INTO t VALUES (3)");
        stand.start();
        stand.execute(
                "XA COMMIT 'a', 'branch'",
                "XA START 'b'",
                "INSERT INTO t VALUES (4)",
                "XA END 'b'",
                "XA PREPARE 'b'",
                "XA ROLLBACK 'b'",
                "XA START 'c'",
                "INSERT INTO t VALUES (5)",
                "XA END 'c'",
                "XA COMMIT 'c' ONE PHASE");
        RelayReader relay = stand.readAll();
        assertThat(relay.rows("t")).extracting(row -> row.after()[0]).containsExactly(1, 3, 2, 5);
        assertThat(relay.repeats()).isZero();
    }

    @Test
    void preparedTransactionsOutliveTheServer() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY)");
        stand.start();
        for (int i = 1; i <= 3; i++) {
            try (Connection session = stand.connect();
                    Statement statement = session.createStatement()) {
                statement.execute("XA START 'x" + i + "'");
                statement.execute("INSERT INTO " + stand.schema() + ".t VALUES (" + i + "), (1" + i + ")");
                statement.execute("XA END 'x" + i + "'");
                statement.execute("XA PREPARE 'x" + i + "'");
            }
        }
        stand.execute("INSERT INTO t VALUES (4)");
        stand.readAll();
        server().kill();
        server().startAgain();
        stand.connectAgain();
        stand.execute(
                "FLUSH BINARY LOGS",
                "XA COMMIT 'x3'",
                "XA ROLLBACK 'x2'",
                "XA COMMIT 'x1'",
                "INSERT INTO t VALUES (5)");
        RelayReader relay = stand.readAll();
        assertThat(relay.rows("t")).extracting(row -> row.after()[0]).containsExactly(4, 3, 13, 1, 11, 5);
        assertThat(relay.repeats()).isZero();
    }

    @Test
    void aServerThatCrashesIsFollowedOn() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY)");
        stand.start();
        for (int i = 0; i < 3; i++) {
            stand.execute("INSERT INTO t VALUES (" + 2 * i + ")");
            server().kill();
            server().startAgain();
            stand.connectAgain();
            stand.execute("INSERT INTO t VALUES (" + (2 * i + 1) + ")");
        }
        assertThat(applied(stand.readAll().rows("t")).keySet()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void whatTheLogDoesNotCarryWholeIsAnError() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
        stand.start();
        stand.execute("SET SESSION binlog_row_image = MINIMAL", "UPDATE t SET v = 2");
        TideraceException failure = stand.failure();
        assertThat(failure).hasMessageContaining("TR-C032").hasMessageContaining("binlog_row_image");
    }

    @Test
    void statementsThatChangeRowsAreAnError() throws Exception {
        stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
        stand.start();
        stand.execute("SET SESSION binlog_format = STATEMENT", "UPDATE t SET v = 2");
        assertThat(stand.failure()).hasMessageContaining("TR-C034").hasMessageContaining("binlog_format");
    }
}
