package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.Topics;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        description = {
            "Migrate and replicate: capture, router and applier in this process, with an embedded Kafka and registry unless --config names others.",
            "Started again with the same data directory it goes on where it stopped."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "tiderace run --source s.yaml --task t.yaml",
            "tiderace run --source s.yaml --task t.yaml --until-synced"
        })
final class RunCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Mixin
    private StartOption start = new StartOption();

    @Option(
            names = "--until-synced",
            description =
                    "Stop, with exit code 0, once everything committed at the sources at the time of the call is in the target.")
    private boolean untilSynced;

    @Override
    public Integer call() throws InterruptedException {
        run(start.applied(options.load()), untilSynced, System.out);
        return 0;
    }

    /** Runs the pipeline; prints {@code synced} and the position of every source when that is what it was to wait for. */
    static void run(Setup loaded, boolean untilSynced, PrintStream out) throws InterruptedException {
        Path dataDir = loaded.service().dataDir();
        CompletableFuture<Void> checks = CompletableFuture.runAsync(() -> Checks.requireRunnable(loaded));
        if (DataDirectory.addresses(dataDir) == null) {
            // a first start leaves nothing behind when something is wrong; a later one has to be quick
            requirePassed(checks);
        }
        try (DataDirectory directory = DataDirectory.open(dataDir);
                EmbeddedServers servers = EmbeddedServers.start(directory, loaded.service(), groups(loaded))) {
            requirePassed(checks);
            Setup setup = loaded.with(servers.config());
            SyncGoal goal = untilSynced ? goal(setup) : null;
            Serving.serve(setup, status -> Services.all(setup, status), out, (group, status) -> {
                servers.onFailure(group::fail);
                if (goal != null) {
                    status.listen(report -> {
                        if (goal.accept(report)) {
                            group.stop();
                        }
                    });
                }
            });
            printSynced(goal, out);
        }
    }

    private static void requirePassed(CompletableFuture<Void> checks) {
        try {
            checks.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof TideraceException failure ? failure : e;
        }
    }

    /** Those in which Kafka hands out the services' work; the router's members have names, by which it knows them again. */
    private static List<String> groups(Setup setup) {
        Topics topics = setup.service().topics();
        List<String> groups = new ArrayList<>(List.of(topics.captureGroup()));
        setup.tasks().forEach(task -> groups.add(topics.applierGroup(task.name())));
        return groups;
    }

    static SyncGoal goal(Setup setup) {
        List<SyncGoal.Use> uses = new ArrayList<>();
        setup.tasks().forEach(task -> task.instances()
                .forEach(instance -> uses.add(new SyncGoal.Use(task.name(), instance.sourceId()))));
        return new SyncGoal(SyncGoal.positions(setup.sources()), uses);
    }

    private static void printSynced(@Nullable SyncGoal goal, PrintStream out) {
        if (goal == null || !goal.isReached()) {
            return; // stopped before, or a task that only copies and has ended by itself
        }
        for (Map.Entry<String, SourcePosition> source : goal.reached().entrySet()) {
            out.println("synced " + source.getKey() + " " + source.getValue());
        }
        out.flush();
        if (!goal.quarantined().isEmpty()) {
            throw new DataException(
                    "TR-L019",
                    "the target has all but what waits in quarantine: changes by source " + goal.quarantined(),
                    "see 'tiderace quarantine list', make the target's tables accept the rows, and 'tiderace quarantine replay'");
        }
    }
}
