package io.tiderace.tests;

import io.tiderace.schemas.TableStructure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Random changes of tables that foreign keys connect: a primary key that is cascaded, a unique key of two columns that is cascaded or set to NULL, a
 * table that refers to itself. The topic gets what a log holds, the model what InnoDB makes of it.
 */
final class FamilyHistory {
    private static final int IDS = 30;

    /** InnoDB cascades through no more than 15 levels. */
    private static final int DEPTH_MAX = 10;

    private final ApplierStand stand;
    private final Random random;
    private final TableStructure owners;
    private final TableStructure goods;
    private final TableStructure tree;
    private final TableStructure alone;

    /** id, a, b. */
    private final Map<Integer, Object[]> ownerRows = new TreeMap<>();

    /** id, owner, a, b. */
    private final Map<Integer, Object[]> goodsRows = new TreeMap<>();

    private final Map<Integer, Integer> treeRows = new TreeMap<>();
    private int aloneRows;

    FamilyHistory(ApplierStand stand, long seed) throws SQLException {
        System.err.println("seed " + seed);
        this.stand = stand;
        this.random = new Random(seed);
        this.owners = stand.create("owners", "PRIMARY KEY (id), UNIQUE KEY (a, b)", new String[][] {
            {"id", "int"}, {"a", "int"}, {"b", "varchar(10)"}
        });
        this.goods = stand.create(
                "goods",
                "PRIMARY KEY (id), FOREIGN KEY (owner) REFERENCES owners (id) ON DELETE CASCADE ON UPDATE CASCADE, "
                        + "FOREIGN KEY (a, b) REFERENCES owners (a, b) ON DELETE SET NULL ON UPDATE CASCADE",
                new String[][] {{"id", "int"}, {"owner", "int"}, {"a", "int"}, {"b", "varchar(10)"}});
        this.tree = stand.create(
                "tree",
                "PRIMARY KEY (id), FOREIGN KEY (above) REFERENCES tree (id) ON DELETE CASCADE",
                new String[][] {{"id", "int"}, {"above", "int"}});
        this.alone = stand.create("alone", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
    }

    void transaction() {
        for (int i = random.nextInt(4); i >= 0; i--) {
            change();
        }
        stand.topic.commit();
    }

    private void change() {
        int id = random.nextInt(IDS);
        switch (random.nextInt(10)) {
            case 0, 1 -> addOwner(id);
            case 2 -> removeOwner(id);
            case 3 -> moveOwner(id, random.nextInt(IDS));
            case 4 -> renameOwner(id);
            case 5, 6 -> addGoods(id);
            case 7 -> changeGoods(id);
            case 8 -> changeTree(id);
            default -> stand.topic.insert(alone, ++aloneRows);
        }
    }

    private boolean isNameFree(int a, String b) {
        return ownerRows.values().stream().noneMatch(row -> row[1].equals(a) && row[2].equals(b));
    }

    private void addOwner(int id) {
        int a = random.nextInt(5);
        String b = "b" + random.nextInt(10);
        if (!ownerRows.containsKey(id) && isNameFree(a, b)) {
            Object[] row = {id, a, b};
            stand.topic.insert(owners, row);
            ownerRows.put(id, row);
        }
    }

    private void removeOwner(int id) {
        Object[] row = ownerRows.remove(id);
        if (row != null) {
            stand.topic.delete(owners, row);
            goodsRows.values().removeIf(child -> Objects.equals(child[1], id));
            renameGoods(row, null, null);
        }
    }

    private void renameGoods(Object[] owner, Integer a, String b) {
        goodsRows.replaceAll((id, child) -> Objects.equals(child[2], owner[1]) && Objects.equals(child[3], owner[2])
                ? new Object[] {child[0], child[1], a, b}
                : child);
    }

    private void moveOwner(int id, int to) {
        Object[] row = ownerRows.get(id);
        if (row != null && !ownerRows.containsKey(to)) {
            Object[] moved = {to, row[1], row[2]};
            stand.topic.update(owners, row, moved);
            ownerRows.remove(id);
            ownerRows.put(to, moved);
            goodsRows.replaceAll((key, child) ->
                    Objects.equals(child[1], id) ? new Object[] {child[0], to, child[2], child[3]} : child);
        }
    }

    private void renameOwner(int id) {
        Object[] row = ownerRows.get(id);
        int a = random.nextInt(5);
        String b = "b" + random.nextInt(10);
        if (row != null && isNameFree(a, b)) {
            Object[] renamed = {id, a, b};
            stand.topic.update(owners, row, renamed);
            ownerRows.put(id, renamed);
            renameGoods(row, a, b);
        }
    }

    private Object[] someOwner() {
        List<Object[]> rows = new ArrayList<>(ownerRows.values());
        return rows.isEmpty() ? new Object[] {null, null, null} : rows.get(random.nextInt(rows.size()));
    }

    private void addGoods(int id) {
        if (!goodsRows.containsKey(id)) {
            Object[] name = someOwner();
            Object[] row = {id, someOwner()[0], name[1], name[2]};
            stand.topic.insert(goods, row);
            goodsRows.put(id, row);
        }
    }

    private void changeGoods(int id) {
        Object[] row = goodsRows.remove(id);
        if (row != null && random.nextBoolean()) {
            stand.topic.delete(goods, row);
        } else if (row != null) {
            Object[] after = {id, someOwner()[0], row[2], row[3]};
            stand.topic.update(goods, row, after);
            goodsRows.put(id, after);
        }
    }

    private void changeTree(int id) {
        if (treeRows.containsKey(id)) {
            if (random.nextInt(3) == 0) {
                stand.topic.delete(tree, id, treeRows.get(id));
                fell(id);
            }
            return;
        }
        List<Integer> ids =
                treeRows.keySet().stream().filter(key -> depth(key) < DEPTH_MAX).toList();
        Integer above = ids.isEmpty() ? null : ids.get(random.nextInt(ids.size()));
        stand.topic.insert(tree, id, above);
        treeRows.put(id, above);
    }

    private int depth(int id) {
        int depth = 1;
        for (Integer above = treeRows.get(id); above != null; above = treeRows.get(above)) {
            depth++;
        }
        return depth;
    }

    private void fell(int id) {
        treeRows.remove(id);
        List<Integer> below = treeRows.entrySet().stream()
                .filter(row -> Objects.equals(row.getValue(), id))
                .map(Map.Entry::getKey)
                .toList();
        below.forEach(this::fell);
    }

    void assertEqual() throws SQLException {
        assertThat(rows(owners)).containsExactlyElementsOf(text(ownerRows));
        assertThat(rows(goods)).containsExactlyElementsOf(text(goodsRows));
        assertThat(rows(tree))
                .containsExactlyElementsOf(treeRows.entrySet().stream()
                        .map(row -> row.getKey() + "|" + row.getValue())
                        .toList());
        assertThat(rows(alone)).hasSize(aloneRows);
    }

    private List<String> rows(TableStructure table) throws SQLException {
        return stand.query("SELECT * FROM " + table.name().quoted() + " ORDER BY id");
    }

    private static List<String> text(Map<Integer, Object[]> rows) {
        return rows.values().stream().map(ApplierStand::text).toList();
    }
}
