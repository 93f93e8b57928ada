package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random histories of one table with two unique columns, such as a real source could have had. */
final class Histories {
    enum Shape {
        INTEGER_KEY,
        LOOSE_TEXT_KEY,
        KEYLESS
    }

    private static final TableName NAME = new TableName("shop", "t");

    final RowMapping mapping;
    final ModelTarget source;
    private final Shape shape;
    private final Random random;

    Histories(Shape shape, long seed) {
        this.shape = shape;
        this.random = new Random(seed);
        TargetTable target = target(shape);
        this.mapping = RowMapping.of(structure(shape), target);
        this.source = new ModelTarget(target);
    }

    static TargetTable target(Shape shape) {
        boolean text = shape == Shape.LOOSE_TEXT_KEY;
        List<TargetColumn> columns = List.of(
                text
                        ? new TargetColumn("k", "varchar", "utf8mb4_0900_ai_ci", false, false)
                        : new TargetColumn("k", "int", null, false, false),
                new TargetColumn("u1", "int", null, true, false),
                text
                        ? new TargetColumn("u2", "varchar", "utf8mb4_0900_ai_ci", true, false)
                        : new TargetColumn("u2", "int", null, true, false),
                new TargetColumn("v", "int", null, true, false));
        return new TargetTable(
                NAME,
                columns,
                shape == Shape.KEYLESS ? List.of() : List.of(key("PRIMARY", "k"), key("a", "u1"), key("b", "u2")));
    }

    private static TargetKey key(String name, String column) {
        return new TargetKey(name, name.equals("PRIMARY"), List.of(new KeyPart(column, false)));
    }

    static TableStructure structure(Shape shape) {
        String text = shape == Shape.LOOSE_TEXT_KEY ? "varchar(20)" : "int";
        return new TableStructure(
                NAME,
                List.of(column("k", text), column("u1", "int"), column("u2", text), column("v", "int")),
                shape == Shape.KEYLESS ? List.of() : List.of("k"));
    }

    private static Column column(String name, String type) {
        return new Column(name, MySqlType.parse(type), null, null, !name.equals("k"), false);
    }

    /** The next transaction of the source, already applied to {@link #source}. */
    List<MappedRow> transaction(long txn) {
        List<MappedRow> rows = new ArrayList<>();
        int changes = 1 + random.nextInt(4);
        while (rows.size() < changes) {
            RowChange change = change(txn, rows.size() + 1L);
            if (change != null) {
                rows.add(new MappedRow(mapping, change, 0));
            }
        }
        return rows;
    }

    /** One change that the source accepts, or null. */
    private @Nullable RowChange change(long txn, long row) {
        List<@Nullable Object[]> rows = source.rows();
        int kind = random.nextInt(10);
        try {
            if (rows.isEmpty() || kind < 4) {
                @Nullable Object[] after = image();
                source.insert(after);
                return row(txn, row, Op.INSERT, null, after);
            }
            @Nullable Object[] before = rows.get(random.nextInt(rows.size())).clone();
            if (kind < 7) {
                @Nullable Object[] after = before.clone();
                @Nullable Object[] fresh = image();
                for (int i = 0; i < after.length; i++) {
                    after[i] = random.nextInt(3) == 0 || i == 3 ? fresh[i] : after[i];
                }
                source.update(before, after);
                return row(txn, row, Op.UPDATE, before, after);
            }
            source.delete(before);
            return row(txn, row, Op.DELETE, before, null);
        } catch (ModelTarget.Duplicate e) {
            return null;
        }
    }

    private @Nullable Object[] image() {
        if (shape == Shape.LOOSE_TEXT_KEY) {
            return new @Nullable Object[] {
                text(), number(4), random.nextInt(4) == 0 ? null : text(), random.nextInt(100)
            };
        }
        return new @Nullable Object[] {1 + random.nextInt(5), number(4), number(4), random.nextInt(100)};
    }

    private @Nullable Integer number(int bound) {
        int value = random.nextInt(bound + 1);
        return value == 0 ? null : value;
    }

    private String text() {
        String[] values = {"a", "A", "á", "a ", "b", "B", "c", "ab", "AB", "d"};
        return values[random.nextInt(values.length)];
    }

    static RowChange row(
            long txn, long row, Op op, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after) {
        RowSource source = new RowSource("shop", "t", 1, null, "bin.000001", 4, 0, 0, false);
        return new RowChange(txn, row, structure(Shape.INTEGER_KEY), op, before, after, 0, source);
    }
}
