package io.tiderace.cli;

import io.tiderace.config.ConfigLoader;
import io.tiderace.config.Configuration;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** The options that name configuration files, shared by the commands that work on sources and tasks. */
final class ConfigOptions {
    private static final Logger log = LoggerFactory.getLogger(ConfigOptions.class);

    @Option(
            names = "--source",
            paramLabel = "FILE",
            required = true,
            description = "A source file (DM's format). Give the option once for each source.")
    private List<Path> sources = new ArrayList<>();

    @Option(
            names = "--task",
            paramLabel = "FILE",
            required = true,
            description = "A task file (DM's format). Give the option once for each task.")
    private List<Path> tasks = new ArrayList<>();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Our own settings, tiderace.yaml: Kafka, registry, topics. Each also has an environment variable.")
    private @Nullable Path config;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder of the embedded Kafka and of local state (default: tiderace-data).")
    private @Nullable Path dataDir;

    /** @throws io.tiderace.schemas.TideraceException.ConfigException with every problem of every file */
    Setup load() {
        Configuration read = read(sources, tasks, config);
        return new Setup(located(read.service(), dataDir), read.sources(), read.tasks());
    }

    /** Reads files and logs their warnings. */
    static Configuration read(List<Path> sources, List<Path> tasks, @Nullable Path config) {
        Configuration read = ConfigLoader.load(sources, tasks, config, System.getenv());
        read.warnings().forEach(warning -> log.warn("{}", warning));
        return read;
    }

    /** Our own settings alone. */
    static ServiceConfig service(@Nullable Path config, @Nullable Path dataDir) {
        return located(ConfigLoader.loadService(config, System.getenv()), dataDir);
    }

    static ServiceConfig located(ServiceConfig service, @Nullable Path dataDir) {
        return dataDir == null ? service : service.withDataDir(dataDir);
    }

    /** Names of tasks that were given by their names or by their files. */
    static List<String> taskNames(List<String> namesOrFiles) {
        return namesOrFiles.stream()
                .map(text -> Files.isRegularFile(Path.of(text))
                        ? ConfigLoader.loadTask(Path.of(text), System.getenv()).name()
                        : text)
                .toList();
    }

    /** What the files say, valid. */
    record Setup(ServiceConfig service, List<SourceConfig> sources, List<TaskConfig> tasks) {
        Setup {
            sources = List.copyOf(sources);
            tasks = List.copyOf(tasks);
        }

        Setup with(ServiceConfig other) {
            return new Setup(other, sources, tasks);
        }

        SourceConfig source(String sourceId) {
            return sources.stream()
                    .filter(source -> source.sourceId().equals(sourceId))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("source " + sourceId + " was not loaded"));
        }
    }
}
