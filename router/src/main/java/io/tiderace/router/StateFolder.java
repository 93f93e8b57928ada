package io.tiderace.router;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A folder for Streams' files that no other process uses, and an identity that stays with it. A process that starts again finds the same
 * folder and identity, so Kafka gives it its work back without waiting for a timeout; several processes may share a data directory.
 */
final class StateFolder implements AutoCloseable {
    private static final int PLACES_MAX = 256;

    private final Path path;
    private final String identity;
    private final FileLock lock;

    private StateFolder(Path path, String identity, FileLock lock) {
        this.path = path;
        this.identity = identity;
        this.lock = lock;
    }

    /** The first free place below a folder. */
    static StateFolder take(Path parent) {
        try {
            for (int place = 0; place < PLACES_MAX; place++) {
                Path path = Files.createDirectories(parent.resolve(Integer.toString(place)));
                FileLock lock = lock(path.resolve("lock"));
                if (lock != null) {
                    return new StateFolder(path, identity(path.resolve("identity")), lock);
                }
            }
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-R009",
                    "the folder " + parent + " cannot be used: " + e,
                    "make it writable for this user, or set data-dir in tiderace.yaml to a folder that is",
                    e);
        }
        throw new ConfigException(
                "TR-R009",
                "the folder " + parent + " is in use by " + PLACES_MAX + " processes",
                "set data-dir in tiderace.yaml to another folder");
    }

    private static @Nullable FileLock lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // held by another service of this process
        }
        if (lock == null) {
            channel.close();
        }
        return lock;
    }

    private static String identity(Path file) throws IOException {
        if (Files.exists(file)) {
            String stored = Files.readString(file).strip();
            if (!stored.isEmpty()) {
                return stored;
            }
        }
        String identity = UUID.randomUUID().toString();
        Files.writeString(file, identity);
        return identity;
    }

    Path path() {
        return path;
    }

    String identity() {
        return identity;
    }

    @Override
    public void close() {
        try {
            lock.acquiredBy().close();
        } catch (IOException e) {
            // the lock ends with the process at the latest
        }
    }
}
