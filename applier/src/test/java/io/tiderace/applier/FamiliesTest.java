package io.tiderace.applier;

import io.tiderace.applier.Families.Link;
import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: whatever foreign keys connect is one family, and nothing else is. */
class FamiliesTest {
    private static TableName table(String name) {
        return new TableName("s", name);
    }

    private static Link link(String child, String parent) {
        return new Link(table(child), table(parent), "id", false, false);
    }

    private static @Nullable String name(Families families, String table) {
        Families.Family family = families.of(table(table));
        return family == null ? null : family.name();
    }

    /** A restarted copy must not miss what the source did to child rows, nor stop for what it did not. */
    @Test
    void onlyParentsWhoseChildrenFollowAreFollowed() {
        Families families = Families.of(List.of(
                new Link(table("line"), table("Orders"), "Id", true, false),
                new Link(table("line"), table("article"), "Code", false, true),
                new Link(table("note"), table("article"), "id", false, false)));
        MySqlType number = MySqlType.parse("int");
        TableStructure source = new TableStructure(
                table("orders"),
                List.of(
                        new Column("id", number, null, null, false, false),
                        new Column("code", number, null, null, true, false)),
                List.of("id"));
        TargetTable target = new TargetTable(
                table("orders"),
                List.of(
                        new TargetColumn("id", "int", null, false, false),
                        new TargetColumn("code", "int", null, true, false)),
                List.of(new TargetKey("PRIMARY", true, List.of(new KeyPart("id", false)))));
        @Nullable Object[] row = {1, 2};
        RowMapping orders = RowMapping.of(source, target, families.of(table("ORDERS")));
        assertThat(orders.isFollowed(row, null)).isTrue();
        assertThat(orders.isFollowed(row, new Object[] {7, 7})).isFalse();
        RowMapping article = RowMapping.of(source, target, families.of(table("article")));
        assertThat(article.isFollowed(row, null)).isFalse();
        assertThat(article.isFollowed(row, new Object[] {7, 2})).isFalse();
        assertThat(article.isFollowed(row, new Object[] {1, 7})).isTrue();
        RowMapping line = RowMapping.of(source, target, families.of(table("line")));
        assertThat(line.isInFamily()).isTrue();
        assertThat(line.isFollowed(row, null)).isFalse();
        assertThat(RowMapping.of(source, target).isFollowed(row, null)).isFalse();
        assertThat(update(article, row, new Object[] {7, 2}))
                .isEqualTo("UPDATE `s`.`orders` SET `id`=7 WHERE `id` = 1");
        assertThat(update(article, row, new Object[] {1, 7})).startsWith("UPDATE `s`.`orders` SET `id`=1,`code`=7 ");
        assertThat(update(orders, row, new Object[] {7, 2})).startsWith("UPDATE `s`.`orders` SET `id`=7,`code`=2 ");
    }

    private static String update(RowMapping mapping, @Nullable Object[] before, @Nullable Object[] after) {
        return new TargetDialect(true, "meta").write(new Write.UpdateOne(mapping, before, after));
    }

    @Test
    void connectedTablesShareAFamilyWhateverTheLettersAre() {
        Families families = Families.of(List.of(link("b", "a"), link("C", "B"), link("y", "x"), link("tree", "tree")));
        assertThat(name(families, "a"))
                .isNotNull()
                .isEqualTo(name(families, "b"))
                .isEqualTo(name(families, "c"));
        assertThat(name(families, "x")).isEqualTo(name(families, "y")).isNotEqualTo(name(families, "a"));
        assertThat(name(families, "tree")).isNotNull();
        assertThat(name(families, "alone")).isNull();
    }

    @Property
    void aFamilyIsWhatLinksReach(@ForAll List<@IntRange(max = 99) Integer> pairs) {
        List<Link> links = pairs.stream()
                .map(pair -> link("t" + pair / 10, "t" + pair % 10))
                .toList();
        Families families = Families.of(links);
        for (int from = 0; from < 10; from++) {
            for (int to = 0; to < 10; to++) {
                String family = name(families, "t" + from);
                boolean isShared = family != null && family.equals(name(families, "t" + to));
                assertThat(isShared).isEqualTo(isReached(pairs, from, to));
            }
        }
    }

    /** By walking along the links in both directions. */
    private static boolean isReached(List<Integer> pairs, int from, int to) {
        boolean[] seen = new boolean[10];
        seen[from] = true;
        for (int round = 0; round < 10; round++) {
            for (int pair : pairs) {
                boolean isTouched = seen[pair / 10] || seen[pair % 10];
                seen[pair / 10] |= isTouched;
                seen[pair % 10] |= isTouched;
            }
        }
        return seen[to] && pairs.stream().anyMatch(pair -> pair / 10 == to || pair % 10 == to);
    }
}
