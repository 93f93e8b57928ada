package io.tiderace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        description =
                "Check sources, targets, Kafka and registry before a start: one line each, with the cure. Changes nothing.",
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace check --source s.yaml --task t.yaml"})
final class CheckCommand implements Callable<Integer> {
    private static final int REFUSED = 3;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Map<CheckResult.Level, Integer> counts = new EnumMap<>(CheckResult.Level.class);
        Checks.all(options.load(), result -> {
            counts.merge(result.level(), 1, Integer::sum);
            out.println(json ? toJson(result) : result);
            out.flush();
        });
        int failed = counts.getOrDefault(CheckResult.Level.FAIL, 0);
        if (!json) {
            out.println(failed == 0 ? "ready to run" : failed + " failed: not ready to run");
            out.flush();
        }
        return failed == 0 ? 0 : REFUSED;
    }

    private static ObjectNode toJson(CheckResult result) {
        return StatusJson.MAPPER
                .createObjectNode()
                .put("level", result.level().name().toLowerCase(Locale.ROOT))
                .put("subject", result.subject())
                .put("what", result.what())
                .put("cure", result.cure());
    }
}
