package io.tiderace.tests;

import io.tiderace.cli.ListeningKafka.Listener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.jspecify.annotations.Nullable;

/** A Kafka with its registry in a process of its own, with a listener for each proxy before it. Not thread-safe. */
final class FaultKafka implements FaultServer {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int ANSWER_MS = 4_000;

    private final Path output;
    private final Path data;
    private final @Nullable MovedClock clock;
    private final int port = freePort();
    private final int registryPort = freePort();
    private final List<Listener> listeners = new ArrayList<>();
    private @Nullable JavaProcess process;
    private int starts;

    FaultKafka(Path output, Path data, @Nullable MovedClock clock) {
        this.output = output;
        this.data = data;
        this.clock = clock;
    }

    int port() {
        return port;
    }

    int registryPort() {
        return registryPort;
    }

    Path data() {
        return data;
    }

    @Nullable
    MovedClock clock() {
        return clock;
    }

    /** A proxy with a listener of its own behind it; before the first start. */
    FaultProxy proxy() throws IOException {
        int listening = freePort();
        FaultProxy proxy = new FaultProxy(listening);
        listeners.add(new Listener("P" + listeners.size(), listening, proxy.port()));
        return proxy;
    }

    @Override
    public void start() {
        JavaProcess known = process;
        if (known == null) {
            List<String> arguments =
                    new ArrayList<>(List.of(data.toString(), Integer.toString(port), Integer.toString(registryPort)));
            listeners.forEach(listener -> arguments.add(listener.toString()));
            Map<String, String> environment = clock == null ? Map.of() : clock.environment();
            known = JavaProcess.with(environment, KafkaProcess.class, output, arguments.toArray(String[]::new));
            process = known;
        } else {
            known.start();
        }
        starts++;
        awaitReady(known);
    }

    private void awaitReady(JavaProcess started) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (started.output().split("ready ", -1).length <= starts) {
            if (!started.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("Kafka does not start:\n" + started.output());
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** Waits until it has ended by itself; gives the exit code. */
    int end(Duration patience) throws InterruptedException {
        return running().end(patience);
    }

    @Override
    public void stop() {
        try {
            running().stop(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void kill() {
        if (process != null) {
            process.kill();
        }
    }

    @Override
    public void freeze() {
        running().signal("STOP");
    }

    @Override
    public void resume() {
        running().signal("CONT");
    }

    boolean isAlive() {
        return running().isAlive();
    }

    /** For somebody who looks for why nothing goes on: whether it runs and whom it sees, asked without a proxy and through each. */
    String state() {
        StringBuilder state = new StringBuilder(
                        isAlive() ? "runs" : "ended with " + running().exitCode())
                .append(", ")
                .append(data.toFile().getUsableSpace() >> 20)
                .append(" MiB free on its disk; asked directly: ")
                .append(answer(port));
        for (Listener listener : listeners) {
            state.append("\n")
                    .append(listener)
                    .append(": ")
                    .append(answer(listener.port()))
                    .append("; by its proxy: ")
                    .append(answer(listener.advertisedPort()));
        }
        return state.toString();
    }

    private static String answer(int port) {
        Map<String, Object> settings = Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:" + port,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS);
        try (Admin admin = Admin.create(settings)) {
            return admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true))
                    .nodes()
                    .get()
                    .toString();
        } catch (ExecutionException e) {
            return e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e.toString();
        }
    }

    String output() {
        return process == null ? "" : process.output();
    }

    private JavaProcess running() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
