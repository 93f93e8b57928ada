package io.tiderace.config;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rule itself. DM leaves a table unrouted when two routes fit; here that is an error, at start where the patterns show it. */
record CompiledRoutes(List<Compiled> tableLevel, List<Compiled> schemaLevel) implements Routes {
    private static final String CURE =
            "make the patterns of the routes exclude each other, or leave one of them out of route-rules";

    static CompiledRoutes compile(List<Route> routes, boolean caseSensitive) {
        List<Compiled> compiled = new ArrayList<>();
        for (Route route : routes) {
            try {
                compiled.add(Compiled.of(route, caseSensitive));
            } catch (IllegalArgumentException e) {
                throw new ConfigException(
                        "TR-T002",
                        "route \"" + route.name() + "\": " + e.getMessage(),
                        "correct the pattern, see docs/configuration.md",
                        e);
            }
        }
        List<String> overlaps = overlaps(compiled);
        if (!overlaps.isEmpty()) {
            throw new ConfigException("TR-T003", String.join("; ", overlaps), CURE);
        }
        return of(compiled);
    }

    private static CompiledRoutes of(List<Compiled> routes) {
        return new CompiledRoutes(
                routes.stream().filter(route -> route.table() != null).toList(),
                routes.stream().filter(route -> route.table() == null).toList());
    }

    /** A sentence for each pair of routes of one level that some name fits both and that disagree on its target. */
    private static List<String> overlaps(List<Compiled> routes) {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < routes.size(); i++) {
            for (int j = i + 1; j < routes.size(); j++) {
                Compiled one = routes.get(i);
                Compiled other = routes.get(j);
                one.overlap(other).ifPresent(example -> problems.add(disagreement(example, List.of(one, other))));
            }
        }
        return problems;
    }

    private static String disagreement(String name, List<Compiled> routes) {
        StringBuilder text = new StringBuilder("\"" + name + "\" fits more than one route:");
        for (Compiled route : routes) {
            text.append(" \"").append(route.route().name()).append("\" to ").append(route.target());
            text.append(',');
        }
        text.setLength(text.length() - 1);
        return text.toString();
    }

    @Override
    public TableName route(TableName source) {
        Compiled route = only(fittingTable(source), source.toString());
        return route == null ? source : route.apply(source);
    }

    private List<Compiled> fittingTable(TableName source) {
        List<Compiled> fitting =
                tableLevel.stream().filter(route -> route.matches(source)).toList();
        return fitting.isEmpty() ? fittingSchema(source.schema()) : fitting;
    }

    private List<Compiled> fittingSchema(String schema) {
        return schemaLevel.stream()
                .filter(route -> route.schema().matches(schema))
                .toList();
    }

    @Override
    public String routeSchema(String schema) {
        Compiled route = only(fittingSchema(schema), schema);
        return route == null ? schema : route.route().targetSchema();
    }

    private static @Nullable Compiled only(List<Compiled> fitting, String name) {
        if (disagree(fitting)) {
            throw new ConfigException("TR-T003", disagreement(name, fitting), CURE);
        }
        return fitting.isEmpty() ? null : fitting.get(0);
    }

    private static boolean disagree(List<Compiled> fitting) {
        return fitting.stream().map(Compiled::target).distinct().count() > 1;
    }

    /** A route with its patterns; {@code table} is null for a schema-level one. */
    record Compiled(
            Route route, TablePattern schema, @Nullable TablePattern table) {
        static Compiled of(Route route, boolean caseSensitive) {
            return new Compiled(
                    route,
                    TablePattern.compile(route.schemaPattern(), caseSensitive),
                    route.tablePattern().isEmpty() ? null : TablePattern.compile(route.tablePattern(), caseSensitive));
        }

        boolean matches(TableName source) {
            return schema.matches(source.schema()) && table != null && table.matches(source.table());
        }

        TableName apply(TableName source) {
            return new TableName(
                    route.targetSchema(), route.targetTable().isEmpty() ? source.table() : route.targetTable());
        }

        String target() {
            return TableName.quote(route.targetSchema()) + "."
                    + (route.targetTable().isEmpty() ? "*" : TableName.quote(route.targetTable()));
        }

        /** A name that fits both, when they are of one level and disagree on the target. */
        Optional<String> overlap(Compiled other) {
            if (target().equals(other.target())) {
                return Optional.empty();
            }
            Optional<String> schemaName = schema.overlap(other.schema);
            if (table == null || other.table == null) {
                return table == other.table ? schemaName : Optional.empty();
            }
            TablePattern otherTable = other.table;
            return schemaName.flatMap(name -> table.overlap(otherTable).map(tableName -> name + "." + tableName));
        }
    }
}
