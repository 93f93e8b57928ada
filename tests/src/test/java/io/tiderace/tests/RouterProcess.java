package io.tiderace.tests;

import io.tiderace.config.BlockAllowList;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.Routes;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.router.RouterService;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A router in a process of its own, which a test can kill; also how the tests configure one in theirs. */
final class RouterProcess {
    private RouterProcess() {}

    /** Arguments: bootstrap servers, registry url, data directory, task, mode, sources. */
    public static void main(String[] arguments) throws InterruptedException {
        List<String> sources = List.of(arguments).subList(5, arguments.length);
        ServiceConfig config = config(arguments[0], arguments[1], Path.of(arguments[2]));
        service(config, arguments[3], TaskConfig.Mode.valueOf(arguments[4]), sources, report -> {})
                .run();
    }

    static Process start(Path dataDir, String task, List<String> sources) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RouterProcess.class.getName(),
                Servers.kafka().bootstrapServers(),
                Servers.registry().url(),
                dataDir.toString(),
                task,
                "ALL"));
        command.addAll(sources);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(new File(dataDir.toFile(), "out-" + System.nanoTime() + ".txt"))
                .start();
    }

    static ServiceConfig config(String bootstrapServers, String registryUrl, Path dataDir) {
        return new ServiceConfig(
                "tiderace.",
                Map.of("bootstrap.servers", bootstrapServers),
                Map.of("schema.registry.url", registryUrl),
                1,
                ServiceConfig.DEFAULT_RELAY_RETENTION_MS,
                8 << 20,
                "test",
                dataDir,
                CopyLimits.DEFAULT);
    }

    /** Tables of {@code shop} go to {@code store}, those of other schemas are not part of the task. */
    static RouterService service(
            ServiceConfig config, String task, TaskConfig.Mode mode, List<String> sources, StatusReport.Sink sink) {
        DatabaseConfig database =
                new DatabaseConfig("127.0.0.1", 3306, "root", new DatabaseConfig.Secret(""), Map.of(), null);
        BlockAllowList list = BlockAllowList.compile(
                new BlockAllowList.Patterns(List.of("shop"), List.of(), List.of(), List.of()), true);
        Routes routes = new Routes() {
            @Override
            public TableName route(TableName source) {
                return new TableName(routeSchema(source.schema()), source.table());
            }

            @Override
            public String routeSchema(String schema) {
                return schema.equals("shop") ? "store" : schema;
            }
        };
        List<TaskConfig.Instance> instances = sources.stream()
                .map(source -> new TaskConfig.Instance(
                        source, null, list, routes, new TaskConfig.Copy(1), new TaskConfig.Apply(1, false)))
                .toList();
        List<SourceConfig> configs = sources.stream()
                .map(source -> new SourceConfig(source, SourceConfig.Flavor.MYSQL, 1, true, false, database))
                .toList();
        return new RouterService(
                config, configs, new TaskConfig(task, mode, "tiderace_meta", database, List.of(), instances), sink);
    }
}
