package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A real MySQL 8.0 server as a child process on 127.0.0.1, user {@code root} without a password. GTIDs, row format and full row images are
 * on unless the options say otherwise. It ends with this process. Not thread-safe.
 */
public final class MySqlServer implements AutoCloseable {
    private static final long START_MAX_MS = 60_000;
    private static final long STOP_MAX_MS = 20_000;
    private static final List<String> OPTIONS = List.of(
            "--mysqlx=OFF",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--server-id=1",
            "--bind-address=" + Loopback.HOST,
            "--performance-schema=OFF",
            "--innodb-buffer-pool-size=128M",
            "--innodb-redo-log-capacity=256M",
            "--max-allowed-packet=64M",
            "--max-connections=200");

    private final Path home;
    private final Path folder;
    private final boolean isTemporary;
    private final int port;
    private final List<String> options;
    private @Nullable ChildProcess process;

    private MySqlServer(Path home, Path folder, boolean isTemporary, int port, List<String> options) {
        this.home = home;
        this.folder = folder;
        this.isTemporary = isTemporary;
        this.port = port;
        this.options = options;
    }

    /** Starts a server on a free port with a data directory that {@link #close} removes; the options come after ours and so win. */
    public static MySqlServer start(String... options) {
        return start(null, Progress.NONE, options);
    }

    /**
     * Starts a server on a free port and returns when it serves. The first call on a machine downloads the programs (0.5 GB).
     *
     * @param folder for data, log and socket, kept when the server is closed; null for a temporary one
     * @param options of mysqld, for example {@code --gtid-mode=OFF}; they come after ours and so win
     */
    public static MySqlServer start(@Nullable Path folder, Progress progress, String... options) {
        Path home = MySqlDistribution.home(progress);
        Path template = template(home);
        try {
            Path place = folder == null ? Files.createTempDirectory("tiderace-mysql") : Files.createDirectories(folder);
            Path data = place.resolve("data");
            if (!Files.exists(data)) {
                Path copy = place.resolve("data.new");
                CacheFolder.deleteTree(copy);
                CacheFolder.copyTree(template, copy);
                // each server needs an identity of its own
                Files.deleteIfExists(copy.resolve("auto.cnf"));
                Files.move(copy, data, StandardCopyOption.ATOMIC_MOVE);
            }
            MySqlServer server = new MySqlServer(home, place, folder == null, Loopback.freePort(), List.of(options));
            server.startAgain();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** Of the running server. */
    public long pid() {
        return running().pid();
    }

    /** For {@code root}, without a schema; append parameters with {@code &}. */
    public String jdbcUrl() {
        return "jdbc:mysql://" + Loopback.HOST + ":" + port + "/?sslMode=DISABLED&allowPublicKeyRetrieval=true";
    }

    /** What the server wrote about itself. */
    public Path errorLog() {
        return folder.resolve("error.log");
    }

    /** Of the {@code mysql} client program that comes with the server. */
    public Path clientProgram() {
        return home.resolve("bin/mysql");
    }

    /** Starts it again on the same port and data after {@link #stop} or {@link #kill}. */
    public void startAgain() {
        List<String> command = new ArrayList<>(List.of(
                home.resolve("bin/mysqld").toString(),
                "--no-defaults",
                "--basedir=" + home,
                "--datadir=" + folder.resolve("data"),
                "--socket=" + folder.resolve("s"),
                "--pid-file=" + folder.resolve("pid"),
                "--log-error=" + errorLog(),
                "--port=" + port));
        if (System.getProperty("user.name", "").equals("root")) {
            command.add("--user=root");
        }
        command.addAll(OPTIONS);
        command.addAll(options);
        ChildProcess started = ChildProcess.start(command, folder.resolve("output.log"));
        process = started;
        long deadline = System.nanoTime() + START_MAX_MS * 1_000_000;
        while (!Loopback.isGreeting(port)) {
            if (!started.isAlive()) {
                throw startFailure("ended with code " + started.exitCode(), started);
            }
            if (System.nanoTime() > deadline) {
                started.kill();
                throw startFailure("did not answer within " + START_MAX_MS / 1000 + " s", started);
            }
            pause();
        }
    }

    /** Orderly. */
    public void stop() {
        running().stop(STOP_MAX_MS);
        process = null;
    }

    /** With SIGKILL, as a crash. */
    public void kill() {
        running().kill();
        process = null;
    }

    /** Stops it, orderly, and starts it again. */
    public void restart() {
        stop();
        startAgain();
    }

    /** Freezes the server: connections stay open and nothing answers. */
    public void suspend() {
        running().signal("STOP");
    }

    /** Ends {@link #suspend}. */
    public void resume() {
        running().signal("CONT");
    }

    /** Ends the server at once; removes its folder if that was a temporary one. */
    @Override
    public void close() {
        if (process != null) {
            kill();
        }
        if (isTemporary) {
            try {
                CacheFolder.deleteTree(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private ChildProcess running() {
        if (process == null) {
            throw new IllegalStateException("MySQL on port " + port + " is not running");
        }
        return process;
    }

    private RuntimeException startFailure(String what, ChildProcess started) {
        String output = started.outputTail();
        if (output.contains("libaio")) {
            return libaioMissing();
        }
        return new RetriesExhaustedException(
                "TR-L114",
                "MySQL on port " + port + " " + what + ":\n" + output + "\n" + ChildProcess.tail(errorLog()),
                "read the lines above; deleting " + home + " makes the next start unpack the programs again");
    }

    private static ConfigException libaioMissing() {
        return new ConfigException(
                "TR-L113",
                "MySQL cannot start: the library libaio.so.1 is missing on this machine",
                "apt install libaio1 (Ubuntu 24.04: libaio1t64; Fedora, RHEL: dnf install libaio)");
    }

    private static void pause() {
        try {
            Thread.sleep(25);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while MySQL starts", e);
        }
    }

    /** An initialised data directory, made once: copying it takes a tenth of the time. */
    private static Path template(Path home) {
        Path template = home.resolveSibling(home.getFileName() + "-data");
        if (Files.isDirectory(template)) {
            return template;
        }
        return CacheFolder.locked(template.getFileName().toString(), () -> {
            try {
                if (!Files.isDirectory(template)) {
                    initialise(home, template);
                }
                return template;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void initialise(Path home, Path template) throws IOException {
        Path work = Files.createTempDirectory(CacheFolder.path(), "initialise");
        try {
            Path data = work.resolve("data");
            Path users = work.resolve("users.sql");
            // over TCP an address may not resolve to localhost
            Files.writeString(users, "CREATE USER root@'%';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n");
            List<String> command = new ArrayList<>(List.of(
                    home.resolve("bin/mysqld").toString(),
                    "--no-defaults",
                    "--initialize-insecure",
                    "--basedir=" + home,
                    "--datadir=" + data,
                    "--init-file=" + users,
                    "--innodb-redo-log-capacity=16M",
                    "--skip-log-bin"));
            if (System.getProperty("user.name", "").equals("root")) {
                command.add("--user=root");
            }
            ChildProcess process = ChildProcess.start(command, work.resolve("output.log"));
            process.await();
            if (process.exitCode() != 0) {
                String output = process.outputTail();
                throw output.contains("libaio")
                        ? libaioMissing()
                        : new RetriesExhaustedException(
                                "TR-L115",
                                "MySQL could not initialise a data directory:\n" + output,
                                "read the lines above; deleting " + home
                                        + " makes the next start unpack the programs again");
            }
            Files.move(data, template, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            CacheFolder.deleteTree(work);
        }
    }
}
