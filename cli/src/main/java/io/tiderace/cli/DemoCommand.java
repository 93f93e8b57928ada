package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description = {
            "See it work: starts a MySQL, a target, Kafka and registry, migrates a small shop while it is in use, and compares every row.",
            "Needs nothing but the network the first time (a MySQL, 0.5 GB, is kept in the cache folder), and cleans up."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace demo", "tiderace demo --keep"})
final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--keep",
            description = "Leave everything running at the end, until Ctrl-C, and its files after that.")
    private boolean keep;

    @Option(
            names = "--target",
            paramLabel = "mysql|tidb|auto",
            defaultValue = "auto",
            description =
                    "What to migrate into. auto: a TiDB if one is at hand, else a second MySQL. tidb: builds one if it must (10 minutes)."
                            + " TIDERACE_TEST_TIDB=host:port names one.")
    private DemoServers.Target target = DemoServers.Target.AUTO;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to put the files of the servers (default: a temporary folder).")
    private @Nullable Path dir;

    @Override
    public Integer call() throws InterruptedException, IOException {
        Path folder = dir == null ? Files.createTempDirectory("tiderace-demo") : Files.createDirectories(dir);
        ProgressBar progress = new ProgressBar(System.out, LiveDisplay.onTerminal());
        try (DemoServers servers = new DemoServers(target, folder, progress)) {
            boolean isEqual = new Demo(System.out, folder, servers).run(keep);
            return isEqual ? 0 : CompareCommand.DIFFERENT;
        } catch (ServerRefusal e) {
            throw new RetriesExhaustedException(
                    "TR-L017",
                    "the demonstration's own MySQL refuses: " + e.getMessage(),
                    "look at error.log in " + folder + ", and run the demonstration again",
                    e);
        } finally {
            if (!keep && dir == null) {
                CacheFolder.deleteTree(folder);
            }
        }
    }
}
