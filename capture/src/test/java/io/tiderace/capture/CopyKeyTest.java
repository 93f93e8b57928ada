package io.tiderace.capture;

import io.tiderace.capture.CopyKey.IndexPart;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a table is read by the best index there is, and ranges say in SQL what they are. Method: structures and indexes by hand. */
class CopyKeyTest {
    private static final TableStructure TABLE = new TableStructure(
            new TableName("s", "t"),
            List.of(
                    column("id", "bigint"),
                    column("a", "varchar(20)"),
                    column("b", "datetime(6)"),
                    column("e", "enum('x','y')"),
                    column("j", "json")),
            List.of());

    @Test
    void thePrimaryKeyIsTaken() {
        assertThat(CopyKey.choose(TABLE, List.of(part("u", 1, "a"), part("PRIMARY", 1, "b"), part("PRIMARY", 2, "id"))))
                .isEqualTo(new CopyKey("PRIMARY", List.of(2, 0), List.of(false, false), true));
    }

    @Test
    void aUniqueKeyWithoutNullsWillDo() {
        IndexPart nullable = new IndexPart("n", 1, "id", false, false, true);
        IndexPart prefix = new IndexPart("p", 1, "a", false, true, false);
        IndexPart expression = new IndexPart("x", 1, null, false, false, false);
        assertThat(CopyKey.choose(TABLE, List.of(nullable, prefix, expression))).isNull();
        assertThat(CopyKey.choose(TABLE, List.of(nullable, prefix, expression, part("u", 1, "b"))))
                .isEqualTo(new CopyKey("u", List.of(2), List.of(false), true));
    }

    @Test
    void anIndexThatCanBeSoughtIsBetterThanOneThatCannot() {
        List<IndexPart> parts = List.of(part("PRIMARY", 1, "e"), part("u", 1, "a"), part("u", 2, "id"));
        assertThat(CopyKey.choose(TABLE, parts))
                .isEqualTo(new CopyKey("u", List.of(1, 0), List.of(false, false), true));
        assertThat(CopyKey.choose(TABLE, parts.subList(0, 1)))
                .isEqualTo(new CopyKey("PRIMARY", List.of(3), List.of(false), false));
    }

    @Test
    void aRangeIsWrittenSoThatTheIndexIsUsed() {
        CopyKey key = new CopyKey("PRIMARY", List.of(0, 2), List.of(false, true), true);
        KeyRange range = new KeyRange(List.of("1", "'x'"), List.of("2", "'y'"));
        assertThat(key.where(TABLE, range))
                .isEqualTo(" WHERE `id` >= 1 AND ((`id` > 1) OR (`id` = 1 AND `b` < 'x'))"
                        + " AND `id` <= 2 AND ((`id` < 2) OR (`id` = 2 AND `b` >= 'y'))");
        assertThat(key.orderBy(TABLE)).isEqualTo(" ORDER BY `id`, `b` DESC");
        assertThat(key.where(TABLE, KeyRange.ALL)).isEmpty();
        CopyKey single = new CopyKey("u", List.of(1), List.of(false), true);
        assertThat(single.where(TABLE, new KeyRange(null, List.of("'z'")))).isEqualTo(" WHERE (`a` <= 'z')");
    }

    private static IndexPart part(String index, int number, String column) {
        return new IndexPart(index, number, column, false, false, false);
    }

    private static Column column(String name, String type) {
        return new Column(name, MySqlType.parse(type), null, null, false, false);
    }
}
