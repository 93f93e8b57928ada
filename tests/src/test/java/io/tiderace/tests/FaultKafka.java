package io.tiderace.tests;

import io.tiderace.cli.ListeningKafka.Listener;
import java.io.IOException;
import java.io.UncheckedIOException;
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

/**
 * A Kafka with its registry in a process of its own, with a listener for each proxy before it, and somebody who starts it again when it ends by itself.
 * Thread-safe.
 */
final class FaultKafka implements FaultServer {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int ANSWER_MS = 4_000;
    private static final long RESTART_PAUSE_MS = 1_000;

    private final Path output;
    private final Path data;
    private final @Nullable MovedClock clock;
    /** Ports that the first start takes over, so that nobody else gets one of them before. */
    private final List<ServerSocket> reserved = new ArrayList<>();

    private final int port;
    private final int registryPort;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Integer> endings = new ArrayList<>();
    private volatile @Nullable JavaProcess process;
    private boolean isWanted;
    private int outputAtStart;
    private long endedAt;

    FaultKafka(Path output, Path data, @Nullable MovedClock clock) throws IOException {
        this.output = output;
        this.data = data;
        this.clock = clock;
        this.port = reservedPort();
        this.registryPort = reservedPort();
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
        int listening = reservedPort();
        FaultProxy proxy = new FaultProxy(listening);
        listeners.add(new Listener("P" + listeners.size(), listening, proxy.port()));
        return proxy;
    }

    @Override
    public void start() {
        awaitReady(launch());
    }

    private synchronized JavaProcess launch() {
        outputAtStart = output().length();
        endedAt = 0;
        isWanted = true;
        giveUpPorts();
        JavaProcess known = process;
        if (known != null) {
            known.start();
            return known;
        }
        List<String> arguments =
                new ArrayList<>(List.of(data.toString(), Integer.toString(port), Integer.toString(registryPort)));
        listeners.forEach(listener -> arguments.add(listener.toString()));
        Map<String, String> environment = clock == null ? Map.of() : clock.environment();
        JavaProcess first = JavaProcess.with(environment, KafkaProcess.class, output, arguments.toArray(String[]::new));
        process = first;
        return first;
    }

    private void awaitReady(JavaProcess started) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!outputSinceStart().contains("ready http")) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Kafka does not start:\n" + started.output());
            }
            supervise();
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private synchronized String outputSinceStart() {
        return output().substring(outputAtStart);
    }

    /** Says when it ended by itself, and starts it again a second later. */
    synchronized void supervise() {
        if (!isWanted || isAlive()) {
            return;
        }
        long now = System.nanoTime();
        if (endedAt == 0) {
            endedAt = now;
            endings.add(running().exitCode());
            System.err.println(
                    "Kafka ended by itself with " + running().exitCode() + ", having said:\n" + outputSinceStart());
        } else if (now - endedAt > RESTART_PAUSE_MS * 1_000_000) {
            launch();
        }
    }

    /** The exit codes with which it ended although nobody had asked it to. */
    synchronized List<Integer> endings() {
        return List.copyOf(endings);
    }

    /** From now on it may end by itself. */
    synchronized void release() {
        isWanted = false;
    }

    /** Waits until it has ended by itself; gives the exit code. */
    int end(Duration patience) throws InterruptedException {
        return running().end(patience);
    }

    @Override
    public void stop() {
        release();
        try {
            running().stop(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void kill() {
        release();
        JavaProcess known = process;
        if (known != null) {
            known.kill();
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
        JavaProcess known = process;
        return known == null ? "" : known.output();
    }

    private JavaProcess running() {
        JavaProcess known = process;
        if (known == null) {
            throw new IllegalStateException("not started");
        }
        return known;
    }

    private int reservedPort() throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        reserved.add(socket);
        return socket.getLocalPort();
    }

    private void giveUpPorts() {
        for (ServerSocket socket : reserved) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        reserved.clear();
    }
}
