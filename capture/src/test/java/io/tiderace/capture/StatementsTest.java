package io.tiderace.capture;

import io.tiderace.capture.Statements.Kind;
import io.tiderace.schemas.TableName;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: the first words decide a statement's kind, whatever stands in front of and between them. */
class StatementsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    BEGIN | BEGIN
                    COMMIT | COMMIT
                    ROLLBACK | ROLLBACK
                    ROLLBACK TO `s` | SAVEPOINT
                    SAVEPOINT `s` | SAVEPOINT
                    RELEASE SAVEPOINT s | SAVEPOINT
                    XA START X'61',X'',1 | XA_START
                    XA END X'61',X'',1 | XA_END
                    XA PREPARE X'61',X'',1 | XA_END
                    XA COMMIT X'61',X'',1 | XA_COMMIT
                    XA ROLLBACK X'61',X'',1 | XA_ROLLBACK
                    insert into t values (1) | DML
                    /* hint */ REPLACE t VALUES (1) | DML
                    CREATE TABLE t (a INT) | DDL
                    create/**/table t (a int) | DDL
                    -- note\u0020 | OTHER
                    # one line | OTHER
                    /*!40000 ALTER TABLE t DISABLE KEYS */ | DDL
                    CREATE TEMPORARY TABLE t (a INT) | TEMPORARY
                    DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t` | TEMPORARY
                    CREATE INDEX i ON t (a) | DDL
                    CREATE UNIQUE INDEX i ON t (a) | DDL
                    TRUNCATE t | DDL
                    CREATE VIEW v AS SELECT 1 | OTHER
                    CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW v AS SELECT * FROM t | OTHER
                    CREATE DEFINER=`root`@`localhost` TRIGGER t BEFORE INSERT ON t FOR EACH ROW SET @a = 1 | OTHER
                    DROP PROCEDURE IF EXISTS p | OTHER
                    ALTER EVENT e DISABLE | OTHER
                    CREATE USER u@h | OTHER
                    GRANT SELECT ON *.* TO u@h | OTHER
                    FLUSH PRIVILEGES | OTHER
                    CREATE TABLE view_of_it (a INT) | DDL
                    CREATE TABLE `view` (a INT) | DDL
                    CREATE DATABASE d | DDL
                    ALTER DATABASE d CHARACTER SET latin1 | DDL
                    """)
    void kindIsDecidedByTheFirstWords(String sql, Kind kind) {
        assertThat(Statements.kind(sql)).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CREATE TABLE t (a INT) | d.t
                    CREATE TABLE IF NOT EXISTS `o``x`.`t y` (a INT) | o`x.t y
                    ALTER TABLE /* why */ o . t ADD a INT | o.t
                    DROP TABLE IF EXISTS t, u | d.t
                    TRUNCATE t | d.t
                    RENAME TABLES o.t TO u | o.t
                    """)
    void firstTableOfAStatementThatIsNotUnderstood(String sql, String table) {
        assertThat(String.valueOf(Statements.firstTable(sql, "d"))).isEqualTo(table);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CREATE INDEX i ON t (c) | d.t
                    CREATE UNIQUE INDEX `on a` USING BTREE ON `o`.`t` (c) | o.t
                    DROP INDEX i ON o.t ALGORITHM=INPLACE | o.t
                    CREATE FULLTEXT INDEX i ON t(c) | d.t
                    DROP TABLE t | null
                    """)
    void tableOfAnIndex(String sql, String table) {
        assertThat(String.valueOf(Statements.indexedTable(sql, "d"))).isEqualTo(table);
    }

    @Test
    void aNameIsMentionedQuotedOrNot() {
        Set<String> names = Set.of("tags", "a b");
        assertThat(Statements.mentioned("INSERT INTO d.Tags SELECT 1", names)).isEqualTo("tags");
        assertThat(Statements.mentioned("DELETE FROM `a b`", names)).isEqualTo("a b");
        assertThat(Statements.mentioned("DELETE FROM tagsy", names)).isNull();
    }

    @Test
    void whatOnlyTheLogsReaderUnderstandsIsTakenAway() {
        assertThat(Statements.withoutStartTransaction("CREATE TABLE `t` (\n  `a` int\n) START TRANSACTION"))
                .isEqualTo("CREATE TABLE `t` (\n  `a` int\n)");
    }

    @Test
    void firstTableOfSomethingElseIsNone() {
        assertThat(Statements.firstTable("SET x = 1", "d")).isNull();
        assertThat(Statements.firstTable("ALTER TABLE t ADD a INT", null)).isEqualTo(new TableName("", "t"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    CREATE TABLE t AS SELECT 1 AS a | true
                    create table t (a int) select 1 | true
                    CREATE TABLE IF NOT EXISTS d.t TABLE u | true
                    CREATE TABLE t VALUES ROW(1, 2) | true
                    CREATE TABLE t WITH c AS (SELECT 1) SELECT * FROM c | true
                    CREATE TABLE t (`select` INT, b INT COMMENT 'from a table') | false
                    CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5)) | false
                    CREATE TABLE t (a INT) /* SELECT */ | false
                    CREATE TABLE t LIKE u | false
                    ALTER TABLE t ADD a INT | false
                    """)
    void aTableThatIsFilledFromAQueryIsKnown(String sql, boolean isFilled) {
        assertThat(Statements.createsWithRows(sql)).isEqualTo(isFilled);
    }

    @Test
    void statementsThatAlterOneTableAreKnown() {
        assertThat(Statements.altersOneTable("/* x */ ALTER TABLE t ADD a INT")).isTrue();
        assertThat(Statements.altersOneTable("truncate t")).isTrue();
        assertThat(Statements.altersOneTable("CREATE UNIQUE INDEX i ON t (a)")).isTrue();
        assertThat(Statements.altersOneTable("DROP INDEX i ON t")).isTrue();
        assertThat(Statements.altersOneTable("CREATE TABLE t (a INT)")).isFalse();
        assertThat(Statements.altersOneTable("DROP TABLE t")).isFalse();
    }

    @Test
    void statementsOfOtherModesAreMadeThoseOfTheDefaultMode() {
        String plain = "a \\ 'b\\' `c\\` \"d\\\" 'it''s\\'";
        assertThat(Statements.inDefaultMode(plain, "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"))
                .isEqualTo("a \\ 'b\\\\' `c\\` `d\\` 'it''s\\\\'");
        assertThat(Statements.inDefaultMode("ALTER TABLE \"a \"\"`\" ADD b INT COMMENT 'it\\'s \"'", "ANSI_QUOTES"))
                .isEqualTo("ALTER TABLE `a \"``` ADD b INT COMMENT 'it\\'s \"'");
        assertThat(Statements.executed("ALTER TABLE t /* it's */ /*!80000 ADD*/ \"b\" INT", "ANSI_QUOTES"))
                .isEqualTo("ALTER TABLE t    ADD  `b` INT");
        String real = "CREATE TABLE `real` (a REAL, b real(5,2) COMMENT 'REAL $1', \"real\" INT, unreal INT)";
        assertThat(Statements.inDefaultMode(real, "REAL_AS_FLOAT"))
                .isEqualTo("CREATE TABLE `real` (a FLOAT, b FLOAT(5,2) COMMENT 'REAL $1', \"real\" INT, unreal INT)");
        assertThat(Statements.inDefaultMode(plain + real, "")).isEqualTo(plain + real);
    }
}
