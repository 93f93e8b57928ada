package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "router",
        description = "Route changes: from the relay topics, by the tasks' rules, into the apply topics.",
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace router --config tiderace.yaml --source s.yaml --task t.yaml"})
final class RouterCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Override
    public Integer call() throws InterruptedException {
        Setup setup = options.load();
        Serving.serve(setup, status -> Services.routers(setup, status), System.out, (group, status) -> {});
        return 0;
    }
}
