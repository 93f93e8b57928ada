package io.tiderace.config;

import io.tiderace.config.TaskConfig.Instance;
import io.tiderace.config.TaskConfig.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link TaskConfig} of a task file's root.
 *
 * @param sources by id, null when no source files were given and references to them cannot be checked
 */
record TaskReader(
        Problems problems,
        DatabaseReader databases,
        @Nullable Map<String, SourceConfig> sources) {
    /** DM's names of prechecks (dm/pkg/checker). */
    private static final Set<String> CHECKS = Set.of(
            "all",
            "auto_increment_ID",
            "binlog_db",
            "binlog_enable",
            "binlog_format",
            "binlog_row_image",
            "conn_number",
            "downstream_mutex_features",
            "downstream_table_empty",
            "downstream_version",
            "dump_privilege",
            "empty_region",
            "free_space",
            "meta_position",
            "online_ddl",
            "primary_key",
            "region_distribution",
            "replication_privilege",
            "schema_of_shard_tables",
            "server_id",
            "table_schema",
            "target_privilege",
            "version");

    /** The maps of named settings whose entries must all be used; block-allow lists are exempt, as in DM. */
    private static final List<String> MUST_BE_USED =
            List.of("routes", "filters", "mydumpers", "loaders", "syncers", "expression-filter", "validators");

    TaskConfig read(Section task) {
        checkItems(task);
        if (!task.has("online-ddl")) {
            problems.warning(
                    task.place(),
                    "online-ddl is not set, and DM's default is true: gh-ost and pt-osc tables are carried as ordinary tables here"
                            + " (docs/configuration.md, \"Online DDL\"); write `online-ddl: false` to confirm");
        }
        Mode mode = mode(task);
        RuleReader rules = new RuleReader(problems, task);
        Map<String, Set<String>> used = new HashMap<>();
        List<Instance> instances = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        for (Section section : task.sections("mysql-instances")) {
            checkSource(section, seen, task.flag("case-sensitive"));
            instances.add(new InstanceReader(problems, task, section, mode, rules, used)
                    .read(isCaseSensitive(task, section.text("source-id"))));
        }
        if (instances.isEmpty() && task.has("mysql-instances")) {
            problems.error(task.place("mysql-instances"), "is empty", "add an item with the source-id of a source");
        }
        checkUnused(task, used);
        return new TaskConfig(
                task.text("name"),
                mode,
                task.text("meta-schema"),
                databases.target(task.section("target-database")),
                task.texts("ignore-checking-items"),
                instances);
    }

    private Mode mode(Section task) {
        String mode = task.text("task-mode");
        return switch (mode) {
            case "full" -> Mode.FULL;
            case "incremental" -> Mode.INCREMENTAL;
            case "dump", "load", "load&sync" -> {
                problems.error(
                        task.place("task-mode"),
                        "\"" + mode + "\" is understood but not supported yet: copies are not kept as files",
                        "use full, incremental or all");
                yield Mode.ALL;
            }
            default -> Mode.ALL;
        };
    }

    private void checkItems(Section task) {
        for (String item : task.texts("ignore-checking-items")) {
            if (!CHECKS.contains(item)) {
                problems.error(
                        task.place("ignore-checking-items"),
                        "\"" + item + "\" is not a precheck",
                        KeyTable.nearest(item, new TreeSet<>(CHECKS))
                                .map(nearest -> "did you mean \"" + nearest + "\"?")
                                .orElse("use " + String.join(", ", new TreeSet<>(CHECKS))));
            }
        }
    }

    private boolean isCaseSensitive(Section task, String sourceId) {
        SourceConfig source = sources == null ? null : sources.get(sourceId);
        return task.flag("case-sensitive") || (source != null && source.caseSensitive());
    }

    private void checkSource(Section instance, Set<String> seen, boolean isCaseSensitive) {
        String sourceId = instance.text("source-id");
        if (sourceId.isEmpty()) {
            return;
        }
        if (!seen.add(sourceId)) {
            problems.error(
                    instance.place("source-id"),
                    "\"" + sourceId + "\" is given twice",
                    "keep one item for each source");
        }
        if (sources == null) {
            return;
        }
        SourceConfig source = sources.get(sourceId);
        if (source == null) {
            Set<String> known = new TreeSet<>(sources.keySet());
            problems.error(
                    instance.place("source-id"),
                    "there is no source \"" + sourceId + "\" among the source files; known: "
                            + String.join(", ", known),
                    KeyTable.nearest(sourceId, known)
                            .map(nearest -> "did you mean \"" + nearest + "\"?")
                            .orElse("add its file with --source, or correct the name"));
        } else if (source.caseSensitive() && !isCaseSensitive) {
            problems.warning(
                    instance.place("source-id"),
                    "the source \"" + sourceId
                            + "\" has case-sensitive: true and the task has not: rules match with case");
        }
    }

    private void checkUnused(Section task, Map<String, Set<String>> used) {
        for (String map : MUST_BE_USED) {
            new TreeMap<>(task.named(map)).forEach((name, section) -> {
                if (!used.getOrDefault(map, Set.of()).contains(name)) {
                    problems.error(
                            section.place(),
                            "is not used by any item of mysql-instances",
                            "refer to it there, or remove it");
                }
            });
        }
    }
}
