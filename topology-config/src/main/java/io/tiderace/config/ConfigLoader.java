package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads DM's source and task files and tiderace.yaml. Strict: everything unknown, doubled, contradictory or not supported yet, in any
 * file, is told at once in one {@link io.tiderace.schemas.TideraceException.ConfigException}, a line each with file, line, key and fix.
 */
public final class ConfigLoader {
    private final Problems problems = new Problems();
    private final Map<String, String> environment;

    private ConfigLoader(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Reads all files and checks them against each other.
     *
     * @param sources DM source files; when none are given, references of tasks to sources are not checked
     * @param service tiderace.yaml, null for defaults
     * @param environment {@code System.getenv()}: overrides of tiderace.yaml, and what {@code ${env:NAME}} means
     */
    public static Configuration load(
            List<Path> sources, List<Path> tasks, @Nullable Path service, Map<String, String> environment) {
        ConfigLoader loader = new ConfigLoader(environment);
        ServiceReader.Result settings = loader.service(service);
        Map<String, SourceConfig> byId = new LinkedHashMap<>();
        sources.forEach(file -> loader.source(file, settings, byId));
        Map<String, TaskConfig> byName = new LinkedHashMap<>();
        tasks.forEach(file -> loader.task(file, settings, sources.isEmpty() ? null : byId, byName));
        TopicNames.check(settings.service().topics(), byId.values(), byName.values(), loader.problems);
        SharedSources.check(byName.values(), loader.problems);
        loader.problems.throwIfAny();
        return new Configuration(
                settings.service(),
                List.copyOf(byId.values()),
                List.copyOf(byName.values()),
                loader.problems.warnings());
    }

    /** One source file alone. */
    public static SourceConfig loadSource(Path file, Map<String, String> environment) {
        return load(List.of(file), List.of(), null, environment).sources().get(0);
    }

    /** One task file alone: that its sources exist is not checked. */
    public static TaskConfig loadTask(Path file, Map<String, String> environment) {
        return load(List.of(), List.of(file), null, environment).tasks().get(0);
    }

    /** Our own settings alone; every one has a default or is asked for when it is needed. */
    public static ServiceConfig loadService(@Nullable Path file, Map<String, String> environment) {
        return load(List.of(), List.of(), file, environment).service();
    }

    private ServiceReader.Result service(@Nullable Path file) {
        Section root = file == null ? null : root(file, ServiceKeys.SERVICE, true);
        Path folder = file == null ? Path.of("") : folder(file);
        return new ServiceReader(problems, folder, environment)
                .read(root != null ? root : new Section(ServiceKeys.SERVICE, new Place("", 0, ""), Map.of(), Map.of()));
    }

    private void source(Path file, ServiceReader.Result settings, Map<String, SourceConfig> byId) {
        Section root = root(file, SourceKeys.SOURCE, false);
        if (root == null) {
            return;
        }
        SourceConfig source = new SourceReader(
                        problems, new DatabaseReader(problems, folder(file), settings.passwordKeys()))
                .read(root);
        if (byId.putIfAbsent(source.sourceId(), source) != null) {
            problems.error(
                    root.place("source-id"),
                    "another source file has the source-id \"" + source.sourceId() + "\" too",
                    "give each source an id of its own");
        }
    }

    private void task(
            Path file,
            ServiceReader.Result settings,
            @Nullable Map<String, SourceConfig> sources,
            Map<String, TaskConfig> byName) {
        Section root = root(file, TaskKeys.TASK, false);
        if (root == null) {
            return;
        }
        DatabaseReader databases = new DatabaseReader(problems, folder(file), settings.passwordKeys());
        TaskConfig task = new TaskReader(problems, databases, sources).read(root);
        if (byName.putIfAbsent(task.name(), task) != null) {
            problems.error(
                    root.place("name"),
                    "another task file has the name \"" + task.name() + "\" too",
                    "give each task a name of its own");
        }
    }

    private static Path folder(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }

    /** The file's root mapping, null when there is none, which has then been reported. */
    private @Nullable Section root(Path file, KeyTable table, boolean mayBeEmpty) {
        Place place = new Place(file.toString(), 0, "");
        try {
            Node node = new Yaml(new LoaderOptions()).compose(new StringReader(Files.readString(file)));
            if (node != null) {
                return new YamlReader(problems, new Substitution(folder(file), environment))
                        .section(node, place, table);
            }
            if (!mayBeEmpty) {
                problems.error(
                        place, "the file is empty", "write a " + table.name() + " file, see docs/configuration.md");
            }
        } catch (IOException e) {
            problems.error(
                    place,
                    "the file cannot be read (" + Substitution.reason(e) + ")",
                    "check the path and its permissions");
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            problems.error(
                    place.at(line, ""), "this is not YAML: " + e.getProblem(), "correct the text here or just above");
        } catch (YAMLException e) {
            problems.error(place, "this is not YAML: " + e.getMessage(), "correct the text");
        }
        return null;
    }
}
