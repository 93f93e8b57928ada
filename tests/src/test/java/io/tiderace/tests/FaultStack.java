package io.tiderace.tests;

import com.sun.management.UnixOperatingSystemMXBean;
import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Source, Kafka, target and two processes of each service, every connection between them through a proxy. Whoever ends by itself is started again.
 */
final class FaultStack implements AutoCloseable {
    static final String NAME = "faults";
    private static final int EACH = 2;
    private static final int WORKERS_MIN = 2;
    private static final int WORKERS_MAX = 16;
    private static final long SUPERVISE_MS = 200;
    private static final int MEMBER_CHARACTERS = 1_500;
    private static final int KAFKA_CHARACTERS = 3_000;

    private final Path folder;
    private final @Nullable Path clockLibrary;
    private final @Nullable Path disk;
    private final MySqlServer source;
    private final Target target;
    private final FaultKafka kafka;
    private final Map<String, FaultServer> servers;
    private final List<FaultMember> members = new ArrayList<>();
    private final AtomicInteger starts = new AtomicInteger();
    private volatile boolean isClosing;

    private FaultStack(Path folder, @Nullable Path disk, MySqlServer source, Target target) throws IOException {
        this.folder = folder;
        this.disk = disk;
        this.clockLibrary = MovedClock.library(folder).orElse(null);
        this.source = source;
        this.target = target;
        Path data = disk == null ? folder.resolve("kafka") : disk.resolve("kafka");
        kafka = new FaultKafka(folder.resolve("kafka.log"), Files.createDirectory(data), clock("kafka"));
        servers = Map.of("kafka", kafka, "source", FaultServer.of(source), "target", target.server());
    }

    /**
     * Starts the servers; the services wait for {@link #startServices}.
     *
     * @param target {@code tidb} or {@code mysql}
     * @param disk MiB of Kafka's disk; 0 for one that does not become full
     */
    static FaultStack start(Path folder, String target, int disk) throws IOException {
        Optional<Path> mounted = disk == 0 ? Optional.empty() : SmallDisk.mount(folder, disk);
        MySqlServer source = MySqlServer.start("--binlog-expire-logs-seconds=86400");
        FaultStack stack = new FaultStack(
                folder, mounted.orElse(null), source, target.equals("tidb") ? Target.tiDb() : Target.mySql());
        for (String service : FaultKind.Subjects.SERVICES) {
            for (int number = 1; number <= EACH; number++) {
                stack.members.add(stack.member(service, service + "-" + number));
            }
        }
        stack.kafka.start();
        return stack;
    }

    /** Where the rows go. */
    private record Target(FaultServer server, Runnable closing, String jdbcUrl, int port) {
        static Target tiDb() {
            TiDbServer server = Servers.need(
                    "TiDB",
                    TiDbServer.start(Servers.checkout().resolve("tests/tidb"), true, (what, done, total) -> {}));
            if (!server.canRestart()) {
                throw new IllegalStateException("this TiDB cannot be killed and started again");
            }
            return new Target(FaultServer.of(server), server::close, server.jdbcUrl(), server.port());
        }

        static Target mySql() {
            MySqlServer server = MySqlServer.start("--skip-log-bin");
            return new Target(FaultServer.of(server), server::close, server.jdbcUrl(), server.port());
        }
    }

    private FaultMember member(String service, String name) throws IOException {
        FaultProxy toKafka = kafka.proxy();
        FaultProxy toDatabase =
                switch (service) {
                    case "capture" -> new FaultProxy(source.port());
                    case "applier" -> new FaultProxy(target.port());
                    default -> null;
                };
        int sourcePort = service.equals("capture") && toDatabase != null ? toDatabase.port() : source.port();
        int toTarget = service.equals("applier") && toDatabase != null ? toDatabase.port() : target.port();
        FaultFiles files = new FaultFiles(
                Files.createDirectory(folder.resolve(name)),
                NAME,
                sourcePort,
                toTarget,
                toKafka.port(),
                kafka.registryPort());
        files.write(WORKERS_MAX);
        return new FaultMember(service, name, files, toKafka, toDatabase, clock(name));
    }

    private @Nullable MovedClock clock(String name) {
        return clockLibrary == null ? null : MovedClock.of(clockLibrary, folder.resolve("clock-" + name));
    }

    /** One process of each service. */
    void startServices() {
        members.stream().filter(member -> member.name().endsWith("-1")).forEach(this::start);
        Thread supervisor = new Thread(this::supervise, "supervisor");
        supervisor.setDaemon(true);
        supervisor.start();
    }

    /** The other ones: all at once would take a small machine too long. */
    void startTwins() {
        members.stream().filter(member -> !member.name().endsWith("-1")).forEach(this::start);
    }

    private void supervise() {
        while (!isClosing) {
            kafka.supervise();
            members.forEach(member -> member.supervise(workerCount()));
            try {
                Thread.sleep(SUPERVISE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** With another number of lanes each time. */
    void start(FaultMember member) {
        member.start(workerCount());
    }

    private int workerCount() {
        return WORKERS_MIN + starts.incrementAndGet() * 5 % (WORKERS_MAX - WORKERS_MIN + 1);
    }

    List<FaultMember> members() {
        return members;
    }

    List<FaultMember> members(String service) {
        return members.stream()
                .filter(member -> member.service().equals(service))
                .toList();
    }

    /** The process that does the work, as far as the processes' output tells. */
    FaultMember owner(String service) {
        FaultMember owner = members(service).get(0);
        for (FaultMember member : members(service)) {
            owner = member.lastAssigned().compareTo(owner.lastAssigned()) > 0 ? member : owner;
        }
        return owner;
    }

    FaultServer server(String name) {
        FaultServer server = servers.get(name);
        if (server == null) {
            throw new IllegalArgumentException(name);
        }
        return server;
    }

    FaultKafka kafka() {
        return kafka;
    }

    /** Kafka's own small disk; empty where none could be made. */
    Optional<Path> disk() {
        return Optional.ofNullable(disk);
    }

    boolean hasClocks() {
        return clockLibrary != null;
    }

    String sourceUrl() {
        return source.jdbcUrl();
    }

    String targetUrl() {
        return target.jdbcUrl();
    }

    Path folder() {
        return folder;
    }

    /** As an operator on this machine would have it: no proxies. */
    FaultFiles directFiles() throws IOException {
        FaultFiles files = new FaultFiles(
                Files.createDirectories(folder.resolve("operator")),
                NAME,
                source.port(),
                target.port(),
                kafka.port(),
                kafka.registryPort());
        files.write(WORKERS_MAX);
        return files;
    }

    /** What everybody last said, Kafka at the end. */
    String state() {
        StringBuilder state = new StringBuilder();
        for (FaultMember member : members) {
            state.append("\n-- ").append(member.name()).append('\n').append(tail(member.output(), MEMBER_CHARACTERS));
        }
        return state.append("\n-- kafka\n")
                .append(tail(kafka.output(), KAFKA_CHARACTERS))
                .append('\n')
                .append(kafka.state())
                .append("\nopen files of the proxies' process: ")
                .append(openFiles())
                .toString();
    }

    private static String openFiles() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getOpenFileDescriptorCount() + " of " + system.getMaxFileDescriptorCount()
                : "unknown";
    }

    private static String tail(String output, int characters) {
        return output.substring(Math.max(0, output.length() - characters));
    }

    /** Nobody is started again any more. */
    void endSupervision() {
        isClosing = true;
    }

    @Override
    public void close() throws IOException {
        isClosing = true;
        for (FaultMember member : members) {
            member.kill();
            member.kafka().close();
            FaultProxy database = member.database();
            if (database != null) {
                database.close();
            }
        }
        kafka.kill();
        source.close();
        target.closing().run();
        if (disk != null) {
            SmallDisk.unmount(disk);
        }
    }
}
