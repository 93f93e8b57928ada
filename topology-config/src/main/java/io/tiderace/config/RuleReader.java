package io.tiderace.config;

import io.tiderace.config.BlockAllowList.Patterns;
import io.tiderace.config.Problems.Place;
import io.tiderace.config.Routes.Route;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes rules of a task's named definitions. A wrong pattern is reported once, where it is defined, and then left out. */
record RuleReader(Problems problems, Section task) {
    private static final String FIX = "correct the pattern; docs/configuration.md shows what patterns can say";

    /** DM's: the old map counts only while the new one is empty. */
    Map<String, Section> blockAllowLists() {
        Map<String, Section> lists = task.named("block-allow-list");
        return lists.isEmpty() ? task.named("black-white-list") : lists;
    }

    void checkPatterns() {
        for (Section list : blockAllowLists().values()) {
            for (String key : List.of("do-dbs", "ignore-dbs")) {
                list.texts(key).forEach(pattern -> checkPattern(pattern, list.place(key)));
            }
            for (String key : List.of("do-tables", "ignore-tables")) {
                for (Section table : list.sections(key)) {
                    checkPattern(table, "db-name");
                    checkPattern(table, "tbl-name");
                }
            }
        }
        for (Section route : task.named("routes").values()) {
            checkPattern(route, "schema-pattern");
            checkPattern(route, "table-pattern");
        }
    }

    private static boolean arePatterns(Section route) {
        String table = route.text("table-pattern");
        return TablePattern.isValid(route.text("schema-pattern")) && (table.isEmpty() || TablePattern.isValid(table));
    }

    /** An empty pattern has been reported as a key without value, where it must not be empty. */
    private void checkPattern(Section section, String key) {
        String pattern = section.text(key);
        if (!pattern.isEmpty()) {
            checkPattern(pattern, section.place(key));
        }
    }

    private void checkPattern(String pattern, Place place) {
        try {
            TablePattern.compile(pattern, true);
        } catch (IllegalArgumentException e) {
            problems.error(place, String.valueOf(e.getMessage()), FIX);
        }
    }

    BlockAllowList blockAllowList(Section list, boolean caseSensitive) {
        Patterns patterns = new Patterns(
                list.texts("do-dbs"),
                list.texts("ignore-dbs"),
                tables(list, "do-tables"),
                tables(list, "ignore-tables"));
        try {
            return BlockAllowList.compile(patterns, caseSensitive);
        } catch (ConfigException e) {
            // a pattern that checkPatterns has reported
            return BlockAllowList.all();
        }
    }

    private static List<TableName> tables(Section list, String key) {
        return list.sections(key).stream()
                .map(table -> new TableName(table.text("db-name"), table.text("tbl-name")))
                .toList();
    }

    Routes routes(List<String> names, Place place, boolean caseSensitive) {
        List<Route> routes = new ArrayList<>();
        for (String name : names) {
            Section route = task.named("routes").get(name);
            if (route != null && arePatterns(route)) {
                routes.add(new Route(
                        name,
                        route.text("schema-pattern"),
                        route.text("table-pattern"),
                        route.text("target-schema"),
                        route.text("target-table")));
            }
        }
        try {
            return Routes.compile(routes, caseSensitive);
        } catch (ConfigException e) {
            problems.error(place, e.problem(), e.cure());
            return Routes.none();
        }
    }
}
