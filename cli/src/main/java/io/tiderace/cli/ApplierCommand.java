package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "applier",
        description = "Apply changes: from the apply topics to the tasks' targets.",
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace applier --config tiderace.yaml --source s.yaml --task t.yaml"})
final class ApplierCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Override
    public Integer call() throws InterruptedException {
        Setup setup = options.load();
        Serving.serve(setup, status -> Services.appliers(setup, status), System.out, (group, status) -> {});
        return 0;
    }
}
