package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The folder of {@code tiderace run}: the embedded Kafka's data and the addresses at which Kafka and registry were last reached. Locked while
 * it is open, by the operating system, so a killed process leaves no lock behind.
 */
final class DataDirectory implements AutoCloseable {
    static final Path DEFAULT = Path.of("tiderace-data");

    private static final String ADDRESSES = "addresses.properties";

    private final Path path;
    private final FileChannel channel;

    private DataDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Ports on the loopback interface, 0 when not known. */
    record Addresses(int kafkaPort, int registryPort) {
        String bootstrapServers() {
            return Loopback.HOST + ":" + kafkaPort;
        }

        String registryUrl() {
            return "http://" + Loopback.HOST + ":" + registryPort;
        }
    }

    /** @throws ConfigException when it cannot be written, or another process has it open */
    static DataDirectory open(Path path) {
        try {
            Files.createDirectories(path);
            FileChannel channel =
                    FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!lock(channel)) {
                channel.close();
                throw new ConfigException(
                        "TR-L010",
                        "data directory " + path.toAbsolutePath() + " is in use by another tiderace",
                        "stop the other one, or give this one a directory of its own with --data-dir");
            }
            return new DataDirectory(path, channel);
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-L011",
                    "data directory " + path.toAbsolutePath() + " cannot be written: " + e,
                    "let this user write there (chown, chmod), or name another one with --data-dir",
                    e);
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock(); // held as long as the channel is open
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // this very process has it
        }
    }

    Path kafka() {
        return path.resolve("kafka");
    }

    /** Where the embedded servers of this directory listened last. */
    Addresses addresses() {
        Addresses known = addresses(path);
        return known == null ? new Addresses(0, 0) : known;
    }

    /** The same, asked from outside; null when the directory never held any. */
    static @Nullable Addresses addresses(Path dataDir) {
        Path file = dataDir.resolve(ADDRESSES);
        if (!Files.isReadable(file)) {
            return null;
        }
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
            return new Addresses(port(properties, "kafka.port"), port(properties, "registry.port"));
        } catch (IOException | NumberFormatException e) {
            return null; // unreadable means unknown: other ports are as good
        }
    }

    private static int port(Properties properties, String key) {
        return Integer.parseInt(properties.getProperty(key, "0"));
    }

    /** Keeps the addresses, for the next start and for the commands that look inside. */
    void remember(Addresses addresses) {
        Properties properties = new Properties();
        properties.setProperty("kafka.port", Integer.toString(addresses.kafkaPort()));
        properties.setProperty("registry.port", Integer.toString(addresses.registryPort()));
        Path file = path.resolve(ADDRESSES);
        Path written = path.resolve(ADDRESSES + ".new");
        try {
            try (OutputStream out = Files.newOutputStream(written)) {
                properties.store(out, "Kafka and registry of this data directory");
            }
            Files.move(written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-L011",
                    file.toAbsolutePath() + " cannot be written: " + e,
                    "free some disk space, and let this user write there",
                    e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
