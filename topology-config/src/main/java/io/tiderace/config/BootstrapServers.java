package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds out whether anybody listens at Kafka's addresses, before Kafka's client does it with a warning in the log at every attempt. */
final class BootstrapServers {
    private static final int CONNECT_MS = 3_000;
    private static final Pattern ADDRESS = Pattern.compile("(?:\\w+://)?(.+):(\\d{1,5})");

    private BootstrapServers() {}

    /** Returns as soon as one of them accepts a connection. */
    static void awaitReachable(String bootstrapServers, Duration patience) throws InterruptedException {
        List<InetSocketAddress> addresses = addresses(bootstrapServers);
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            IOException problem = null;
            for (InetSocketAddress address : addresses) {
                // resolved anew each time: a name may appear while containers start
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_MS);
                    return;
                } catch (IOException e) {
                    problem = e;
                }
            }
            if (System.nanoTime() > deadline) {
                throw unreachable(bootstrapServers, "no connection to Kafka at " + bootstrapServers, problem);
            }
            Thread.sleep(500);
        }
    }

    private static List<InetSocketAddress> addresses(String bootstrapServers) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String address : bootstrapServers.split(",")) {
            Matcher matcher = ADDRESS.matcher(address.strip());
            int port = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
            if (port < 1 || port > 65535) {
                throw new ConfigException(
                        "TR-T016",
                        "bootstrap.servers: \"" + address.strip() + "\" is not host:port",
                        "write kafka.bootstrap.servers as host:port, several joined by commas");
            }
            addresses.add(InetSocketAddress.createUnresolved(matcher.group(1), port));
        }
        return addresses;
    }

    static RetriesExhaustedException unreachable(String bootstrapServers, String problem, @Nullable Exception cause) {
        String cure = "start Kafka, or correct kafka.bootstrap.servers (TIDERACE_KAFKA_BOOTSTRAP_SERVERS), now "
                + bootstrapServers + "; its advertised.listeners must be reachable from here too";
        return cause == null
                ? new RetriesExhaustedException("TR-T011", problem, cure)
                : new RetriesExhaustedException("TR-T011", problem + " (" + cause.getMessage() + ")", cure, cause);
    }
}
