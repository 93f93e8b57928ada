package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "capture",
        description = "Capture changes: from the sources into the relay topics.",
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace capture --config tiderace.yaml --source s.yaml --task t.yaml"})
final class CaptureCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Mixin
    private StartOption start = new StartOption();

    @Override
    public Integer call() throws InterruptedException {
        Setup setup = start.applied(options.load());
        Serving.serve(setup, status -> Services.capture(setup, status), System.out, (group, status) -> {});
        return 0;
    }
}
