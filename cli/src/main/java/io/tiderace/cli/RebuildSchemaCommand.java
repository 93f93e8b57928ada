package io.tiderace.cli;

import io.tiderace.capture.SchemaRebuild;
import io.tiderace.config.Configuration;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "rebuild-schema",
        description = {
            "Make a source's lost schema history anew from its tables as they are today. Capture of the source must not run.",
            "Refused, with the tables' names, where a table was altered since the position at which capture stopped."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "tiderace rebuild-schema --source s.yaml --task t.yaml",
            "tiderace rebuild-schema --source s.yaml --task t.yaml --config tiderace.yaml"
        })
final class RebuildSchemaCommand implements Callable<Integer> {
    @Option(
            names = "--source",
            paramLabel = "FILE",
            required = true,
            description = "The source file (DM's format). May be repeated.")
    private List<Path> sources = new ArrayList<>();

    @Option(
            names = "--task",
            paramLabel = "FILE",
            description =
                    "A task file that uses the sources, for which tables it takes; without any, every table of the source counts. May be"
                            + " repeated.")
    private List<Path> tasks = new ArrayList<>();

    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Configuration read = ConfigOptions.read(sources, tasks, kafka.config());
        ServiceConfig service = kafka.located(read.service());
        try (DataDirectory directory = DataDirectory.open(service.dataDir());
                EmbeddedServers servers = EmbeddedServers.start(directory, service)) {
            for (SourceConfig source : read.sources()) {
                rebuild(servers.config(), source, read.tasks());
            }
        }
        return 0;
    }

    private void rebuild(ServiceConfig service, SourceConfig source, List<TaskConfig> uses)
            throws InterruptedException {
        List<TableName> tables = new SchemaRebuild(service, source, uses).run();
        PrintWriter out = spec.commandLine().getOut();
        tables.stream().sorted().forEach(table -> out.println("known " + table));
        out.println("rebuilt the schema history of " + source.sourceId() + ": " + tables.size()
                + (tables.size() == 1 ? " table" : " tables"));
        out.flush();
    }
}
