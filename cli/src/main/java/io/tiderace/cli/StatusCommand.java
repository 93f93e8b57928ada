package io.tiderace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.StatusReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        description = "Show phase, speed, lag and position of every source and stage, and why it waits.",
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace status", "tiderace status --config tiderace.yaml --task t1 --json"})
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private KafkaOptions options = new KafkaOptions();

    @Option(
            names = "--task",
            paramLabel = "TASK",
            description = "Only this task: its name, or its file. May be repeated.")
    private List<String> tasks = new ArrayList<>();

    @Option(names = "--json", description = "One JSON object for each stage and source, one a line.")
    private boolean json;

    @Option(names = "--watch", paramLabel = "SECONDS", description = "Show it again every so many seconds.")
    private int watchSeconds;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        ServiceConfig config = options.load();
        List<String> names = ConfigOptions.taskNames(tasks);
        do {
            show(StatusTopic.latest(config, names), spec.commandLine().getOut());
            TimeUnit.SECONDS.sleep(watchSeconds);
        } while (watchSeconds > 0);
        return 0;
    }

    private void show(Collection<StatusReport> reports, PrintWriter out) {
        long nowMs = System.currentTimeMillis();
        if (json) {
            reports.forEach(report -> out.println(toJson(report, reports, nowMs)));
        } else if (reports.isEmpty()) {
            out.println("nothing has reported yet");
        } else {
            StatusText.block(reports, nowMs).forEach(out::println);
        }
        out.flush();
    }

    private static ObjectNode toJson(StatusReport report, Collection<StatusReport> all, long nowMs) {
        List<StatusReport> ofSource = all.stream()
                .filter(other -> other.sourceId().equals(report.sourceId()))
                .toList();
        Long lag = report.txn() > 0 ? StatusText.newestTxn(ofSource) - report.txn() : null;
        return StatusJson.write(report).put("lag_txn", lag).put("stale", StatusText.isStale(report, nowMs));
    }
}
