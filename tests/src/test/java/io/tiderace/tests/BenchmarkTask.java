package io.tiderace.tests;

import io.tiderace.config.ConfigLoader;
import io.tiderace.config.Configuration;
import io.tiderace.schemas.SourcePosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A task to run.
 *
 * @param lanes 0 for as many as there are by default
 */
record BenchmarkTask(String name, List<From> sources, BenchmarkTarget target, int lanes) {
    /** A schema of a source, with the position to begin at; null for a copy alone. */
    record From(
            String sourceId,
            int port,
            String schema,
            @Nullable SourcePosition start) {}

    /** Of one source that nobody else captures, with the task's name for its own. */
    static BenchmarkTask of(
            String name, int sourcePort, String schema, BenchmarkTarget target, @Nullable SourcePosition start) {
        return new BenchmarkTask(name, List.of(new From(name, sourcePort, schema, start)), target, 0);
    }

    From source() {
        return sources.get(0);
    }

    /** The configuration as a user writes it. */
    record ConfigFiles(List<Path> sources, Path task, Path tiderace) {}

    /** Reads this task's files as a user's are. */
    Configuration load(Path folder, String kafka, String registry) throws IOException {
        ConfigFiles files = write(folder, """
                kafka: {bootstrap.servers: "%s"}
                schema-registry: {schema.registry.url: "%s"}
                data-dir: %s
                """.formatted(kafka, registry, folder.resolve("state")));
        return ConfigLoader.load(files.sources(), List.of(files.task()), files.tiderace(), Map.of());
    }

    ConfigFiles write(Path folder, String tiderace) throws IOException {
        List<Path> sourceFiles = new ArrayList<>();
        StringBuilder instances = new StringBuilder();
        StringBuilder rules = new StringBuilder();
        for (From source : sources) {
            sourceFiles.add(Files.writeString(folder.resolve(name + "-" + source.sourceId() + ".yaml"), """
                    source-id: %s
                    enable-gtid: true
                    from: {host: 127.0.0.1, port: %d, user: root, password: ""}
                    """.formatted(
                            source.sourceId(), source.port())));
            instances.append(instance(source));
            rules.append("  only-%s: {do-dbs: [\"%s\"]}%n".formatted(source.sourceId(), source.schema()));
        }
        Path task = Files.writeString(folder.resolve(name + "-task.yaml"), """
                name: %1$s
                task-mode: %2$s
                online-ddl: false
                meta-schema: %1$s_meta
                target-database: {host: "%3$s", port: %4$d, user: root, password: ""}
                mysql-instances:
                %5$sblock-allow-list:
                %6$s""".formatted(
                        name,
                        source().start() == null ? "full" : "incremental",
                        target.host(),
                        target.port(),
                        instances,
                        rules));
        return new ConfigFiles(sourceFiles, task, Files.writeString(folder.resolve(name + "-tiderace.yaml"), tiderace));
    }

    private String instance(From source) {
        StringBuilder yaml = new StringBuilder(
                "  - source-id: %1$s%n    block-allow-list: only-%1$s%n".formatted(source.sourceId()));
        if (lanes > 0) {
            yaml.append("    syncer-thread: %d%n".formatted(lanes));
        }
        SourcePosition start = source.start();
        if (start != null) {
            yaml.append("    meta: {binlog-name: %s, binlog-pos: %d, binlog-gtid: \"%s\"}%n"
                    .formatted(start.file(), start.pos(), start.gtidSet()));
        }
        return yaml.toString();
    }
}
