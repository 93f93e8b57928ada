package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: what a statement did that the parser does not know is read from the source, and only where that is certain. Method: INTERVAL(), which
 * MySQL takes and the grammar does not, in a generated column; so neither the statement nor the table's own CREATE TABLE is understood.
 */
class CaptureRecoveryIT {
    private static final String NOT_UNDERSTOOD =
            "ALTER TABLE t ADD b INT AS (INTERVAL(a, 1, 10)) STORED, ADD c ENUM('x','é') CHARACTER SET gbk";

    @TempDir
    Path folder;

    private final MySqlServer server = Servers.source();
    private CaptureStand stand;

    @BeforeEach
    void begin() throws SQLException {
        stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
        stand.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, a INT)", "CREATE TABLE left_out (id INT PRIMARY KEY, a INT)");
        stand.start();
        stand.readAll();
    }

    @AfterEach
    void end() throws Exception {
        stand.close();
    }

    private SchemaChange lastStatement() throws SQLException {
        List<SchemaChange> statements = stand.readAll().statements();
        return statements.get(statements.size() - 1);
    }

    private static List<String> columns(TouchedTable table) {
        return table.structure() == null
                ? null
                : table.structure().columns().stream()
                        .map(column -> column.name() + " " + column.type() + (column.generated() ? " generated" : ""))
                        .toList();
    }

    private List<Object[]> rows(String table) throws SQLException {
        return stand.readAll().rows(table).stream().map(RowChange::after).toList();
    }

    @Test
    void theStructureIsReadWhileTheStreamGoesOn() throws Exception {
        stand.execute("INSERT INTO t VALUES (1, 5)", NOT_UNDERSTOOD, "INSERT INTO t (id, a, c) VALUES (2, 20, 'é')");
        SchemaChange change = lastStatement();
        assertThat(change.statement()).isEqualTo(NOT_UNDERSTOOD);
        assertThat(change.tables()).hasSize(1);
        assertThat(columns(change.tables().get(0)))
                .containsExactly("id int", "a int", "b int generated", "c enum('x','é')");
        assertThat(rows("t")).containsExactly(new Object[] {1, 5}, new Object[] {2, 20, 2, "é"});
        Column member = stand.reader().rows("t").get(1).table().columns().get(3);
        assertThat(member.charset()).isEqualTo("gbk");
        assertThat(stand.reader().rows("t").get(1).table().primaryKey()).containsExactly("id");

        stand.execute("ALTER TABLE t ADD d INT AFTER a", "INSERT INTO t (id, a, d) VALUES (3, 1, 7)");
        assertThat(rows("t").get(2)).containsExactly(3, 1, 7, 1, null);
        stand.stop();
        stand.execute("INSERT INTO t (id, a) VALUES (4, 0)");
        stand.start(); // with the structures from the history
        assertThat(rows("t").get(3)).containsExactly(4, 0, null, 0, null);

        stand.execute("ALTER TABLE t ADD e INT, ORDER BY a DESC", "INSERT INTO t (id, e) VALUES (5, 9)");
        assertThat(rows("t").get(4)).containsExactly(5, null, null, -1, null, 9);
        stand.execute(
                "CREATE TABLE u (id INT PRIMARY KEY, g INT AS (INTERVAL(id, 1)))", "INSERT INTO u (id) VALUES (1)");
        assertThat(rows("u")).containsExactly(new Object[] {1, 1});
        stand.execute("RENAME TABLES u TO v", "INSERT INTO v (id) VALUES (0)");
        assertThat(rows("v")).containsExactly(new Object[] {0, 0});
        assertThat(lastStatement().tables())
                .filteredOn(table -> table.structure() == null)
                .extracting(TouchedTable::name)
                .containsExactly(new TableName(stand.schema(), "u"));
    }

    @Test
    void aTableThatIsThereAlreadyIsUnderstoodAsFarAsItMatters() throws Exception {
        try (CaptureStand other = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            other.execute("CREATE TABLE t (id INT PRIMARY KEY, g INT AS (INTERVAL(id, 1)), v VARCHAR(3))");
            other.start();
            other.execute("INSERT INTO t (id, v) VALUES (1, 'é')");
            assertThat(other.readAll().rows("t").get(0).after()).containsExactly(1, 1, "é");
        }
    }

    @Test
    void statementsThatDoNotMatterAreNoDoubt() throws Exception {
        stand.stop();
        stand.execute(
                NOT_UNDERSTOOD,
                "INSERT INTO t (id, a) VALUES (1, 3)",
                "CREATE INDEX i ON t ((INTERVAL(a, 7)))",
                "ALTER TABLE t ADD INDEX k (a), COMMENT = 'x'",
                "FLUSH LOGS",
                "ALTER TABLE left_out ADD b INT AS (INTERVAL(a, 1, 10))",
                "ALTER TABLE marker ADD v INT",
                "ALTER TABLE marker DROP v",
                "INSERT INTO t (id, a) VALUES (2, 30)");
        stand.start();
        assertThat(rows("t")).containsExactly(new Object[] {1, 3, 1, null}, new Object[] {2, 30, 2, null});
        assertThat(stand.reader().statements())
                .extracting(SchemaChange::statement)
                .contains(NOT_UNDERSTOOD, "CREATE INDEX i ON t ((INTERVAL(a, 7)))")
                .noneMatch(statement -> statement.contains("left_out"));
    }

    @Test
    void aLaterStatementOnTheTableLeavesTheStructureUnknown() throws Exception {
        stand.stop();
        stand.execute(
                NOT_UNDERSTOOD,
                "INSERT INTO t (id, a) VALUES (1, 3)",
                "SET sql_mode = 'ANSI_QUOTES'",
                "ALTER TABLE \"t\" DROP COLUMN c",
                "SET sql_mode = ''",
                "INSERT INTO marker VALUES (-1)", // nothing that comes after the statement may be taken
                "INSERT INTO marker VALUES (-2)");
        for (int start = 0; start < 2; start++) { // it stays an error, until the operator acts
            stand.start();
            TideraceException error = stand.failure();
            assertThat(error.code()).as(error.getMessage()).isEqualTo("TR-C033");
            assertThat(error).isInstanceOf(DataException.class);
            assertThat(error.problem())
                    .contains(NOT_UNDERSTOOD)
                    .contains("ALTER TABLE \"t\" DROP COLUMN c")
                    .contains("GTID ")
                    .contains("source " + stand.source().id());
            assertThat(error.cure()).contains("block-allow list");
        }
    }

    @Test
    void aKillInBetweenLosesNothing() throws Exception {
        stand.stop();
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        JavaProcess process = CaptureProcess.start(folder, stand.source());
        try {
            stand.readAll();
            for (int i = 0; i < 2; i++) {
                stand.execute(
                        "ALTER TABLE t ADD b" + i + " INT AS (INTERVAL(a, 1, 10))",
                        "INSERT INTO t (id, a) VALUES (" + 2 * i + ", 10)");
                Thread.sleep(random.nextInt(150));
                process.kill();
                stand.execute("INSERT INTO t (id, a) VALUES (" + (2 * i + 1) + ", 1)");
                process.start();
                stand.readAll();
            }
        } finally {
            process.kill();
        }
        assertThat(stand.reader().rows("t"))
                .extracting(RowChange::after)
                .containsExactly(
                        new Object[] {0, 10, 2}, new Object[] {1, 1, 1}, new Object[] {2, 10, 2, 2}, new Object[] {
                            3, 1, 1, 1
                        });
        assertThat(stand.reader().statements()).hasSize(2);
    }
}
