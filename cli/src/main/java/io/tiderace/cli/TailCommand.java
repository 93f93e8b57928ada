package io.tiderace.cli;

import io.tiderace.config.ServiceConfig;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "tail",
        description =
                "Print the records of a relay, apply, positions or status topic, decoded, one a line. They hold row values.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "tiderace tail tiderace.relay.s1",
            "tiderace tail tiderace.relay.s1 --from mysql-bin.000003:4 --table shop.orders --limit 10",
            "tiderace tail tiderace.apply.t1.s1 --from 2026-01-31T12:00:00Z --json --follow"
        })
final class TailCommand implements Callable<Integer> {
    @Parameters(paramLabel = "TOPIC", description = "Name of the topic, with or without the prefix.")
    private String topic = "";

    @Mixin
    private KafkaOptions options = new KafkaOptions();

    @Option(
            names = "--from",
            paramLabel = "OFFSET|TIME|POSITION",
            description =
                    "Where to begin: an offset, a time (2026-01-31T12:00:00Z), a binlog position (file:pos) or a GTID."
                            + " Without it the last ten records are shown.")
    private @Nullable String from;

    @Option(
            names = "--table",
            paramLabel = "SCHEMA.TABLE",
            description = "Only row and schema changes of this source table.")
    private @Nullable String table;

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after so many records.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = {"-f", "--follow"},
            description = "Do not stop at the end of the topic: wait for more.")
    private boolean follow;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        ServiceConfig config = options.load();
        PrintWriter out = spec.commandLine().getOut();
        TopicTail tail = new TopicTail(config, topic, TopicTail.Start.parse(from), table, limit, follow);
        tail.read(record -> {
            out.println(json ? record.json() : record.text());
            out.flush();
            return !out.checkError();
        });
        return 0;
    }
}
