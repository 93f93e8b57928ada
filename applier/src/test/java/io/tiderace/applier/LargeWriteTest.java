package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: large values are parameters, in the order of the statement, and nothing else is. */
class LargeWriteTest {
    private static final TableName NAME = new TableName("s", "t");
    private static final RowMapping MAPPING = RowMapping.of(
            new TableStructure(
                    NAME, List.of(column("n", "int"), column("b", "longblob"), column("t", "longtext")), List.of()),
            new TargetTable(
                    NAME, List.of(there("n", "int"), there("b", "longblob"), there("t", "longtext")), List.of()));
    private static final TargetDialect DIALECT = new TargetDialect(false, "meta");
    private static final byte[] BYTES = new byte[LargeWrite.LARGE_BYTES + 1];
    private static final String TEXT = "t".repeat(LargeWrite.LARGE_BYTES + 1);

    private static Column column(String name, String type) {
        return new Column(name, MySqlType.parse(type), null, null, true, false);
    }

    private static TargetColumn there(String name, String type) {
        return new TargetColumn(name, type, null, true, false);
    }

    private static String sql(Write write) {
        LargeWrite large = LargeWrite.of(write);
        return large == null ? null : large.sql(DIALECT);
    }

    @Test
    void largeValuesBecomeParameters() {
        Object[] row = {1, BYTES, TEXT};
        assertThat(sql(new Write.Insert(MAPPING, List.<Object[]>of(row))))
                .isEqualTo("INSERT INTO `s`.`t` (`n`,`b`,`t`) VALUES (1,?,CONVERT(? USING utf8mb4))");
        assertThat(sql(new Write.Replace(MAPPING, List.<Object[]>of(row))))
                .startsWith("REPLACE")
                .contains("(1,?,CONVERT(?");
        assertThat(sql(new Write.Upsert(MAPPING, List.<Object[]>of(row), false)))
                .contains("(1,?,CONVERT(? USING utf8mb4)) ON DUPLICATE KEY UPDATE `n`=VALUES(`n`)");
        assertThat(row).containsExactly(1, BYTES, TEXT);
    }

    @Test
    void whatIsComparedComesBehindWhatIsWritten() {
        Object[] before = {1, BYTES, "a"};
        Object[] after = {2, BYTES, null};
        assertThat(sql(new Write.UpdateOne(MAPPING, before, after)))
                .startsWith("UPDATE `s`.`t` SET `n`=2,`b`=?,`t`=NULL WHERE `n` <=> 1 AND `b` <=> ? AND `t` <=> 'a'");
        assertThat(sql(new Write.DeleteOne(MAPPING, before))).contains("`b` <=> ?");
        assertThat(sql(new Write.DeleteOne(MAPPING, new Object[] {1, null, TEXT})))
                .isNull();
    }

    @Test
    void byKeyOnlyTheKeyIsCompared() {
        RowMapping keyed = RowMapping.of(
                MAPPING.source(),
                new TargetTable(
                        NAME,
                        List.of(
                                new TargetColumn("n", "int", null, false, false),
                                there("b", "longblob"),
                                there("t", "longtext")),
                        List.of(new TargetKey("PRIMARY", true, List.of(new KeyPart("n", false))))));
        Object[] before = {1, BYTES, "a"};
        assertThat(sql(new Write.UpdateOne(keyed, before, new Object[] {2, BYTES, null})))
                .isEqualTo("UPDATE `s`.`t` SET `n`=2,`b`=?,`t`=NULL WHERE `n` = 1");
        assertThat(sql(new Write.DeleteOne(keyed, before))).isNull();
    }

    @Test
    void smallValuesAndSeveralRowsDoNot() {
        byte[] small = new byte[LargeWrite.LARGE_BYTES];
        assertThat(sql(new Write.Insert(MAPPING, List.<Object[]>of(new Object[] {1, small, null}))))
                .isNull();
        Object[] row = {1, BYTES, null};
        assertThat(sql(new Write.Insert(MAPPING, List.<Object[]>of(row, row)))).isNull();
        assertThat(sql(new Write.Delete(MAPPING, List.<Object[]>of(row), 1))).isNull();
    }
}
