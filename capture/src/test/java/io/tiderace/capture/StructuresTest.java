package io.tiderace.capture;

import io.debezium.connector.mysql.charset.MySqlCharsetRegistry;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.debezium.text.ParsingException;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableStructure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: a structure is what information_schema would say, after any statement. Method: statements through the parser, no server. */
class StructuresTest {
    private final Tables tables = new Tables();
    private final StructureParser parser =
            new StructureParser(Tables.TableFilter.includeAll(), new MySqlCharsetRegistry(), false);

    private TableStructure after(String table, String... statements) {
        parser.setCurrentDatabase("d");
        parser.setCurrentSchema("d");
        for (String sql : statements) {
            parser.parse(sql, tables);
        }
        Table found = tables.forTable(new TableId("d", null, table));
        assertThat(found).as(List.of(statements).toString()).isNotNull();
        return Structures.of(found);
    }

    private static final String CREATE =
            "CREATE TABLE t (id INT PRIMARY KEY, c INT NOT NULL, g INT AS (c + 1), s INT AS (c) STORED)";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ADD COLUMN b INT",
                "ALTER TABLE t RENAME COLUMN c TO e",
                "ALTER TABLE t ADD COLUMN f INT, RENAME COLUMN c TO h",
                "ALTER TABLE t CHANGE c d INT",
                "ALTER TABLE t MODIFY c BIGINT",
                "ALTER TABLE t DROP COLUMN c",
                "ALTER TABLE t ADD UNIQUE KEY (c)",
                "ALTER TABLE t COMMENT 'x'",
                "CREATE UNIQUE INDEX i ON t (c)",
                "TRUNCATE t"
            })
    void keyAndGeneratedColumnsSurviveOtherChanges(String statement) {
        TableStructure structure = after("t", CREATE, statement);
        assertThat(structure.primaryKey()).containsExactly("id");
        assertThat(structure.columns().stream().filter(Column::generated).map(Column::name))
                .containsExactly("g", "s");
    }

    @Test
    void keyAndGeneratedColumnsFollowTheirChanges() {
        assertThat(after("t", CREATE, "ALTER TABLE t RENAME COLUMN id TO ID2, CHANGE g h INT AS (c)")
                        .primaryKey())
                .containsExactly("ID2");
        assertThat(after("t").columns().stream().filter(Column::generated).map(Column::name))
                .containsExactly("h", "s");
        assertThat(after("t", "ALTER TABLE t DROP PRIMARY KEY").primaryKey()).isEmpty();
        assertThat(after("t", "ALTER TABLE t ADD PRIMARY KEY (c, ID2), MODIFY s INT")
                        .primaryKey())
                .containsExactly("c", "ID2");
        assertThat(after("t").columns().stream().filter(Column::generated).map(Column::name))
                .containsExactly("h");
        assertThat(after("u", "RENAME TABLE t TO u").primaryKey()).containsExactly("c", "ID2");
        assertThat(after("v", "ALTER TABLE u RENAME TO v").primaryKey()).containsExactly("c", "ID2");
        assertThat(after("w", "CREATE TABLE w LIKE v").primaryKey()).containsExactly("c", "ID2");
        assertThat(after("w").columns().stream().filter(Column::generated).map(Column::name))
                .containsExactly("h");
        assertThat(after("v", "DROP TABLE v", "CREATE TABLE v (a INT UNIQUE NOT NULL)")
                        .primaryKey())
                .isEmpty();
    }

    @Test
    void columnsSwapTheirNames() {
        TableStructure swapped = after(
                "t",
                "CREATE TABLE t (a INT, b BIGINT AS (a), c CHAR(3), d INT AS (a), PRIMARY KEY (a, c))",
                "ALTER TABLE t RENAME COLUMN a TO C, RENAME COLUMN c TO b, RENAME COLUMN b TO d, RENAME COLUMN d TO a");
        assertThat(swapped.columns().stream().map(column -> column.name() + " " + column.type()))
                .containsExactly("C int", "d bigint", "b char(3)", "a int");
        assertThat(swapped.columns().stream().filter(Column::generated).map(Column::name))
                .containsExactly("d", "a");
        assertThat(swapped.primaryKey()).containsExactly("C", "b");
        assertThat(after("t", "ALTER TABLE t RENAME COLUMN d TO e, RENAME COLUMN a TO d").columns().stream()
                        .map(Column::name))
                .containsExactly("C", "e", "b", "d");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t CHANGE c g INT, CHANGE g c INT",
                "ALTER TABLE t RENAME COLUMN c TO g, DROP COLUMN g",
                "ALTER TABLE t RENAME COLUMN c TO g, RENAME COLUMN g TO c, ADD COLUMN z INT"
            })
    void aNameThatChangesTogetherWithMoreIsLeftToTheSource(String statement) {
        after("t", CREATE);
        assertThatThrownBy(() -> after("t", statement)).isInstanceOf(ParsingException.class);
        assertThat(after("t", "ALTER TABLE t DROP COLUMN g, RENAME COLUMN c TO g").columns().stream()
                        .map(Column::name))
                .containsExactly("id", "g", "s");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    INTEGER | int
                    INT(5) UNSIGNED ZEROFILL | int(5) unsigned zerofill
                    BOOLEAN | tinyint(1)
                    SERIAL | bigint unsigned
                    NUMERIC | decimal(10,0)
                    DEC(5) | decimal(5,0)
                    FLOAT(24) | float
                    FLOAT(25) | double
                    REAL | double
                    BIT | bit(1)
                    CHAR | char(1)
                    NATIONAL VARCHAR(5) | varchar(5)
                    VARCHAR(5) CHARACTER SET binary | varbinary(5)
                    TEXT CHARACTER SET binary | blob
                    LONG VARBINARY | mediumblob
                    LONG VARCHAR | mediumtext
                    TEXT(50) CHARACTER SET latin1 | tinytext
                    TEXT(300) CHARACTER SET latin1 | text
                    BLOB(70000) | mediumblob
                    ENUM('a','b,c','it''s') | enum('a','b,c','it''s')
                    ENUM("a", 'b\\'c') | enum('a','b''c')
                    DATETIME(3) | datetime(3)
                    YEAR(4) | year
                    GEOMCOLLECTION | geometrycollection
                    """)
    void typesAreWrittenAsTheServerWouldWriteThem(String declared, String type) {
        assertThat(after("t", "CREATE TABLE t (v " + declared + ")")
                        .columns()
                        .get(0)
                        .type()
                        .toString())
                .satisfiesAnyOf(text -> assertThat(text).isEqualTo(type), text -> assertThat(text)
                        .contains("text=" + type + "]"));
    }
}
