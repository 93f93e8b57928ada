package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;
import io.tiderace.cli.Tiderace;
import io.tiderace.config.Topics;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing is lost, nothing comes twice, nothing gets stuck: the three services as processes of their own against a Kafka in yet another one,
 * killed with SIGKILL at random moments under load. The target is a TiDB.
 */
class KillFaultIT {
    private static final int KILLS_EACH = 10;
    private static final int PAUSE_MAX_MS = 3_500;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final List<String> SERVICES = List.of("capture", "router", "applier");

    @TempDir
    Path folder;

    private final String name = Servers.freshName("kill");
    private final List<JavaProcess> processes = new ArrayList<>();
    private final MySqlServer source = Servers.source();
    private final TiDbServer target = Servers.tidb();
    private String kafka;
    private String registry;
    private TaskFiles files;

    @BeforeEach
    void startKafka() throws Exception {
        int kafkaPort = freePort();
        int registryPort = freePort();
        Path data = Files.createDirectory(folder.resolve("kafka"));
        JavaProcess process = new JavaProcess(
                KafkaProcess.class,
                folder.resolve("kafka.log"),
                data.toString(),
                Integer.toString(kafkaPort),
                Integer.toString(registryPort));
        processes.add(process);
        process.awaitOutput("ready ", Duration.ofSeconds(60));
        kafka = "127.0.0.1:" + kafkaPort;
        registry = "http://127.0.0.1:" + registryPort;
        RandomLoad.createSchema(source.jdbcUrl(), name);
        files = TaskFiles.write(
                folder,
                name,
                TaskFiles.Server.local(source.port()),
                new TaskFiles.Server(target.host(), target.port(), "root"),
                kafka,
                registry);
    }

    @AfterEach
    void stopAll() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).kill();
        }
    }

    @Test
    void everyServiceMayBeKilledAtAnyMoment() throws Exception {
        long seed = Long.getLong("tiderace.seed", System.nanoTime());
        System.err.println("seed " + seed + " (again with -Dtiderace.seed=" + seed + ")");
        Random random = new Random(seed);
        List<JavaProcess> services = SERVICES.stream().map(this::service).toList();
        try (RandomLoad load = RandomLoad.start(source.jdbcUrl(), name, seed, 100)) {
            awaitMarker(-1);
            for (int i = 0; i < KILLS_EACH; i++) {
                for (JavaProcess service : services) {
                    Thread.sleep(random.nextInt(PAUSE_MAX_MS));
                    assertThat(service.isAlive()).as(service.output()).isTrue();
                    service.kill();
                    service.start();
                }
            }
            assertThat(load.transactions()).isGreaterThan(1000);
        }
        awaitMarker(-2);
        awaitEqual();
        for (JavaProcess service : services) {
            assertThat(service.stop(Duration.ofSeconds(20)))
                    .as(service.output())
                    .isZero();
        }
        requireContiguousNumbers();
    }

    @Test
    void aKilledProcesssWorkMovesToAnotherInTime() throws Exception {
        List<JavaProcess> services = new ArrayList<>();
        for (String service : SERVICES) {
            services.add(service(service));
            services.add(service(service));
        }
        try (RandomLoad load = RandomLoad.start(source.jdbcUrl(), name, 1, 50)) {
            awaitMarker(-1);
            int marker = -1;
            for (JavaProcess service : services) {
                service.kill();
                long begin = System.nanoTime();
                awaitMarker(--marker);
                long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
                assertThat(seconds).as("until the work had moved").isLessThan(15);
                service.start();
                // it has to take part before its twin goes
                Thread.sleep(5_000);
            }
            assertThat(load.transactions()).isPositive();
        }
        awaitMarker(-100);
        awaitEqual();
        requireContiguousNumbers();
    }

    private JavaProcess service(String command) {
        Path output = folder.resolve(command + processes.size() + ".log");
        JavaProcess process = new JavaProcess(Tiderace.class, output, files.command(command));
        processes.add(process);
        return process;
    }

    /** The marker may be there before what lanes beside its own still write, which is a long backlog after many kills. */
    private void awaitEqual() throws Exception {
        Map<String, String> wanted = Fingerprint.of(source.jdbcUrl(), name);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Fingerprint.of(target.jdbcUrl(), name).equals(wanted) && System.nanoTime() < deadline) {
            Thread.sleep(200);
        }
        assertThat(Fingerprint.of(target.jdbcUrl(), name)).isEqualTo(wanted);
        JavaProcess compare = new JavaProcess(Tiderace.class, folder.resolve("compare.log"), files.command("compare"));
        assertThat(compare.end(Duration.ofSeconds(60))).as(compare.output()).isZero();
    }

    private void requireContiguousNumbers() {
        Topics topics = new Topics("tiderace.");
        Numbers numbers = new Numbers(kafka, registry);
        long relay = numbers.requireContiguousRelay(topics.relay(name));
        assertThat(numbers.requireContiguousApply(topics.apply(name, name))).isEqualTo(relay);
    }

    /** Writes a row at the source and waits until it is in the target: everything before it is there too. */
    private void awaitMarker(int id) throws Exception {
        String table = name + ".accounts";
        execute(source.jdbcUrl(), "INSERT INTO " + table + " VALUES (" + id + ", 'marker" + id + "', 0)");
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isThere(id)) {
            if (System.nanoTime() > deadline) {
                StringBuilder outputs = new StringBuilder("marker " + id + " did not arrive within " + PATIENCE);
                processes.forEach(process -> outputs.append("\n--\n").append(process.output()));
                throw new AssertionError(outputs);
            }
            Thread.sleep(100);
        }
    }

    private boolean isThere(int id) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target.jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 1 FROM information_schema.tables WHERE table_schema = '"
                        + name + "' AND table_name = 'accounts'")) {
            if (!rows.next()) {
                return false;
            }
            try (Statement query = connection.createStatement();
                    ResultSet row = query.executeQuery("SELECT 1 FROM " + name + ".accounts WHERE id = " + id)) {
                return row.next();
            }
        }
    }

    private static void execute(String jdbcUrl, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
