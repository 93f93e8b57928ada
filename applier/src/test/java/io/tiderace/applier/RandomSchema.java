package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A random table of a source and what its target has of it: other columns' order, more columns, generated ones, fewer keys or none, keys on
 * generated columns, and collations that hold fewer values equal. Whatever the source accepts, the target accepts.
 */
record RandomSchema(TargetTable source, TargetTable target, TableStructure structure) {
    static final TableName NAME = new TableName("shop", "t");

    /** A generated column is the one after this prefix. */
    static final String GENERATED = "g_";

    private static final String LOOSE = "utf8mb4_general_ci";

    static RandomSchema random(Random random) {
        List<TargetColumn> columns = new ArrayList<>();
        int count = 2 + random.nextInt(4);
        List<List<String>> keys = new ArrayList<>();
        boolean hasPrimary = random.nextInt(5) > 0;
        for (int key = random.nextInt(3) + (hasPrimary ? 1 : 0); key > 0; key--) {
            keys.add(some(count, random));
        }
        Set<String> primary = hasPrimary ? new HashSet<>(keys.get(0)) : Set.of();
        for (int i = 0; i < count; i++) {
            String name = "c" + i;
            boolean nullable = !primary.contains(name) && random.nextInt(3) > 0;
            columns.add(
                    random.nextBoolean()
                            ? new TargetColumn(name, "int", null, nullable, false)
                            : new TargetColumn(
                                    name, "varchar", random.nextInt(3) > 0 ? LOOSE : "utf8mb4_bin", nullable, false));
        }
        TargetTable source = new TargetTable(NAME, columns, keys(keys, hasPrimary, random));
        return new RandomSchema(source, target(source, random), structure(source));
    }

    private static List<String> some(int count, Random random) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("c" + i);
        }
        Collections.shuffle(names, random);
        return List.copyOf(names.subList(0, 1 + random.nextInt(Math.min(2, count))));
    }

    private static List<TargetKey> keys(List<List<String>> columns, boolean hasPrimary, Random random) {
        List<TargetKey> keys = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            boolean primary = i == 0 && hasPrimary;
            String name = primary ? "PRIMARY" : "k" + i + random.nextInt(10);
            keys.add(new TargetKey(
                    name,
                    primary,
                    columns.get(i).stream()
                            .map(column -> new KeyPart(column, false))
                            .toList()));
        }
        return keys;
    }

    private static TargetTable target(TargetTable source, Random random) {
        List<TargetColumn> columns = new ArrayList<>();
        for (TargetColumn column : source.columns()) {
            boolean tighter = column.collation() != null && random.nextInt(5) == 0;
            columns.add(new TargetColumn(
                    column.name(),
                    column.type(),
                    tighter ? "utf8mb4_bin" : column.collation(),
                    column.nullable(),
                    false));
        }
        List<TargetKey> keys = new ArrayList<>();
        for (TargetKey key : source.keys()) {
            if (random.nextInt(6) > 0) {
                keys.add(key);
            }
        }
        if (random.nextInt(3) == 0) {
            columns.add(new TargetColumn("more", "int", null, true, false));
        }
        if (random.nextInt(3) == 0) {
            TargetColumn base = columns.get(random.nextInt(source.columns().size()));
            columns.add(new TargetColumn(GENERATED + base.name(), base.type(), base.collation(), true, true));
            boolean isUnique = source.keys().stream()
                    .anyMatch(key -> key.parts().size() == 1
                            && base.name().equals(key.parts().get(0).column()));
            if (isUnique) {
                keys.add(new TargetKey("kg", false, List.of(new KeyPart(GENERATED + base.name(), false))));
            }
        }
        Collections.shuffle(columns, random);
        return new TargetTable(NAME, columns, keys);
    }

    private static TableStructure structure(TargetTable source) {
        List<Column> columns = new ArrayList<>();
        for (TargetColumn column : source.columns()) {
            MySqlType type = MySqlType.parse(column.type().equals("varchar") ? "varchar(20)" : "int");
            columns.add(new Column(column.name(), type, null, null, column.nullable(), false));
        }
        List<String> key = source.keys().isEmpty() || !source.keys().get(0).primary()
                ? List.of()
                : source.keys().get(0).parts().stream()
                        .map(part -> String.valueOf(part.column()))
                        .toList();
        return new TableStructure(NAME, columns, key);
    }

    /** A row that may or may not be new to the source; few values, so that rows meet. */
    @Nullable
    Object[] image(Random random) {
        String[] texts = {"a", "A", "á", "a ", "b", "B", "ab", "AB", "c"};
        @Nullable Object[] image = new @Nullable Object[source.columns().size()];
        for (int i = 0; i < image.length; i++) {
            TargetColumn column = source.columns().get(i);
            if (column.nullable() && random.nextInt(4) == 0) {
                image[i] = null;
            } else {
                image[i] = column.type().equals("int") ? random.nextInt(4) : texts[random.nextInt(texts.length)];
            }
        }
        return image;
    }
}
