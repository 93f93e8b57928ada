package io.tiderace.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A download survives broken connections and never leaves a file that is not the one that was wanted. */
class DownloadTest {
    @TempDir
    Path folder;

    private final byte[] content = new byte[300_000];
    private final List<String> ranges = new ArrayList<>();
    private final List<Long> progress = new ArrayList<>();
    private HttpServer server;
    private String checksum;
    private int breaksLeft;

    @BeforeEach
    void serve() throws Exception {
        new Random(1).nextBytes(content);
        checksum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(content));
        server = HttpServer.create(Loopback.address(0), 0);
        server.createContext("/file.zip", this::sendFile);
        server.createContext("/file.zip.sha1", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write((checksum + "  file.zip\n").getBytes("US-ASCII"));
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void goesOnWhereTheConnectionBroke() throws IOException {
        breaksLeft = 2;
        Path target = folder.resolve("target");
        download().to(target);
        assertThat(target).hasBinaryContent(content);
        assertThat(ranges).containsExactly("", "bytes=100000-", "bytes=200000-");
        assertThat(progress).last().isEqualTo(300_000L);
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void goesOnWithWhatAnEarlierProcessLeft() throws IOException {
        Files.write(folder.resolve("target.part"), Arrays.copyOf(content, 250_000));
        download().to(folder.resolve("target"));
        assertThat(folder.resolve("target")).hasBinaryContent(content);
        assertThat(ranges).containsExactly("bytes=250000-");
    }

    @Test
    void beginsAgainWhenTheChecksumIsWrong() throws IOException {
        Files.write(folder.resolve("target.part"), new byte[1000]);
        download().to(folder.resolve("target"));
        assertThat(folder.resolve("target")).hasBinaryContent(content);
        assertThat(ranges).containsExactly("bytes=1000-", "");
    }

    @Test
    void givesUpWithTheReasonAndWithoutAFile() {
        server.removeContext("/file.zip");
        assertThatThrownBy(() -> download().to(folder.resolve("target")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("404");
        assertThat(folder.resolve("target")).doesNotExist();
    }

    private Download download() {
        return new Download(
                "http://127.0.0.1:" + server.getAddress().getPort() + "/file.zip",
                "test",
                (what, done, total) -> progress.add(done));
    }

    private void sendFile(HttpExchange exchange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        ranges.add(range == null ? "" : range);
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        exchange.sendResponseHeaders(from == 0 ? 200 : 206, content.length - from);
        if (breaksLeft > 0) {
            breaksLeft--;
            exchange.getResponseBody().write(content, from, 100_000);
            exchange.getResponseBody().flush();
            // what the client has not read yet when the connection breaks may be lost on its way, as on any connection
            waitUntilKept(from + 100_000);
            exchange.close();
            return;
        }
        exchange.getResponseBody().write(content, from, content.length - from);
        exchange.close();
    }

    private void waitUntilKept(long bytes) throws IOException {
        Path part = folder.resolve("target.part");
        Instant deadline = Instant.now().plusSeconds(30);
        while (Files.notExists(part) || Files.size(part) < bytes) {
            if (Instant.now().isAfter(deadline)) {
                throw new IOException("the client keeps fewer than " + bytes + " bytes after 30 s");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
