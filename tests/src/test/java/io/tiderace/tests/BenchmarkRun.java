package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code tiderace run} as a process of its own, with the options of the JVM that the product's launcher gives it. */
final class BenchmarkRun {
    private static final List<String> OPTIONS = List.of(
            "-Xms256m",
            "-Xmx1g",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=50",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:MaxInlineLevel=4",
            "-XX:FreqInlineSize=80",
            "-XX:InlineSmallCode=500",
            "-XX:LoopUnrollLimit=10");

    private BenchmarkRun() {}

    /** @param folder empty, for its files and data */
    static JavaProcess start(BenchmarkTask task, Path folder) throws IOException {
        BenchmarkTask.ConfigFiles files = task.write(folder, "data-dir: " + folder.resolve("data") + "\n");
        List<String> arguments =
                new ArrayList<>(List.of("run", "--config", files.tiderace().toString()));
        for (Path source : files.sources()) {
            arguments.addAll(List.of("--source", source.toString()));
        }
        arguments.addAll(List.of("--task", files.task().toString()));
        return new JavaProcess(OPTIONS, Tiderace.class, folder.resolve("run.log"), arguments.toArray(String[]::new));
    }
}
