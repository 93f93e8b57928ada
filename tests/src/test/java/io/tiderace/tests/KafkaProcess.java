package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import java.io.IOException;
import java.nio.file.Path;

/** The embedded Kafka and registry as a process of their own, so that a test can kill either side without the other. */
final class KafkaProcess {
    private KafkaProcess() {}

    /** Arguments: data directory, Kafka's port, the registry's port. Ends when its standard input does. */
    public static void main(String[] arguments) throws IOException {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
                EmbeddedRegistry registry =
                        EmbeddedRegistry.start(kafka.bootstrapServers(), Integer.parseInt(arguments[2]))) {
            System.out.println("ready " + registry.url());
            while (System.in.read() >= 0) {
                // the parent holds the other end
            }
        }
        System.exit(0);
    }
}
