package io.tiderace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** The embedded Kafka with further listeners, each of which sends its clients to another port: that of a proxy before it. */
public final class ListeningKafka {
    private ListeningKafka() {}

    /** A listener's name in capitals, where it listens and what it tells its clients. */
    public record Listener(String name, int port, int advertisedPort) {
        /** Reads {@code NAME:port:advertised}. */
        public static Listener parse(String text) {
            String[] parts = text.split(":");
            return new Listener(parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }

        @Override
        public String toString() {
            return name + ":" + port + ":" + advertisedPort;
        }
    }

    public static EmbeddedKafka start(Path dataDir, int port, List<Listener> listeners) {
        return EmbeddedKafka.start(dataDir, port, settings -> {
            for (Listener each : listeners) {
                append(settings, "listeners", each.name + "://" + Loopback.HOST + ":" + each.port);
                append(settings, "advertised.listeners", each.name + "://" + Loopback.HOST + ":" + each.advertisedPort);
                append(settings, "listener.security.protocol.map", each.name + ":PLAINTEXT");
            }
        });
    }

    private static void append(Properties settings, String key, String value) {
        settings.setProperty(key, settings.getProperty(key) + "," + value);
    }
}
