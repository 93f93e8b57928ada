package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: statements on captured tables are in the relay topic where they happened, with the structure after them; others are not. */
class CaptureDdlIT {
    @TempDir
    Path folder;

    private final MySqlServer server = Servers.source();
    private CaptureStand stand;

    @BeforeEach
    void begin() throws SQLException {
        stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
    }

    @AfterEach
    void end() throws Exception {
        stand.close();
    }

    private TableName name(String table) {
        return new TableName(stand.schema(), table);
    }

    private static List<String> columns(TouchedTable table) {
        return table.structure() == null
                ? null
                : table.structure().columns().stream().map(Column::name).toList();
    }

    private List<String> statements() throws SQLException {
        return stand.readAll().statements().stream()
                .map(SchemaChange::statement)
                .toList();
    }

    @Test
    void structuresFollowTheStatements() throws Exception {
        stand.start();
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, a INT)",
                "INSERT INTO t VALUES (1, 10)",
                "ALTER TABLE t ADD COLUMN b VARCHAR(10) DEFAULT 'x' AFTER id, RENAME COLUMN a TO c",
                "INSERT INTO t VALUES (2, 'y', 20)",
                "/* why */ ALTER TABLE /*! t */ DROP COLUMN b -- the end",
                "INSERT INTO t VALUES (3, 30)",
                "ALTER TABLE t MODIFY c BIGINT UNSIGNED",
                "INSERT INTO t VALUES (4, 18446744073709551615)",
                "TRUNCATE TABLE t",
                "RENAME TABLE t TO u",
                "INSERT INTO u VALUES (5, 1)",
                "ALTER TABLE u RENAME TO v",
                "INSERT INTO v VALUES (6, 1)",
                "CREATE INDEX i ON v (c)",
                "DROP INDEX i ON v",
                "DROP TABLE IF EXISTS v, never_there");
        RelayReader relay = stand.readAll();
        List<SchemaChange> changes = relay.statements();
        assertThat(changes).hasSize(10);
        assertThat(changes).allSatisfy(change -> {
            assertThat(change.gtid()).isNotNull();
            assertThat(change.context().defaultSchema()).isEqualTo(stand.schema());
            assertThat(change.context().sqlMode()).contains("ALLOW_INVALID_DATES");
            assertThat(change.context().charset()).isNotNull();
        });
        assertThat(columns(changes.get(1).tables().get(0))).containsExactly("id", "b", "c");
        assertThat(columns(changes.get(2).tables().get(0))).containsExactly("id", "c");
        assertThat(changes.get(2).statement()).contains("/* why */");
        assertThat(changes.get(4).statement()).isEqualTo("TRUNCATE TABLE t");
        assertThat(changes.get(4).tables()).extracting(TouchedTable::name).containsExactly(name("t"));
        assertThat(changes.get(5).tables())
                .extracting(TouchedTable::name)
                .containsExactlyInAnyOrder(name("t"), name("u"));
        assertThat(changes.get(6).tables())
                .extracting(TouchedTable::name)
                .containsExactlyInAnyOrder(name("u"), name("v"));
        assertThat(changes.get(9).tables()).extracting(TouchedTable::name).contains(name("v"));
        assertThat(relay.rows("t"))
                .extracting(RowChange::after)
                .containsExactly(new Object[] {1, 10}, new Object[] {2, "y", 20}, new Object[] {3, 30}, new Object[] {
                    4, "18446744073709551615"
                });
        assertThat(relay.rows("u")).hasSize(1);
        assertThat(relay.rows("v")).hasSize(1);
    }

    @Test
    void columnsThatSwapTheirNamesKeepTheirValues() throws Exception {
        stand.start();
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(9))",
                "ALTER TABLE t RENAME COLUMN v TO n, RENAME COLUMN n TO v",
                "INSERT INTO t (id, n, v) VALUES (1, 'text', 7)",
                "ALTER TABLE t CHANGE n v VARCHAR(9), CHANGE v n BIGINT",
                "INSERT INTO t (id, n, v) VALUES (2, 8, 'more')");
        RelayReader relay = stand.readAll();
        assertThat(columns(relay.statements().get(1).tables().get(0))).containsExactly("id", "v", "n");
        assertThat(relay.rows("t"))
                .extracting(RowChange::after)
                .containsExactly(new Object[] {1, 7, "text"}, new Object[] {2, 8L, "more"});
    }

    @Test
    void statementsOnManyTablesStayOne() throws Exception {
        stand.start();
        stand.execute(
                "CREATE TABLE a (id INT PRIMARY KEY)",
                "CREATE TABLE b (id INT PRIMARY KEY, v INT)",
                "RENAME TABLE a TO tmp, b TO a, tmp TO b",
                "INSERT INTO a VALUES (1, 2)",
                "INSERT INTO b VALUES (3)",
                "DROP TABLE a, b");
        assertThat(statements()).hasSize(4);
        SchemaChange swap = stand.reader().statements().get(2);
        assertThat(swap.tables())
                .filteredOn(table -> table.structure() != null)
                .extracting(TouchedTable::name)
                .containsExactlyInAnyOrder(name("a"), name("b"));
        assertThat(stand.reader().rows("a").get(0).after()).containsExactly(1, 2);
        assertThat(stand.reader().statements().get(3).tables())
                .extracting(TouchedTable::name)
                .containsExactlyInAnyOrder(name("a"), name("b"));
    }

    @Test
    void whatIsNoTableIsLeftOut() throws Exception {
        String other = stand.schema() + "_other";
        String user = stand.schema() + "_user";
        stand.start();
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY)",
                "CREATE VIEW w AS SELECT * FROM t",
                "CREATE OR REPLACE ALGORITHM=MERGE VIEW w AS SELECT id FROM t",
                "CREATE PROCEDURE p() INSERT INTO t VALUES (7)",
                "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
                "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x = 1",
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
                "CREATE USER " + user + " IDENTIFIED BY 'x'",
                "GRANT SELECT ON t TO " + user,
                "DROP USER " + user,
                "ANALYZE TABLE t",
                "CREATE TEMPORARY TABLE tt (a INT)",
                "DROP TEMPORARY TABLE tt",
                "CALL p()",
                "CREATE DATABASE " + other,
                "CREATE TABLE " + other + ".t (a INT, b INT AS (INTERVAL(a, 1, 10)))",
                "CREATE TABLE " + other + ".t2 (a INT)",
                "INSERT INTO " + other + ".t2 VALUES (1)",
                "DROP DATABASE " + other,
                "DROP EVENT e",
                "DROP VIEW w");
        assertThat(statements()).hasSize(1);
        assertThat(stand.reader().rows("t")).hasSize(1);
    }

    @Test
    void databasesAreStatementsOfTheirOwn() throws Exception {
        String fresh = stand.schema() + "_new";
        stand.start();
        stand.execute(
                "CREATE DATABASE " + fresh + " CHARACTER SET latin1",
                "CREATE TABLE " + fresh + ".t (id INT PRIMARY KEY, v VARCHAR(10))",
                "INSERT INTO " + fresh + ".t VALUES (1, 'é')",
                "ALTER DATABASE " + fresh + " CHARACTER SET gbk",
                "CREATE TABLE " + fresh + ".u (id INT PRIMARY KEY, v VARCHAR(10))",
                "INSERT INTO " + fresh + ".u VALUES (1, '中')",
                "DROP DATABASE " + fresh);
        assertThat(statements()).hasSize(5);
        assertThat(stand.reader().rows("t").get(0).after()).containsExactly(1, "é");
        assertThat(stand.reader().rows("u").get(0).after()).containsExactly(1, "中");
        assertThat(stand.reader().rows("t").get(0).table().columns().get(1).charset())
                .isEqualTo("latin1");
    }

    @Test
    void tablesMadeInUnusualWaysAreKnown() throws Exception {
        stand.start();
        stand.execute(
                "CREATE TABLE t (id INT AUTO_INCREMENT, a INT NOT NULL, g INT AS (a * 2) VIRTUAL, s INT AS (a * 3) STORED,"
                        + " h INT INVISIBLE DEFAULT 9, KEY (a), PRIMARY KEY (ID)) ENGINE=InnoDB"
                        + " PARTITION BY HASH (id) PARTITIONS 3",
                "INSERT INTO t (a) VALUES (5)",
                "CREATE TABLE l LIKE t",
                "INSERT INTO l (a) VALUES (6)",
                "CREATE TABLE s AS SELECT id, a, 'text' AS v FROM t",
                "CREATE TABLE u (a INT NOT NULL UNIQUE, b INT)",
                "INSERT INTO u VALUES (1, 2)",
                "CREATE TABLE nokey (a INT)",
                "INSERT INTO nokey VALUES (1)",
                "ALTER TABLE nokey ADD PRIMARY KEY (a)",
                "INSERT INTO nokey VALUES (2)",
                "CREATE TABLE `odd ``name` (`select` INT PRIMARY KEY, `né` INT)",
                "INSERT INTO `odd ``name` VALUES (1, 2)",
                "SET @@session.sql_mode = 'ANSI_QUOTES'",
                "CREATE TABLE \"ansi\" (\"id\" INT PRIMARY KEY)",
                "INSERT INTO ansi VALUES (1)",
                "SET @@session.sql_mode = ''",
                "INSERT INTO marker VALUES (-1)");
        RelayReader relay = stand.readAll();
        RowChange t = relay.rows("t").get(0);
        assertThat(t.after()).containsExactly(1, 5, 10, 15, 9);
        assertThat(t.table().primaryKey()).containsExactly("id");
        assertThat(t.table().columns()).extracting(Column::generated).containsExactly(false, false, true, true, false);
        assertThat(relay.rows("l").get(0).after()).containsExactly(1, 6, 12, 18, 9);
        assertThat(relay.rows("l").get(0).table().primaryKey()).containsExactly("id");
        assertThat(relay.rows("l").get(0).table().columns())
                .extracting(Column::generated)
                .containsExactly(false, false, true, true, false);
        assertThat(relay.rows("s").get(0).after()).containsExactly(1, 5, "text");
        assertThat(relay.rows("u").get(0).table().primaryKey()).isEmpty();
        assertThat(relay.rows("nokey").get(0).table().primaryKey()).isEmpty();
        assertThat(relay.rows("nokey").get(1).table().primaryKey()).containsExactly("a");
        assertThat(relay.rows("odd `name").get(0).after()).containsExactly(1, 2);
        assertThat(relay.rows("ansi").get(0).after()).containsExactly(1);
    }

    @Test
    void structuresSurviveARestart() throws Exception {
        stand.execute("CREATE TABLE before_it (id INT PRIMARY KEY, a ENUM('x','y,z') CHARACTER SET gbk)");
        stand.start();
        stand.execute("CREATE TABLE t (id INT, a INT AS (id + 1), PRIMARY KEY (id))", "INSERT INTO t (id) VALUES (1)");
        stand.readAll();
        stand.stop();
        stand.execute(
                "INSERT INTO t (id) VALUES (2)",
                "INSERT INTO before_it VALUES (1, 'y,z')",
                "ALTER TABLE t ADD c INT",
                "INSERT INTO t (id, c) VALUES (3, 4)");
        stand.start();
        RelayReader relay = stand.readAll();
        assertThat(relay.rows("t"))
                .extracting(RowChange::after)
                .containsExactly(new Object[] {1, 2}, new Object[] {2, 3}, new Object[] {3, 4, 4});
        assertThat(relay.rows("t").get(1).table().columns().get(1).generated()).isTrue();
        assertThat(relay.rows("before_it").get(0).after()).containsExactly(1, "y,z");
        stand.stop();
        stand.execute(
                "DROP TABLE t", "CREATE TABLE t (id INT PRIMARY KEY, other TEXT)", "INSERT INTO t VALUES (1, 'o')");
        stand.start();
        assertThat(stand.readAll().rows("t").get(3).after()).containsExactly(1, "o");
    }
}
