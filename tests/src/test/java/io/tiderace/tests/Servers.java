package io.tiderace.tests;

import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;

/**
 * The servers that the tests of one process share: each is started when first asked for and ends with the process. A test must not stop
 * or reconfigure them (it starts its own for that) and takes {@link #freshName fresh names} for databases, sources and tasks.
 */
final class Servers {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Shared<MySqlServer> SOURCE = new Shared<>(() -> MySqlServer.start());
    private static final Shared<MySqlServer> MYSQL_TARGET = new Shared<>(() -> MySqlServer.start("--skip-log-bin"));
    private static final Shared<EmbeddedKafka> KAFKA =
            new Shared<>(() -> EmbeddedKafka.start(temporaryFolder("tiderace-kafka"), 0));
    private static final Shared<EmbeddedRegistry> REGISTRY =
            new Shared<>(() -> EmbeddedRegistry.start(kafka().bootstrapServers(), 0));
    private static final Shared<Optional<TiDbServer>> TIDB =
            new Shared<>(() -> TiDbServer.start(checkout().resolve("tests/tidb"), true, Servers::printProgress));

    private Servers() {}

    /** A MySQL 8.0 with GTIDs and row format, to capture from. */
    static MySqlServer source() {
        return SOURCE.get();
    }

    /** A MySQL 8.0 without a binlog, to apply to. */
    static MySqlServer mysqlTarget() {
        return MYSQL_TARGET.get();
    }

    static EmbeddedKafka kafka() {
        return KAFKA.get();
    }

    static EmbeddedRegistry registry() {
        return REGISTRY.get();
    }

    /** Kafka client properties, as {@code ServiceConfig.kafka()} has them. */
    static Map<String, String> kafkaProperties() {
        return Map.of("bootstrap.servers", kafka().bootstrapServers());
    }

    /** Registry client properties, as {@code ServiceConfig.registry()} has them. */
    static Map<String, String> registryProperties() {
        return Map.of("schema.registry.url", registry().url());
    }

    /** A TiDB; where none can be had the test is skipped, in CI ({@code CI=true}) it fails. */
    static TiDbServer tidb() {
        return need("TiDB", TIDB.get());
    }

    /** The thing, or a skipped test that says so; in CI a failed one. */
    static <T> T need(String what, Optional<T> thing) {
        if (thing.isEmpty()) {
            String message = what + " is needed and cannot be had on this machine";
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError(message);
            }
            Assumptions.abort(message);
        }
        return thing.get();
    }

    /** A name that nothing else in this process has used. */
    static String freshName(String prefix) {
        return prefix + NAMES.incrementAndGet();
    }

    /** The folder that holds the parent pom. */
    static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    static Path temporaryFolder(String prefix) {
        try {
            Path folder = Files.createTempDirectory(prefix);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.err.println("left behind: " + folder + " (" + e.getMessage() + ")");
        }
    }

    private static void printProgress(String what, long done, long total) {
        if (done % 15 == 0) {
            System.err.println(what);
        }
    }

    private static final class Shared<T> {
        private final Supplier<T> start;
        private T started;
        private RuntimeException failure;

        Shared(Supplier<T> start) {
            this.start = start;
        }

        synchronized T get() {
            if (failure != null) {
                throw failure;
            }
            if (started == null) {
                try {
                    started = start.get();
                } catch (RuntimeException e) {
                    failure = e;
                    throw e;
                }
            }
            return started;
        }
    }
}
