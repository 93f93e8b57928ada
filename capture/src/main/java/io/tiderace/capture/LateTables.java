package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tables that are copied while the stream goes on, and what the stream has changed of them while one is being looked at.
 *
 * <p>A look at the source (rows or definitions) is good at the place of the stream where it is written, when the stream has come past everything
 * that the look may have seen, and what the stream has passed since the look was announced is taken out of it: rows by their keys; with a statement
 * on the table the whole look. So a chunk holds exactly what the source had at that place, but for rows that the stream has brought already.
 *
 * <p>No locks: between two transactions the thread that looks may use it, inside one the thread that reads the log; {@link StreamBoundary} sees to
 * it.
 */
final class LateTables {
    /** More changes than this during one look, and it is taken again. */
    static final int TOUCHED_MAX = 200_000;

    private final Map<TableName, LateTable> tables = new TreeMap<>();
    private final Map<TableName, @Nullable LateTable> changed = new TreeMap<>();
    private @Nullable Look look;
    private int version;

    LateTables(Map<TableName, LateTable> tables) {
        this.tables.putAll(tables);
    }

    /** What the stream has changed of some tables since a look at them was announced. */
    static final class Look {
        private final Map<TableName, Set<ByteBuffer>> touched = new HashMap<>();
        private int touches;
        private boolean isSpoilt;

        private Look(Collection<TableName> tables) {
            tables.forEach(table -> touched.put(table, new HashSet<>()));
        }

        /** True when what is seen must not be used. */
        boolean isSpoilt() {
            return isSpoilt;
        }

        boolean isTouched(TableName table, byte[] key) {
            Set<ByteBuffer> keys = touched.get(table);
            return keys != null && keys.contains(ByteBuffer.wrap(key));
        }

        private void touch(TableName table, byte[] key) {
            Set<ByteBuffer> keys = touched.get(table);
            if (keys != null && !isSpoilt) {
                keys.add(ByteBuffer.wrap(key));
                isSpoilt = ++touches > TOUCHED_MAX;
            }
        }

        /** Errs to true: a name may be quoted in more than one way, so it is only looked for. */
        private boolean isOf(String statement) {
            String text = statement.toLowerCase(Locale.ROOT).replace("``", "`");
            return touched.keySet().stream()
                    .anyMatch(table -> text.contains(table.table().toLowerCase(Locale.ROOT))
                            || text.contains(table.schema().toLowerCase(Locale.ROOT)));
        }
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    /** In the order of their names. */
    Map<TableName, LateTable> tables() {
        return tables;
    }

    @Nullable
    LateTable table(TableName name) {
        return tables.get(name);
    }

    /** True when a list accepts the table, but its changes are not captured yet. */
    boolean isAwaited(TableName name) {
        LateTable table = tables.get(name);
        return table != null && !table.isCaptured();
    }

    /** Grows when other tables are captured than before. */
    int version() {
        return version;
    }

    /** Announces a look; from now on it is told what the stream changes. There is one at a time. */
    Look look(Collection<TableName> at) {
        Look begun = new Look(at);
        look = begun;
        return begun;
    }

    void lookAway() {
        look = null;
    }

    /** Puts a table's state; null when it is whole or gone. */
    void put(TableName name, @Nullable LateTable state) {
        LateTable before = state == null ? tables.remove(name) : tables.put(name, state);
        boolean wasAwaited = before != null && !before.isCaptured();
        boolean isAwaited = state != null && !state.isCaptured();
        if (wasAwaited != isAwaited) {
            version++;
        }
        changed.put(name, state);
    }

    /** States that have changed since the last call, null for those that are not needed any more; to be stored with the stream's place. */
    Map<TableName, @Nullable LateTable> takeChanged() {
        Map<TableName, @Nullable LateTable> result = new TreeMap<>(changed);
        changed.clear();
        return result;
    }

    boolean hasChanged() {
        return !changed.isEmpty();
    }

    /** The stream brings a row of a late table; its changes must be known by their keys, before and after. */
    void touched(TableName table, byte[] key) {
        if (look != null) {
            look.touch(table, key);
        }
    }

    /** The stream brings what is not known row by row: whatever is looked at has to be looked at again. */
    void spoil() {
        if (look != null) {
            look.isSpoilt = true;
        }
    }

    /** A table under another name. */
    record Rename(TableName from, TableName to) {}

    /**
     * The stream passes a statement on tables.
     *
     * @param renames in the order in which they take place
     * @param structureOf what a table that is wanted looks like afterwards, null for others and where there is none
     * @return a table whose rows cannot be told apart any more while a part of them is copied; null when there is none
     */
    @Nullable
    TableName statement(String sql, List<Rename> renames, Function<TableName, @Nullable TableStructure> structureOf) {
        if (look != null && look.isOf(sql)) {
            look.isSpoilt = true;
        }
        for (Rename rename : renames) {
            LateTable state = tables.get(rename.from());
            if (state != null && state.isCaptured()) {
                put(rename.from(), null);
                put(rename.to(), state);
            }
        }
        for (TableName name : List.copyOf(tables.keySet())) {
            LateTable state = tables.get(name);
            if (state == null || !state.isCaptured()) {
                continue;
            }
            TableStructure structure = structureOf.apply(name);
            if (structure == null) {
                put(name, null);
            } else if (state.isKeyed() && structure.primaryKey().isEmpty()) {
                return name;
            } else if (!state.isKeyed() && !structure.primaryKey().isEmpty()) {
                put(name, state.captured(true));
            }
        }
        return null;
    }
}
