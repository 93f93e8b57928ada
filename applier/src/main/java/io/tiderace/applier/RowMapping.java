package io.tiderace.applier;

import io.tiderace.applier.Families.Family;
import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the row images of one source structure become rows of one target table: which columns are written, which of them tell rows apart,
 * and which values order changes. Immutable; every index points into the source's row image.
 */
final class RowMapping {
    private final TableStructure source;
    private final TargetTable target;
    private final int[] written;
    private final int[] errorEnums;
    private final boolean wideBits;
    private final int[] rowKey;
    private final int[] identity;
    private final boolean opaque;
    private final List<OrderKey> orderKeys;
    private final boolean tableOrdered;
    private final long tableSeed;
    private final @Nullable Family family;
    private final int[] followed;
    private final long familySeed;

    /**
     * One key of the target whose equal values force an order; without parts all rows of the table are in one order.
     *
     * @param seed of the hashes of its values, by table and columns
     */
    record OrderKey(long seed, List<OrderPart> parts) {}

    /** @param fold how values are made comparable */
    record OrderPart(int index, KeyFold fold) {}

    private RowMapping(TableStructure source, TargetTable target, @Nullable Family family) {
        this.source = source;
        this.target = target;
        this.written = writtenColumns(source, target);
        this.errorEnums = Arrays.stream(written)
                .filter(index -> EnumErrors.isPossible(source.columns().get(index)))
                .toArray();
        this.wideBits = Arrays.stream(written).anyMatch(this::isWideBit);
        this.rowKey = rowKey(source, target);
        List<Integer> identityColumns = new ArrayList<>();
        boolean anyOpaque = false;
        for (TargetKey key : target.keys()) {
            for (KeyPart part : key.parts()) {
                String column = part.column();
                int index = column == null ? -1 : source.indexOf(column);
                if (index >= 0) {
                    identityColumns.add(index);
                } else {
                    anyOpaque |= isComputed(target, part);
                }
            }
        }
        this.identity =
                identityColumns.stream().mapToInt(Integer::intValue).distinct().toArray();
        this.opaque = anyOpaque;
        this.orderKeys = rowKey.length == 0 ? List.of() : orderKeys(source, target);
        this.tableOrdered =
                isKeyless() || orderKeys.stream().anyMatch(key -> key.parts().isEmpty());
        this.tableSeed = OrderKeys.seed(target.name().toString());
        this.family = family;
        this.followed = family == null
                ? new int[0]
                : family.followed().stream().mapToInt(source::indexOf).toArray();
        this.familySeed = family == null ? 0 : OrderKeys.seed("\0family\0" + family.name());
    }

    /** @throws DataException when the target lacks a column of the source */
    static RowMapping of(TableStructure source, TargetTable target) {
        return of(source, target, null);
    }

    /**
     * Of a table whose foreign keys the target checks.
     *
     * @param family see {@link Families}, null when no foreign key is checked that concerns the table
     * @throws DataException when the target lacks a column of the source
     */
    static RowMapping of(TableStructure source, TargetTable target, @Nullable Family family) {
        return new RowMapping(source, target, family);
    }

    TableStructure source() {
        return source;
    }

    TargetTable target() {
        return target;
    }

    /** Columns that are written, in the order of the source. */
    int[] written() {
        return written;
    }

    /** Written columns that may hold ENUM's error value. */
    int[] errorEnums() {
        return errorEnums;
    }

    /** True when some written column is a {@link #isWideBit wide BIT}. */
    boolean hasWideBits() {
        return wideBits;
    }

    /** A BIT of which TiDB reverses the bytes in {@code VALUES()}: from 57 bits on. */
    boolean isWideBit(int index) {
        return column(index).type().name().equals("bit") && column(index).type().length() > 56;
    }

    /** Columns by which the target finds a row; empty for a keyless table. */
    int[] rowKey() {
        return rowKey;
    }

    boolean isKeyless() {
        return rowKey.length == 0;
    }

    /** True when changes of the table must be applied in the source's order, whatever rows they touch. */
    boolean isTableOrdered() {
        return tableOrdered;
    }

    /** Of the hash that stands for the whole table. */
    long tableSeed() {
        return tableSeed;
    }

    /** True when the target checks foreign keys that concern the table: its changes are made one by one, in the source's order. */
    boolean isInFamily() {
        return family != null;
    }

    /** True when the target may change further rows by itself with this one. */
    boolean isFollowed(@Nullable Object[] before, @Nullable Object @Nullable [] after) {
        if (family == null) {
            return false;
        }
        if (after == null) {
            return family.hasFollowers();
        }
        for (int column : followed) {
            if (column < 0 || !Objects.deepEquals(before[column], after[column])) {
                return true;
            }
        }
        return false;
    }

    /**
     * True when an update leaves a column as it is of which a change may change other rows. TiDB takes a column that is written for changed: it sets child
     * rows to NULL for a parent's key that stays.
     */
    boolean isFollowedAndKept(int index, @Nullable Object[] before, @Nullable Object[] after) {
        for (int column : followed) {
            if (column == index) {
                return Objects.deepEquals(before[index], after[index]);
            }
        }
        return false;
    }

    /** Of the hashes that stand for the family. */
    long familySeed() {
        return familySeed;
    }

    List<OrderKey> orderKeys() {
        return orderKeys;
    }

    Column column(int index) {
        return source.columns().get(index);
    }

    /** The row key's values, with integers of any width made one type. */
    List<@Nullable Object> key(@Nullable Object[] image) {
        @Nullable Object[] values = new @Nullable Object[rowKey.length];
        for (int i = 0; i < rowKey.length; i++) {
            Object value = image[rowKey[i]];
            values[i] = value instanceof Integer number
                    ? Long.valueOf(number)
                    : (value instanceof byte[] bytes ? new Bytes(bytes) : value);
        }
        return Arrays.asList(values);
    }

    /** True when the update may have changed a value of a primary or unique key, compared as written. */
    boolean changesIdentity(@Nullable Object[] before, @Nullable Object[] after) {
        return opaque || !equalAt(identity, before, after);
    }

    /** True for a column of a primary or unique key. */
    boolean isIdentity(int index) {
        return Arrays.stream(identity).anyMatch(column -> column == index);
    }

    /** True when the update changes a column that is written. */
    boolean changesValues(@Nullable Object[] before, @Nullable Object[] after) {
        return !equalAt(written, before, after);
    }

    private static boolean equalAt(int[] indexes, @Nullable Object[] left, @Nullable Object[] right) {
        for (int index : indexes) {
            if (!Objects.deepEquals(left[index], right[index])) {
                return false;
            }
        }
        return true;
    }

    private static int[] writtenColumns(TableStructure source, TargetTable target) {
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < source.columns().size(); i++) {
            Column column = source.columns().get(i);
            TargetColumn there = target.column(column.name());
            if (there == null) {
                throw new DataException(
                        "TR-A020",
                        "target table " + target.name() + " has no column '" + column.name() + "', which "
                                + source.name() + " has (" + column.type() + ")",
                        "add the column: ALTER TABLE " + target.name().quoted() + " ADD COLUMN `" + column.name() + "` "
                                + column.type() + "; then start the task again, it goes on where it stopped");
            }
            if (!there.generated()) {
                result.add(i);
            }
        }
        return result.stream().mapToInt(Integer::intValue).toArray();
    }

    /** DM's order (6.1): the primary key, else the first unique key without NULLs; its columns must all come from the source. */
    private static int[] rowKey(TableStructure source, TargetTable target) {
        for (TargetKey key : target.keys()) {
            int[] indexes = new int[key.parts().size()];
            boolean usable = true;
            for (int i = 0; i < indexes.length; i++) {
                KeyPart part = key.parts().get(i);
                TargetColumn column = part.column() == null ? null : target.column(part.column());
                indexes[i] = column == null ? -1 : source.indexOf(column.name());
                usable &= column != null && indexes[i] >= 0 && !column.nullable() && (key.primary() || !part.prefix());
            }
            if (usable) {
                return indexes;
            }
        }
        return new int[0];
    }

    private static List<OrderKey> orderKeys(TableStructure source, TargetTable target) {
        List<OrderKey> result = new ArrayList<>();
        for (TargetKey key : target.keys()) {
            List<OrderPart> parts = new ArrayList<>();
            StringBuilder name = new StringBuilder(target.name().toString());
            for (KeyPart part : key.parts()) {
                TargetColumn column = part.column() == null ? null : target.column(part.column());
                int index = column == null ? -1 : source.indexOf(column.name());
                if (column == null || index < 0 || part.prefix()) {
                    continue; // fewer parts make more keys equal, which only costs parallelism
                }
                KeyFold fold = KeyFold.of(source.columns().get(index).type(), column);
                if (fold != KeyFold.UNKNOWN) {
                    parts.add(new OrderPart(index, fold));
                    name.append('\0').append(column.name());
                }
            }
            result.add(new OrderKey(OrderKeys.seed(name.toString()), List.copyOf(parts)));
        }
        return List.copyOf(result);
    }

    private static boolean isComputed(TargetTable target, KeyPart part) {
        TargetColumn column = part.column() == null ? null : target.column(part.column());
        return column == null || column.generated();
    }

    /** A binary value that can be a map's key. */
    private record Bytes(byte[] value) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(value);
        }
    }
}
