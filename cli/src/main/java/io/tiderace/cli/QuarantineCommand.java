package io.tiderace.cli;

import io.tiderace.applier.QuarantineTool;
import io.tiderace.applier.QuarantineTool.Outcome;
import io.tiderace.config.ConfigLoader;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "quarantine",
        description = "Look at rows that the target refused, apply them once it takes them, or let them go.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "list|replay|discard",
        subcommands = {
            QuarantineCommand.ListCommand.class,
            QuarantineCommand.ReplayCommand.class,
            QuarantineCommand.DiscardCommand.class
        },
        footer = {
            "",
            "tiderace quarantine list --task t.yaml",
            "tiderace quarantine replay --task t.yaml --id s1:4711.3",
            "tiderace quarantine discard --task t.yaml --all"
        })
final class QuarantineCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: list, replay or discard");
    }

    /** The task whose target holds the register. */
    static final class TaskOption {
        @Option(names = "--task", paramLabel = "FILE", required = true, description = "The task file (DM's format).")
        private Path task = Path.of("");

        TaskConfig load() {
            return ConfigLoader.loadTask(task, System.getenv());
        }
    }

    /** Which entries are meant. */
    static final class Choice {
        @Option(
                names = "--id",
                paramLabel = "SOURCE:TXN.ROW",
                description = "An entry as 'list' names it. May be repeated.")
        private List<String> ids = new ArrayList<>();

        @Option(names = "--all", description = "Everything that waits.")
        private boolean all;

        List<QuarantineTool.Entry> of(List<QuarantineTool.Entry> entries) {
            for (String id : ids) {
                if (entries.stream().noneMatch(entry -> entry.id().equals(id))) {
                    throw new DataException(
                            "TR-L018",
                            "nothing waits in quarantine under " + id,
                            "see 'tiderace quarantine list'; an entry is named by the first of its changes");
                }
            }
            return entries.stream()
                    .filter(entry -> all || ids.contains(entry.id()))
                    .toList();
        }
    }

    private static List<QuarantineTool.Entry> entries(QuarantineTool tool, TaskConfig task)
            throws InterruptedException {
        List<QuarantineTool.Entry> entries = new ArrayList<>();
        for (TaskConfig.Instance instance : task.instances()) {
            entries.addAll(tool.list(instance.sourceId()));
        }
        return entries;
    }

    private static String changes(int count) {
        return count + (count == 1 ? " change" : " changes");
    }

    @Command(
            name = "list",
            description =
                    "Print what waits, an entry a line: changes that hang together by their key values. They name keys.",
            mixinStandardHelpOptions = true)
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private TaskOption task = new TaskOption();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            TaskConfig config = task.load();
            try (QuarantineTool tool = QuarantineTool.open(config)) {
                List<QuarantineTool.Entry> entries = entries(tool, config);
                PrintWriter out = spec.commandLine().getOut();
                for (QuarantineTool.Entry entry : entries) {
                    out.println(entry.id() + "  " + entry.target() + "  " + changes(entry.changes()) + "  "
                            + entry.row() + ": " + entry.reason());
                }
                out.println(entries.isEmpty() ? "nothing waits in quarantine" : entries.size() + " in quarantine");
                out.flush();
            }
            return 0;
        }
    }

    @Command(
            name = "replay",
            description = {
                "Apply what waits, in the source's order, each entry in one transaction of the target. The task may be running.",
                "What the target still refuses stays, and the exit code is 5."
            },
            mixinStandardHelpOptions = true)
    static final class ReplayCommand implements Callable<Integer> {
        @Mixin
        private TaskOption task = new TaskOption();

        @Mixin
        private KafkaOptions kafka = new KafkaOptions();

        @ArgGroup(multiplicity = "1")
        private Choice choice = new Choice();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            TaskConfig config = task.load();
            try (QuarantineTool tool = QuarantineTool.open(config)) {
                List<QuarantineTool.Entry> chosen = choice.of(entries(tool, config));
                return kafka.with(service -> replay(tool, service, chosen));
            }
        }

        private int replay(QuarantineTool tool, ServiceConfig service, List<QuarantineTool.Entry> chosen)
                throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            @Nullable DataException refused = null;
            for (QuarantineTool.Entry entry : chosen) {
                try {
                    Outcome outcome = tool.replay(service, entry);
                    out.println("replayed " + entry.id() + "  " + changes(outcome.changes())
                            + (outcome.rowsMissing() == 0 ? "" : ", rows that were missing: " + outcome.rowsMissing()));
                } catch (DataException e) {
                    refused = e;
                    out.println("refused " + entry.id() + "  " + e.getMessage());
                }
                out.flush();
            }
            return refused == null ? 0 : refused.exitCode();
        }
    }

    @Command(
            name = "discard",
            description =
                    "Forget what waits: the target stays without it. The records stay in the topic. The task may be running.",
            mixinStandardHelpOptions = true)
    static final class DiscardCommand implements Callable<Integer> {
        @Mixin
        private TaskOption task = new TaskOption();

        @ArgGroup(multiplicity = "1")
        private Choice choice = new Choice();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            TaskConfig config = task.load();
            PrintWriter out = spec.commandLine().getOut();
            try (QuarantineTool tool = QuarantineTool.open(config)) {
                for (QuarantineTool.Entry entry : choice.of(entries(tool, config))) {
                    Outcome outcome = tool.discard(entry);
                    out.println("discarded " + entry.id() + "  " + changes(outcome.changes()));
                    out.flush();
                }
            }
            return 0;
        }
    }
}
