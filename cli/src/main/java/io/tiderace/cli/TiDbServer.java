package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A TiDB on 127.0.0.1, user {@code root} without a password, if one can be had. In this order: the server named by the environment
 * variable {@code TIDERACE_TEST_TIDB} (host:port, root without password), a build in the cache folder, Docker, a build with {@code go}
 * from the sources in {@code tests/tidb}, which takes some ten minutes the first time. What was started ends with this process. Not
 * thread-safe.
 */
public final class TiDbServer implements AutoCloseable {
    /** The image for Docker; docker-compose.yml names the same. */
    public static final String IMAGE = "pingcap/tidb:v8.5.3";

    private static final String ADDRESS_VARIABLE = "TIDERACE_TEST_TIDB";
    private static final String PROGRAM = "tidb-server";
    private static final long START_MAX_MS = 120_000;
    private static final long STOP_MAX_MS = 10_000;

    private final String host;
    private final int port;
    private final @Nullable Path folder;
    private final List<String> command;
    private final String containerName;
    private @Nullable ChildProcess process;

    private TiDbServer(String host, int port, @Nullable Path folder, List<String> command, String containerName) {
        this.host = host;
        this.port = port;
        this.folder = folder;
        this.command = command;
        this.containerName = containerName;
    }

    /**
     * Starts a TiDB, or connects to the given one; empty when none can be had here.
     *
     * @param sources the checkout's {@code tests/tidb}; null outside a checkout: then any build in the cache serves
     * @param isBuildAllowed whether to build it from the sources if that is the only way
     */
    public static Optional<TiDbServer> start(@Nullable Path sources, boolean isBuildAllowed, Progress progress) {
        String address = System.getenv(ADDRESS_VARIABLE);
        if (address != null && !address.isEmpty()) {
            return Optional.of(given(address));
        }
        Optional<Path> cached = cached(sources);
        if (cached.isPresent()) {
            return Optional.of(launch(cached.get()));
        }
        if (succeeds("docker", "info")) {
            return Optional.of(container());
        }
        if (sources != null && isBuildAllowed && succeeds("go", "version")) {
            return Optional.of(launch(build(sources, progress)));
        }
        return Optional.empty();
    }

    /** One of its own, built from the sources, with options of {@code tests/tidb/main.go}; empty when it cannot be built here. */
    public static Optional<TiDbServer> start(Path sources, Progress progress, String... options) {
        Optional<Path> program = cached(sources);
        if (program.isEmpty() && succeeds("go", "version")) {
            program = Optional.of(build(sources, progress));
        }
        return program.map(built -> launch(built, options));
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    /** For {@code root}, without a schema; append parameters with {@code &}. */
    public String jdbcUrl() {
        return "jdbc:mysql://" + host + ":" + port + "/?sslMode=DISABLED&allowPublicKeyRetrieval=true";
    }

    /** Whether {@link #kill} and {@link #startAgain} work: not with a given server, and a container loses its data. */
    public boolean canRestart() {
        return !command.isEmpty() && containerName.isEmpty();
    }

    /** Starts it again on the same port and data after {@link #kill} or {@link #stop}. */
    public void startAgain() {
        if (command.isEmpty()) {
            throw new IllegalStateException("this TiDB was given by " + ADDRESS_VARIABLE);
        }
        Path output = outputFile();
        ChildProcess started = ChildProcess.start(command, output);
        process = started;
        long deadline = System.nanoTime() + START_MAX_MS * 1_000_000;
        while (!Loopback.isGreeting(port)) {
            if (!started.isAlive() || System.nanoTime() > deadline) {
                started.kill();
                throw new RetriesExhaustedException(
                        "TR-L122",
                        "TiDB does not start on port " + port + ":\n" + started.outputTail(),
                        "read the lines above, or name a TiDB of your own (root without a password) in "
                                + ADDRESS_VARIABLE);
            }
            pause();
        }
    }

    /** With SIGKILL, as a crash. */
    public void kill() {
        if (process != null) {
            process.kill();
            process = null;
        }
    }

    /** Orderly. */
    public void stop() {
        if (process != null) {
            process.stop(STOP_MAX_MS);
            process = null;
        }
    }

    /** Freezes the server: connections stay open and nothing answers. */
    public void suspend() {
        if (process != null) {
            process.signal("STOP");
        }
    }

    /** Ends {@link #suspend}. */
    public void resume() {
        if (process != null) {
            process.signal("CONT");
        }
    }

    /** Ends the server and removes its data; a given server is left as it is. */
    @Override
    public void close() {
        if (!containerName.isEmpty()) {
            succeeds("docker", "rm", "-f", containerName);
        }
        kill();
        if (folder != null) {
            try {
                CacheFolder.deleteTree(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Path outputFile() {
        if (folder == null) {
            throw new IllegalStateException("a given TiDB has no output file");
        }
        return folder.resolve("output.log");
    }

    private static TiDbServer given(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 1 || !address.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new ConfigException(
                    "TR-L121",
                    ADDRESS_VARIABLE + " is not an address: " + address,
                    "give host:port of a TiDB that root can use without a password, or unset it");
        }
        return new TiDbServer(
                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)), null, List.of(), "");
    }

    private static TiDbServer launch(Path program, String... options) {
        Path folder = temporaryFolder();
        int port = Loopback.freePort();
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "-port",
                Integer.toString(port),
                "-path",
                folder.resolve("data").toString()));
        command.addAll(List.of(options));
        TiDbServer server = new TiDbServer(Loopback.HOST, port, folder, command, "");
        server.startAgain();
        return server;
    }

    private static TiDbServer container() {
        int port = Loopback.freePort();
        String name = "tiderace-tidb-" + ProcessHandle.current().pid() + "-" + port;
        List<String> command =
                List.of("docker", "run", "--rm", "--name", name, "-p", Loopback.HOST + ":" + port + ":4000", IMAGE);
        TiDbServer server = new TiDbServer(Loopback.HOST, port, temporaryFolder(), command, name);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> succeeds("docker", "rm", "-f", name), "remove-container"));
        server.startAgain();
        return server;
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("tiderace-tidb");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path cacheFolder() {
        return CacheFolder.path().resolve("tidb");
    }

    private static Optional<Path> cached(@Nullable Path sources) {
        if (sources != null) {
            Path program = cacheFolder().resolve(key(sources)).resolve(PROGRAM);
            return Files.isExecutable(program) ? Optional.of(program) : Optional.empty();
        }
        if (!Files.isDirectory(cacheFolder())) {
            return Optional.empty();
        }
        try (Stream<Path> builds = Files.list(cacheFolder())) {
            return builds.map(build -> build.resolve(PROGRAM))
                    .filter(Files::isExecutable)
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names a build: the sources and, through go.sum, every module it is made of. */
    private static String key(Path sources) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : List.of("go.mod", "go.sum", "main.go")) {
                digest.update(Files.readAllBytes(sources.resolve(file)));
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path build(Path sources, Progress progress) {
        Path program = cacheFolder().resolve(key(sources)).resolve(PROGRAM);
        return CacheFolder.locked("tidb-" + key(sources), () -> {
            if (!Files.isExecutable(program)) {
                compile(sources, program, progress);
            }
            return program;
        });
    }

    private static void compile(Path sources, Path program, Progress progress) {
        try {
            Files.createDirectories(program.getParent());
            // its own copy: go rewrites go.mod and go.sum
            Path work = Files.createTempDirectory(program.getParent(), "build");
            try {
                CacheFolder.copyTree(sources, work.resolve("tidb"));
                Path output = work.resolve("output.log");
                Process go = goBuild(work.resolve("tidb"), output);
                for (long seconds = 0; !go.waitFor(1, TimeUnit.SECONDS); seconds++) {
                    progress.at("building TiDB (" + seconds + " s of about 600)", seconds, -1);
                }
                if (go.exitValue() != 0) {
                    throw new RetriesExhaustedException(
                            "TR-L123",
                            "TiDB does not build from " + sources + ":\n" + ChildProcess.tail(output),
                            "check that go can reach its module proxy (go env GOPROXY), or name a TiDB of your own in "
                                    + ADDRESS_VARIABLE);
                }
                Files.move(work.resolve("tidb").resolve(PROGRAM), program, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                CacheFolder.deleteTree(work);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while building TiDB", e);
        }
    }

    private static Process goBuild(Path folder, Path output) throws IOException {
        ProcessBuilder go = new ProcessBuilder("go", "build", "-o", PROGRAM, ".")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        go.environment().put("GOFLAGS", "-mod=mod");
        Process process = go.start();
        process.getOutputStream().close();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "stop-go"));
        return process;
    }

    private static boolean succeeds(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            return process.onExit().join().exitValue() == 0;
        } catch (IOException e) {
            // the program is not there
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(25);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while TiDB starts", e);
        }
    }
}
