package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import io.tiderace.cli.ListeningKafka;
import io.tiderace.cli.ListeningKafka.Listener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The embedded Kafka and registry as a process of their own, so that a test can kill either side without the other. */
final class KafkaProcess {
    private KafkaProcess() {}

    /**
     * Arguments: data directory, Kafka's port, the registry's port, further listeners. Ends when its standard input does, in order at SIGTERM, and with
     * the exit code of Kafka's failure when that cannot go on.
     */
    public static void main(String[] arguments) throws IOException {
        List<Listener> listeners = List.of(arguments).subList(3, arguments.length).stream()
                .map(Listener::parse)
                .toList();
        try (EmbeddedKafka kafka =
                        ListeningKafka.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]), listeners);
                EmbeddedRegistry registry =
                        EmbeddedRegistry.start(kafka.bootstrapServers(), Integer.parseInt(arguments[2]))) {
            Runtime.getRuntime().addShutdownHook(new Thread(kafka::close));
            var unused = kafka.failure().thenAccept(failure -> {
                System.out.println("error " + failure.getMessage());
                Runtime.getRuntime().halt(failure.exitCode());
            });
            System.out.println("ready " + registry.url());
            while (System.in.read() >= 0) {
                // the parent holds the other end
            }
        }
        System.exit(0);
    }
}
