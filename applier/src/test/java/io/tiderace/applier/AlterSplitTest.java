package io.tiderace.applier;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a statement is cut where one specification ends and the next begins, and nowhere else. */
class AlterSplitTest {
    private static final List<String> SPECIFICATIONS = List.of(
            "ADD COLUMN a INT DEFAULT 1",
            "ADD COLUMN (b INT, c DECIMAL(10,2))",
            "ADD `x,y` VARCHAR(20) COMMENT 'it''s, ADD; \\', \"DROP'",
            "DROP COLUMN `a``, ADD b`",
            "MODIFY s ENUM('a,b','DROP (') NOT NULL /* , ADD c INT */",
            "CHANGE a b INT -- , DROP b\n AFTER c",
            "ADD UNIQUE KEY u (a, b(10))",
            "RENAME COLUMN a TO b",
            "ALTER COLUMN a SET DEFAULT (CONCAT('(', ','))",
            "COMMENT='one, ADD two'",
            "CONVERT TO CHARACTER SET utf8mb4",
            "DROP PARTITION p0, p1",
            "ADD INDEX (a), ALGORITHM=INPLACE, LOCK=NONE",
            "ORDER BY a, b");
    private static final List<String> HEADS = List.of(
            "ALTER TABLE t ",
            "alter table `d`.`t, ADD` ",
            "/* ADD */ ALTER IGNORE TABLE d . t\n",
            "ALTER TABLE IF EXISTS t ");

    @Property(tries = 2000)
    void theSpecificationsComeBack(
            @ForAll("specifications") List<String> specifications,
            @ForAll("heads") String head,
            @ForAll boolean spaced) {
        String sql = head + String.join(spaced ? " ,\n " : ",", specifications);
        List<String> expected = new ArrayList<>();
        specifications.forEach(each -> expected.add(head + each));
        assertThat(AlterSplit.split(sql, "STRICT_TRANS_TABLES")).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<String>> specifications() {
        return Arbitraries.of(SPECIFICATIONS).list().ofMinSize(1).ofMaxSize(6);
    }

    @Provide
    Arbitrary<String> heads() {
        return Arbitraries.of(HEADS);
    }

    @Test
    void whatIsNoAlterTableStaysWhole() {
        for (String sql : List.of(
                "CREATE TABLE t (a INT, b INT)",
                "ALTER DATABASE d CHARACTER SET utf8mb4, COLLATE utf8mb4_bin",
                "ALTER TABLE t",
                "ADD c1 5, ADD c2 6",
                "")) {
            assertThat(AlterSplit.split(sql, "")).containsExactly(sql);
        }
    }

    @Test
    void backslashesAreReadInTheModeOfTheStatement() {
        String sql = "ALTER TABLE t COMMENT 'a\\', ADD b INT COMMENT 'c'";
        assertThat(AlterSplit.split(sql, "NO_BACKSLASH_ESCAPES"))
                .containsExactly("ALTER TABLE t COMMENT 'a\\'", "ALTER TABLE t ADD b INT COMMENT 'c'");
        assertThat(AlterSplit.split(sql, "")).containsExactly(sql);
    }
}
