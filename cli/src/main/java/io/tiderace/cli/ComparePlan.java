package io.tiderace.cli;

import io.tiderace.cli.SourceTables.TableColumn;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a comparison compares: for every target table the source tables whose rows it holds together. Pure. */
final class ComparePlan {
    private ComparePlan() {}

    /** A table of a source. */
    record Origin(String sourceId, TableName table) {
        @Override
        public String toString() {
            return sourceId + ":" + table;
        }
    }

    /**
     * A target table ready to be compared.
     *
     * @param target null when it cannot be compared; then the problems say why
     * @param sources in the order of the origins
     * @param rangedKeyColumns how many of the key's first columns sort alike everywhere; 0: not to be cut into chunks
     * @param problems differences of structure that mean missing data
     * @param notes differences of structure that do not
     */
    record Comparison(
            TableName name,
            List<Origin> origins,
            @Nullable CompareSql target,
            List<CompareSql> sources,
            int rangedKeyColumns,
            List<String> problems,
            List<String> notes) {}

    /** Which source tables go where, by the task's block-allow lists and routes. */
    static SortedMap<TableName, List<Origin>> origins(TaskConfig task, Map<String, SourceTables> sources) {
        SortedMap<TableName, List<Origin>> targets = new TreeMap<>();
        for (TaskConfig.Instance instance : task.instances()) {
            SourceTables tables = sources.get(instance.sourceId());
            for (TableName table : tables == null ? List.<TableName>of() : tables.names()) {
                if (instance.tables().accepts(table)) {
                    targets.computeIfAbsent(instance.routes().route(table), key -> new ArrayList<>())
                            .add(new Origin(instance.sourceId(), table));
                }
            }
        }
        return targets;
    }

    static Comparison comparison(
            TableName name,
            List<Origin> origins,
            Map<String, SourceTables> sources,
            @Nullable List<TableColumn> target) {
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (target == null) {
            problems.add("the table is missing in the target");
            return new Comparison(name, origins, null, List.of(), 0, problems, notes);
        }
        List<List<TableColumn>> structures =
                origins.stream().map(origin -> columns(sources, origin)).toList();
        List<TableColumn> common = common(target, origins, structures, problems, notes);
        List<TableColumn> key =
                common.stream().filter(column -> column.key().equals("PRI")).toList();
        boolean isWholeKey = key.size()
                == target.stream().filter(column -> column.key().equals("PRI")).count();
        if (!isWholeKey) {
            key = List.of(); // a column of the target's own is in its key: rows cannot be told apart by what the
            // sources have
        }
        CompareSql targetSql = new CompareSql(name, common, key);
        List<CompareSql> sourceSql = new ArrayList<>();
        int ranged = key.size();
        for (int i = 0; i < origins.size(); i++) {
            Map<String, TableColumn> byName = byName(structures.get(i));
            List<TableColumn> columns = pick(common, byName);
            List<TableColumn> sourceKey = pick(key, byName);
            sourceSql.add(new CompareSql(origins.get(i).table(), columns, sourceKey));
            ranged = Math.min(ranged, ranged(key, sourceKey));
        }
        return new Comparison(name, origins, targetSql, sourceSql, ranged, problems, notes);
    }

    private static List<TableColumn> columns(Map<String, SourceTables> sources, Origin origin) {
        SourceTables tables = sources.get(origin.sourceId());
        List<TableColumn> columns = tables == null ? null : tables.columns().get(origin.table());
        if (columns == null) {
            throw new IllegalArgumentException("structure of " + origin + " was not read");
        }
        return columns;
    }

    /** The target's columns that every origin has; says what else there is. */
    private static List<TableColumn> common(
            List<TableColumn> target,
            List<Origin> origins,
            List<List<TableColumn>> structures,
            List<String> problems,
            List<String> notes) {
        Map<String, TableColumn> common = new LinkedHashMap<>(byName(target));
        for (int i = 0; i < origins.size(); i++) {
            Map<String, TableColumn> source = byName(structures.get(i));
            for (TableColumn column : structures.get(i)) {
                TableColumn there = byName(target).get(lower(column.name()));
                if (there == null) {
                    problems.add("column " + column.name() + " of " + origins.get(i) + " is missing in the target");
                } else if (!sameType(column, there)) {
                    notes.add("column " + column.name() + " is " + column.type() + " at " + origins.get(i) + " and "
                            + there.type() + " in the target");
                }
            }
            for (String name : List.copyOf(common.keySet())) {
                if (!source.containsKey(name)) {
                    notes.add("column " + name + " of the target is not compared: " + origins.get(i) + " has none");
                    common.remove(name);
                }
            }
        }
        return List.copyOf(common.values());
    }

    /** The same but for what servers print differently: display widths of integers, and the letter case. */
    static boolean sameType(TableColumn one, TableColumn other) {
        return normal(one.type()).equals(normal(other.type()));
    }

    private static String normal(String type) {
        boolean hasMembers = type.startsWith("enum") || type.startsWith("set");
        String text = hasMembers ? type : type.toLowerCase(Locale.ROOT);
        return text.replaceAll("^(tinyint|smallint|mediumint|int|bigint|year)\\(\\d+\\)", "$1")
                .replace(" zerofill", "");
    }

    private static int ranged(List<TableColumn> key, List<TableColumn> other) {
        int ranged = 0;
        while (ranged < key.size() && CompareSql.isRanged(key.get(ranged), other.get(ranged))) {
            ranged++;
        }
        return ranged;
    }

    private static List<TableColumn> pick(List<TableColumn> wanted, Map<String, TableColumn> from) {
        return wanted.stream()
                .map(column -> {
                    TableColumn found = from.get(lower(column.name()));
                    return found == null ? column : found;
                })
                .toList();
    }

    private static Map<String, TableColumn> byName(List<TableColumn> columns) {
        Map<String, TableColumn> result = new LinkedHashMap<>();
        columns.forEach(column -> result.put(lower(column.name()), column));
        return result;
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** A target's columns by table, of the schemas that are needed. */
    static Map<TableName, List<TableColumn>> structures(List<SourceTables> schemas) {
        Map<TableName, List<TableColumn>> structures = new HashMap<>();
        schemas.forEach(schema -> structures.putAll(schema.columns()));
        return structures;
    }
}
