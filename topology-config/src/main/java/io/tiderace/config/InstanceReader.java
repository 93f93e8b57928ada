package io.tiderace.config;

import io.tiderace.config.TaskConfig.Apply;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.Copy;
import io.tiderace.config.TaskConfig.Instance;
import io.tiderace.config.TaskConfig.Mode;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.config.TaskConfig.Start;
import io.tiderace.schemas.GtidSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes one {@link Instance} of an item of {@code mysql-instances}, with the named settings it refers to.
 *
 * @param used names of each map that some item referred to; added to
 */
record InstanceReader(
        Problems problems, Section task, Section instance, Mode mode, RuleReader rules, Map<String, Set<String>> used) {
    Instance read(boolean caseSensitive) {
        List<String> routes = names("route-rules", "routes");
        names("filter-rules", "filters");
        names("expression-filters", "expression-filter");
        named("validator-config-name", "validators");
        checkLoader(settings("loader", "loaders", UnitKeys.LOADER));
        return new Instance(
                instance.text("source-id"),
                start(),
                tables(caseSensitive),
                rules.routes(routes, instance.place("route-rules"), caseSensitive),
                copy(settings("mydumper", "mydumpers", UnitKeys.MYDUMPER)),
                apply(settings("syncer", "syncers", UnitKeys.SYNCER)));
    }

    /** A list of rule names, each known and given once. */
    private List<String> names(String key, String map) {
        List<String> names = instance.texts(key);
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                problems.error(instance.place(key), "\"" + name + "\" is given twice", "keep one");
            }
            lookUp(key, map, name, task.named(map));
        }
        return names;
    }

    private @Nullable Section named(String key, String map) {
        String name = instance.text(key);
        return name.isEmpty() ? null : lookUp(key, map, name, task.named(map));
    }

    private @Nullable Section lookUp(String key, String map, String name, Map<String, Section> defined) {
        used.computeIfAbsent(map, any -> new HashSet<>()).add(name);
        Section section = defined.get(name);
        if (section == null) {
            Set<String> known = new TreeSet<>(defined.keySet());
            problems.error(
                    instance.place(key),
                    "there is no \"" + name + "\" under " + map
                            + (known.isEmpty() ? ", which is empty" : "; known: " + String.join(", ", known)),
                    KeyTable.nearest(name, known)
                            .map(nearest -> "did you mean \"" + nearest + "\"?")
                            .orElse("define it or correct the name"));
        }
        return section;
    }

    /** Settings of a unit: in place, or named, or all defaults. */
    private Section settings(String unit, String map, KeyTable table) {
        Section named = named(unit + "-config-name", map);
        Section inPlace = instance.section(unit);
        if (inPlace != null && !instance.text(unit + "-config-name").isEmpty()) {
            problems.error(
                    instance.place(unit), unit + " and " + unit + "-config-name are both given", "keep one of the two");
        }
        if (inPlace != null) {
            return inPlace;
        }
        return named != null ? named : new Section(table, instance.place(), Map.of(), Map.of());
    }

    private BlockAllowList tables(boolean caseSensitive) {
        String key = instance.text("block-allow-list").isEmpty() ? "black-white-list" : "block-allow-list";
        String name = instance.text(key);
        if (name.isEmpty()) {
            return BlockAllowList.all();
        }
        Section list = lookUp(key, "block-allow-list", name, rules.blockAllowLists());
        return list == null ? BlockAllowList.all() : rules.blockAllowList(list, caseSensitive);
    }

    private @Nullable Start start() {
        Section meta = instance.section("meta");
        if (meta == null) {
            return null;
        }
        if (mode != Mode.INCREMENTAL) {
            problems.warning(
                    instance.place("meta"),
                    "is ignored with task-mode " + task.text("task-mode")
                            + ": changes follow from where the copy was made");
            return null;
        }
        String name = meta.text("binlog-name");
        String gtid = meta.text("binlog-gtid");
        if (name.isEmpty() && gtid.isEmpty()) {
            problems.error(
                    instance.place("meta"),
                    "has neither binlog-name nor binlog-gtid",
                    "give one of them or remove meta");
        }
        if (!name.isEmpty() && !name.matches(".+\\.\\d+")) {
            problems.error(
                    meta.place("binlog-name"),
                    "\"" + name + "\" is not the name of a binlog file",
                    "use a name as SHOW BINARY LOGS prints it, for example mysql-bin.000001");
        }
        try {
            GtidSet.parse(gtid);
        } catch (IllegalArgumentException e) {
            problems.error(
                    meta.place("binlog-gtid"),
                    "is not a GTID set: " + e.getMessage(),
                    "copy it from @@gtid_executed or SHOW MASTER STATUS");
        }
        return new Start(name.isEmpty() ? null : name, meta.whole("binlog-pos"), gtid.isEmpty() ? null : gtid);
    }

    /** Counts of 0 stand for DM's defaults. */
    private Copy copy(Section mydumper) {
        int threads = (int) mydumper.whole("threads");
        int byArguments = DumpArguments.threads(mydumper, problems);
        int own = (int) instance.whole("mydumper-thread");
        return new Copy(own > 0 ? own : byArguments > 0 ? byArguments : threads > 0 ? threads : 4);
    }

    private Apply apply(Section syncer) {
        int workers = (int) syncer.whole("worker-count");
        int own = (int) instance.whole("syncer-thread");
        return new Apply(
                own > 0 ? own : workers > 0 ? workers : 16,
                syncer.flag("safe-mode"),
                OnMismatch.valueOf(syncer.text("on-mismatch").toUpperCase(Locale.ROOT)),
                OnDataError.valueOf(syncer.text("on-data-error").toUpperCase(Locale.ROOT)),
                CommitOrder.valueOf(syncer.text("commit-order").toUpperCase(Locale.ROOT)),
                (int) syncer.whole("max-transaction-rows"));
    }

    private void checkLoader(Section loader) {
        String mode = loader.text("import-mode");
        if (mode.equals("physical") || mode.equals("import-into")) {
            problems.error(
                    loader.place("import-mode"),
                    "\"" + mode + "\" is understood but not supported yet: the copy is written with SQL",
                    "remove it or set it to logical");
        }
    }
}
