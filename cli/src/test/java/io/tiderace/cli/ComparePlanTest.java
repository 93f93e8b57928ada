package io.tiderace.cli;

import io.tiderace.cli.ComparePlan.Comparison;
import io.tiderace.cli.ComparePlan.Origin;
import io.tiderace.cli.SourceTables.TableColumn;
import io.tiderace.schemas.TableName;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What is compared with what, and in which ranges of the key. */
class ComparePlanTest {
    private static final TableName SOURCE = new TableName("s", "t_1");
    private static final TableName TARGET = new TableName("d", "t");
    private static final Origin ORIGIN = new Origin("s1", SOURCE);

    private static TableColumn column(String name, String type, String collation, String key) {
        return new TableColumn(name, type, null, collation, key);
    }

    private static Comparison plan(List<TableColumn> source, List<TableColumn> target) {
        SourceTables tables = new SourceTables(new TreeMap<>(Map.of(SOURCE, source)));
        return ComparePlan.comparison(TARGET, List.of(ORIGIN), Map.of("s1", tables), target);
    }

    @Test
    void columnsThatTheTargetLacksAreProblemsOthersAreNotes() {
        Comparison plan = plan(
                List.of(
                        column("id", "int(11)", null, "PRI"),
                        column("gone", "int", null, ""),
                        column("w", "int", null, "")),
                List.of(
                        column("ID", "int", null, "PRI"),
                        column("own", "int", null, ""),
                        column("w", "bigint", null, "")));
        assertThat(plan.problems()).containsExactly("column gone of s1:s.t_1 is missing in the target");
        assertThat(plan.notes())
                .containsExactlyInAnyOrder(
                        "column w is int at s1:s.t_1 and bigint in the target",
                        "column own of the target is not compared: s1:s.t_1 has none");
        assertThat(plan.sources().get(0).columns())
                .extracting(TableColumn::name)
                .containsExactly("id", "w");
        assertThat(plan.rangedKeyColumns()).isEqualTo(1);
    }

    @Test
    void keysThatSortDifferentlyAreNotCut() {
        Comparison plan = plan(
                List.of(column("a", "int", null, "PRI"), column("b", "varchar(5)", "utf8mb4_0900_ai_ci", "PRI")),
                List.of(column("a", "int", null, "PRI"), column("b", "varchar(5)", "utf8mb4_bin", "PRI")));
        assertThat(plan.rangedKeyColumns()).isEqualTo(1);
    }

    @Test
    void aMissingTableIsAProblem() {
        Comparison plan = ComparePlan.comparison(TARGET, List.of(ORIGIN), Map.of(), null);
        assertThat(plan.target()).isNull();
        assertThat(plan.problems()).hasSize(1);
    }

    @Test
    void displayWidthsAndLetterCaseAreNoDifference() {
        assertThat(ComparePlan.sameType(
                        column("a", "INT(11) UNSIGNED", null, ""), column("a", "int unsigned", null, "")))
                .isTrue();
        assertThat(ComparePlan.sameType(column("a", "varchar(5)", null, ""), column("a", "varchar(6)", null, "")))
                .isFalse();
        assertThat(ComparePlan.sameType(column("a", "enum('A')", null, ""), column("a", "enum('a')", null, "")))
                .isFalse();
    }

    @Test
    void aRangeOfACompositeKeyIsSpeltOut() {
        KeyRange range = new KeyRange(List.of(1, "x"), List.of(2, "y"));
        assertThat(range.condition(List.of("a", "b")))
                .isEqualTo("((a > ?) OR (a = ? AND b > ?)) AND ((a < ?) OR (a = ? AND b <= ?))");
        assertThat(range.parameters()).containsExactly(1, 1, "x", 2, 2, "y");
        assertThat(KeyRange.ALL.condition(List.of("a"))).isEqualTo("1 = 1");
    }

    @Test
    void rowsOfEqualValueAreEqual() {
        ComparedRow one = new ComparedRow("h", List.of("{\"a\": 1.0, \"b\": [1]}", "1e2"), List.of(true, false));
        assertThat(one.isSame(new ComparedRow("h", List.of("{\"b\":[1],\"a\":1}", "100"), List.of(true, false))))
                .isTrue();
        assertThat(one.isSame(new ComparedRow("h", List.of("{\"b\":[2],\"a\":1}", "100"), List.of(true, false))))
                .isFalse();
        assertThat(one.isSame(new ComparedRow("g", one.values(), one.isJson()))).isFalse();
    }
}
