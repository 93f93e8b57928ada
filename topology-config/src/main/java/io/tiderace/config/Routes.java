package io.tiderace.config;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Where tables go; DM's routes compiled. Pure and thread-safe. Source of the rule: DM's table router. */
public interface Routes {
    /**
     * The target of a table: its table-level route, else its schema-level route, else its own name.
     *
     * @throws io.tiderace.schemas.TideraceException.ConfigException when two routes of one level give different targets
     */
    TableName route(TableName source);

    /**
     * The target of a schema (CREATE, ALTER, DROP DATABASE): schema-level routes only.
     *
     * @throws io.tiderace.schemas.TideraceException.ConfigException when two routes give different targets
     */
    String routeSchema(String schema);

    /** What is wrong with these routes for tables that really exist: ambiguous routes and colliding targets, a sentence each. */
    default List<String> check(Collection<TableName> sourceTables) {
        List<String> problems = new ArrayList<>();
        List<TableName> targets = new ArrayList<>();
        for (TableName source : new TreeSet<>(sourceTables)) {
            try {
                targets.add(route(source));
            } catch (ConfigException e) {
                problems.add(e.problem());
            }
        }
        problems.addAll(caseCollisions(targets));
        return problems;
    }

    /** Every table keeps its name. */
    static Routes none() {
        return compile(List.of(), false);
    }

    /**
     * @throws io.tiderace.schemas.TideraceException.ConfigException naming the pattern that is not one, or the routes that overlap
     */
    static Routes compile(List<Route> routes, boolean caseSensitive) {
        return CompiledRoutes.compile(routes, caseSensitive);
    }

    /** Targets that differ only in the case of their letters, which the target server may take for one table; a sentence each. */
    static List<String> caseCollisions(Collection<TableName> targets) {
        Map<String, TreeSet<TableName>> byFolded = new TreeMap<>();
        for (TableName target : targets) {
            byFolded.computeIfAbsent(target.toString().toLowerCase(Locale.ROOT), folded -> new TreeSet<>())
                    .add(target);
        }
        List<String> problems = new ArrayList<>();
        for (TreeSet<TableName> names : byFolded.values()) {
            if (names.size() > 1) {
                problems.add("the target tables " + names + " differ only in case");
            }
        }
        return problems;
    }

    /**
     * One route as written.
     *
     * @param tablePattern empty for a schema-level route
     * @param targetTable empty to keep the table's name
     */
    record Route(String name, String schemaPattern, String tablePattern, String targetSchema, String targetTable) {}
}
