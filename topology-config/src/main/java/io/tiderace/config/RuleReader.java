package io.tiderace.config;

import io.tiderace.config.BlockAllowList.Patterns;
import io.tiderace.config.Problems.Place;
import io.tiderace.config.Routes.Route;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes rules of a task's named definitions. A wrong pattern has been reported where it stands, and is left out. */
record RuleReader(Problems problems, Section task) {
    /** DM's: the old map counts only while the new one is empty. */
    Map<String, Section> blockAllowLists() {
        Map<String, Section> lists = task.named("block-allow-list");
        return lists.isEmpty() ? task.named("black-white-list") : lists;
    }

    BlockAllowList blockAllowList(Section list, boolean caseSensitive) {
        Patterns patterns = new Patterns(
                list.texts("do-dbs"),
                list.texts("ignore-dbs"),
                tables(list, "do-tables"),
                tables(list, "ignore-tables"));
        return BlockAllowList.compile(patterns, caseSensitive);
    }

    private static List<TableName> tables(Section list, String key) {
        return list.sections(key).stream()
                .filter(table -> !table.text("db-name").isEmpty()
                        && !table.text("tbl-name").isEmpty())
                .map(table -> new TableName(table.text("db-name"), table.text("tbl-name")))
                .toList();
    }

    /** False when a pattern is missing because it was wrong. */
    private static boolean isWhole(Section route) {
        return !route.text("schema-pattern").isEmpty()
                && (!route.has("table-pattern") || route.values().containsKey("table-pattern"));
    }

    Routes routes(List<String> names, Place place, boolean caseSensitive) {
        List<Route> routes = new ArrayList<>();
        for (String name : names) {
            Section route = task.named("routes").get(name);
            if (route != null && isWhole(route)) {
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
