package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.capture.StructureWindow.Fate;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: a table's structure of today is taken for an earlier one only when nothing in between can have changed it. */
class StructureWindowTest {
    private static final TableName T = new TableName("d", "t");

    private final StructureWindow window =
            new StructureWindow(table -> !table.table().startsWith("other"));

    private void rows(String table) {
        TableName name = new TableName("d", table);
        window.transaction(
                new LogScan.Transaction("b.1", 4, 5, "g:1", 0, Map.of(name, new TableMapEventData()), List.of()));
    }

    private void statement(String sql) {
        StatementEvent event = new StatementEvent(() -> new StatementContext("d", "", null, null, null), false);
        event.setDatabase("d");
        event.setSql(sql);
        window.transaction(new LogScan.Transaction("b.1", 100, 200, "g:1", 0, Map.of(), List.of(event)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    BEGIN | SAME
                    TRUNCATE TABLE t | SAME
                    CREATE INDEX i ON t (a) | SAME
                    DROP INDEX i ON d.t | SAME
                    ALTER TABLE t ADD INDEX i (a, b), DROP KEY k, ENGINE=InnoDB, ALGORITHM=INPLACE | SAME
                    ALTER TABLE t COMMENT = 'x', LOCK = NONE, COMMENT 'y', FORCE | SAME
                    ALTER TABLE t ADD comment INT | LOST
                    ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) | SAME
                    ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (a) | LOST
                    ALTER TABLE t ADD INDEX i (a), ADD b INT | LOST
                    ALTER TABLE t ADD `index` INT | LOST
                    ALTER TABLE t RENAME COLUMN a TO b | LOST
                    /* why */ alter /* c */ table d.t modify a bigint | LOST
                    ALTER ONLINE TABLE t ADD b INT | LOST
                    SET STATEMENT max_statement_time = 5 FOR ALTER TABLE t ADD b INT | LOST
                    ALTER TABLE IF EXISTS t WAIT 5 ADD b INT | LOST
                    ALTER TABLE t ADD SYSTEM VERSIONING | LOST
                    ALTER TABLE u RENAME TO t | LOST
                    ALTER TABLE u RENAME t | LOST
                    ALTER TABLE u EXCHANGE PARTITION p WITH TABLE t | LOST
                    RENAME TABLE a TO b, t TO c | LOST
                    RENAME TABLE a TO b, c TO `d`.`t` | LOST
                    RENAME TABLE x.t TO x.u | SAME
                    ALTER TABLE x.t ADD a INT | SAME
                    DROP TABLE IF EXISTS a, t | COMES
                    DROP TABLE x.t | SAME
                    CREATE TABLE t (a INT) | COMES
                    CREATE TABLE IF NOT EXISTS `t` LIKE u | COMES
                    CREATE OR REPLACE TABLE t (a INT) | COMES
                    CREATE TABLE u LIKE t | SAME
                    CREATE VIEW v AS SELECT * FROM t | SAME
                    CREATE DATABASE e | SAME
                    """)
    void oneStatement(String sql, Fate fate) {
        statement(sql);
        assertThat(window.fate(T)).isEqualTo(fate);
    }

    private static StatementEvent event(String sql, String sqlMode, boolean isText) {
        StatementEvent event = new StatementEvent(() -> new StatementContext("d", sqlMode, null, null, null), isText);
        event.setDatabase("d");
        event.setSql(sql);
        return event;
    }

    @Test
    void namesInDoubleQuotesAreNamesWhereTheSessionSaysSo() {
        StatementEvent quoted = event("ALTER /* it's */ TABLE \"t\" ADD a INT", "ANSI_QUOTES", true);
        window.transaction(new LogScan.Transaction("b.1", 4, 5, "g:1", 0, Map.of(), List.of(quoted)));
        assertThat(window.fate(T)).isEqualTo(Fate.LOST);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    ALTER TABLE T ADD a INT | true
                    ALTER TABLE t ADD a INT AS (INTERVAL(b, 1)) | true
                    ALTER TABLE "t" ADD a INT | true
                    ALTER TABLE t ADD INDEX (a) | false
                    ALTER TABLE u ADD a INT REFERENCES t (a) | false
                    RENAME TABLE a TO b, u TO d.t | true
                    CREATE TABLE IF NOT EXISTS t (a INT) | true
                    DROP TABLE u, t | true
                    DROP SCHEMA D | true
                    DROP DATABASE e | false
                    TRUNCATE TABLE t | false
                    INSERT INTO t VALUES (1) | false
                    CREATE VIEW v AS SELECT * FROM t | false
                    """)
    void whatMayAlterATable(String sql, boolean mayAlter) {
        assertThat(StructureWindow.mayAlter(event(sql, "ANSI_QUOTES", true), T)).isEqualTo(mayAlter);
    }

    @Test
    void whatIsNoTextMayAlterAnyTable() {
        assertThat(StructureWindow.mayAlter(event("ALTER TABLE ?? ADD a INT", "", false), T))
                .isTrue();
    }

    @Test
    void rowsAloneChangeNothing() {
        rows("t");
        assertThat(window.fate(T)).isEqualTo(Fate.SAME);
        assertThat(window.changed()).containsExactly(T);
    }

    @Test
    void aTableThatComesMayBeAlteredAfterwards() {
        statement("CREATE TABLE t (a INT)");
        rows("t");
        statement("ALTER TABLE t ADD b INT");
        statement("DROP TABLE t");
        assertThat(window.fate(T)).isEqualTo(Fate.COMES);
        assertThat(window.lost()).isEmpty();
    }

    @Test
    void rowsBeforeTheTableIsDroppedCannotBeRead() {
        rows("t");
        statement("DROP TABLE t");
        statement("CREATE TABLE t (a INT)");
        assertThat(window.fate(T)).isEqualTo(Fate.LOST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DROP DATABASE IF EXISTS `d`", "CREATE OR REPLACE DATABASE d"})
    void rowsBeforeTheSchemaIsDroppedCannotBeRead(String sql) {
        rows("t");
        statement(sql);
        statement("CREATE TABLE t (a INT)");
        assertThat(window.fate(T)).isEqualTo(Fate.LOST);
        assertThat(window.fate(new TableName("d", "u"))).isEqualTo(Fate.SAME);
    }

    @Test
    void aTableMadeFromAQueryHasItsRowsInTheSameTransaction() {
        StatementEvent event = new StatementEvent(() -> new StatementContext("d", "", null, null, null), false);
        event.setDatabase("d");
        event.setSql("CREATE TABLE `t` (a INT) START TRANSACTION");
        window.transaction(
                new LogScan.Transaction("b.1", 4, 5, "g:1", 0, Map.of(T, new TableMapEventData()), List.of(event)));
        assertThat(window.fate(T)).isEqualTo(Fate.COMES);
    }

    @Test
    void otherTablesDoNotCount() {
        rows("other");
        statement("ALTER TABLE other ADD a INT");
        window.requireNoneLost("s");
        assertThat(window.changed()).isEmpty();
    }

    @Test
    void theErrorNamesTablesAndStatements() {
        statement("ALTER TABLE t ADD a INT");
        statement("ALTER TABLE u ADD b INT");
        assertThatThrownBy(() -> window.requireNoneLost("s"))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("TR-C052")
                .hasMessageContaining("d.t, GTID g:1, b.1:100: ALTER TABLE t ADD a INT")
                .hasMessageContaining("d.u, GTID g:1, b.1:100: ALTER TABLE u ADD b INT");
    }
}
