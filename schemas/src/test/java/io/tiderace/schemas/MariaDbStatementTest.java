package io.tiderace.schemas;

import io.tiderace.schemas.MariaDbStatement.Versioning;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The words of many statements are in the router's golden files; here is what they cannot show. */
class MariaDbStatementTest {
    private static MariaDbStatement parsed(String sql) {
        return MariaDbStatement.forParser(sql, "", (schema, table, column) -> column.equals("there"));
    }

    @Test
    void partsThatDoNothingAreLeftOutForAParser() {
        assertThat(parsed("ALTER TABLE t ADD COLUMN IF NOT EXISTS there INT, ADD COLUMN IF NOT EXISTS other INT")
                        .text())
                .isEqualTo("ALTER TABLE t ADD COLUMN other INT");
        assertThat(parsed("ALTER TABLE t ADD COLUMN IF NOT EXISTS (there INT, u UUID)")
                        .text())
                .isEqualTo("ALTER TABLE t ADD COLUMN ( u char(36) CHARACTER SET ascii COLLATE ascii_bin)");
        assertThat(parsed("ALTER TABLE t ADD COLUMN IF NOT EXISTS (there INT)").text())
                .isEqualTo("ALTER TABLE t");
        assertThat(parsed("ALTER TABLE t ADD SYSTEM VERSIONING").text()).isEqualTo("ALTER TABLE t");
        assertThat(parsed("ALTER TABLE t DROP COLUMN IF EXISTS other, DROP there")
                        .text())
                .isEqualTo("ALTER TABLE t DROP there");
        assertThat(parsed("ALTER TABLE t MODIFY IF EXISTS there UUID, CHANGE IF EXISTS other x INT")
                        .text())
                .isEqualTo("ALTER TABLE t MODIFY there char(36) CHARACTER SET ascii COLLATE ascii_bin");
        assertThat(parsed("ALTER TABLE t ADD INDEX IF NOT EXISTS i (a), DROP FOREIGN KEY IF EXISTS f")
                        .text())
                .isEqualTo("ALTER TABLE t ADD INDEX i (a), DROP FOREIGN KEY f");
    }

    @Test
    void theTypesThatMySqlDoesNotHaveAreTold() {
        MariaDbStatement statement = parsed("CREATE TABLE t (`a b` UUID, c INET6 NOT NULL, d INT, E inet4, j JSON)");
        assertThat(statement.types())
                .containsOnly(
                        java.util.Map.entry("a b", "uuid"),
                        java.util.Map.entry("c", "inet6"),
                        java.util.Map.entry("E", "inet4"));
    }

    @Test
    void systemVersioningIsTold() {
        assertThat(parsed("CREATE TABLE t (a INT) WITH SYSTEM VERSIONING").versioning())
                .isEqualTo(Versioning.ADDED);
        assertThat(parsed("CREATE TABLE t (a INT, b INT WITH SYSTEM VERSIONING)")
                        .versioning())
                .isEqualTo(Versioning.ADDED);
        assertThat(parsed("ALTER TABLE t DROP SYSTEM VERSIONING").versioning()).isEqualTo(Versioning.DROPPED);
        assertThat(parsed("ALTER TABLE t ADD b INT COMMENT 'WITH SYSTEM VERSIONING'")
                        .versioning())
                .isEqualTo(Versioning.UNCHANGED);
        assertThat(parsed(
                                "CREATE TABLE t (s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, `e d` TIMESTAMP(6) GENERATED ALWAYS"
                                        + " AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (s, `e d`)) WITH SYSTEM VERSIONING")
                        .rowEnd())
                .isEqualTo("e d");
    }

    @Test
    void setStatementIsTakenAway() {
        assertThat(MariaDbStatement.withoutSetStatement(
                        "set statement sql_mode='FOR', max_statement_time=(1) for ALTER TABLE t FORCE"))
                .isEqualTo("ALTER TABLE t FORCE");
        assertThat(MariaDbStatement.withoutSetStatement("SET x = 1")).isEqualTo("SET x = 1");
    }

    @Test
    void aSequenceIsATableToTheParser() {
        MariaDbStatement statement = parsed("CREATE SEQUENCE IF NOT EXISTS `s`.`q` START WITH 5 CACHE 10");
        assertThat(statement.isOfSequence()).isTrue();
        assertThat(statement.text())
                .startsWith("CREATE TABLE IF NOT EXISTS `s`.`q` (")
                .doesNotContain("CACHE 10");
        assertThat(parsed("CREATE TABLE `q` (`next_not_cached_value` bigint(21) NOT NULL) ENGINE=InnoDB SEQUENCE=1")
                        .isOfSequence())
                .isTrue();
    }

    @Test
    void commentsThatOnlyMySqlExecutesAreComments() {
        assertThat(parsed("CREATE TABLE t (a INT /*!80023 INVISIBLE */ /*!50100 NOT NULL */ -- x\n) # y")
                        .text())
                .isEqualTo("CREATE TABLE t (a INT NOT NULL )");
    }

    @Property
    void stringsAndNamesStayAsTheyAre(@ForAll @StringLength(max = 20) @CharRange(from = ' ', to = '~') String text) {
        String quoted = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
        String name = "`" + text.replace("`", "``") + "x`";
        String sql = "CREATE TABLE " + name + " (" + name + " INT COMMENT " + quoted + ")";
        assertThat(MariaDbStatement.forTarget(sql, "").text()).isEqualTo(sql);
    }

    @Property
    void nothingBreaksIt(@ForAll @StringLength(max = 60) @CharRange(from = ' ', to = '~') String text) {
        assertThat(MariaDbStatement.forTarget("ALTER TABLE t " + text, "").text())
                .isNotNull();
        assertThat(MariaDbStatement.forTarget("CREATE TABLE t (" + text, "").text())
                .isNotNull();
        assertThat(MariaDbStatement.forTarget(text, "ANSI_QUOTES").text()).isNotNull();
    }
}
