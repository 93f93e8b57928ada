package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.StartTime;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TideraceException.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where capture begins, for the commands that capture. */
final class StartOption {
    @Option(
            names = "--start-time",
            paramLabel = "TIME",
            description = {
                "Begin with the first transaction at or after this time: '2026-01-31 12:00:00' in the source's time zone, or with an"
                        + " offset (…Z, …+08:00).",
                "For tasks with task-mode: incremental; goes before their meta; without effect on a source that was captured before."
            })
    private @Nullable String time;

    /** @throws ConfigException when the time cannot be read, or no task can begin at one */
    Setup applied(Setup setup) {
        if (time == null) {
            return setup;
        }
        StartTime start = StartTime.parse(time);
        if (setup.tasks().stream().noneMatch(task -> task.mode() == TaskConfig.Mode.INCREMENTAL)) {
            throw new ConfigException(
                    "TR-L023",
                    "--start-time was given, and every task begins with a copy",
                    "leave it out, or set task-mode: incremental in the task file");
        }
        return new Setup(
                setup.service(),
                setup.sources(),
                setup.tasks().stream().map(task -> task.startingAt(start)).toList());
    }
}
