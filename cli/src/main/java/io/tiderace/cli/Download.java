package io.tiderace.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
import java.util.HexFormat;

/**
 * Fetches one file of a Maven repository and checks it against the {@code .sha1} beside it. What arrived before a connection broke is kept
 * and the rest asked for, also by the next process; a file with a wrong checksum is fetched anew.
 */
record Download(String url, String what, Progress progress) {
    private static final int ATTEMPTS_MAX = 5;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    /** @throws IOException with the last problem after several attempts */
    void to(Path target) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        String problem = "";
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            try {
                fetch(part);
                String wanted = checksum();
                String found = sha1(part);
                if (wanted.equalsIgnoreCase(found)) {
                    Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
                    return;
                }
                problem = "its SHA-1 is " + found + " instead of " + wanted;
                Files.delete(part);
            } catch (FileNotFoundException e) {
                // asking again would not help
                throw e;
            } catch (IOException e) {
                problem = String.valueOf(e.getMessage() == null ? e : e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            pause(attempt);
        }
        throw new IOException("no success in " + ATTEMPTS_MAX + " attempts, at last: " + problem);
    }

    private void fetch(Path part) throws IOException, InterruptedException {
        long have = Files.exists(part) ? Files.size(part) : 0;
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<InputStream> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            switch (response.statusCode()) {
                case 200 -> write(in, response, part, 0);
                case 206 -> write(in, response, part, have);
                case 416 -> {
                    // nothing is left to fetch, or what we have is not a part of it: the checksum tells
                }
                case 404 -> throw new FileNotFoundException("HTTP status 404: it is not there");
                default -> throw new IOException("HTTP status " + response.statusCode());
            }
        }
    }

    private void write(InputStream in, HttpResponse<InputStream> response, Path part, long have) throws IOException {
        long length = response.headers().firstValueAsLong("content-length").orElse(-1);
        long total = length < 0 ? -1 : have + length;
        long done = have;
        try (OutputStream out =
                have > 0 ? Files.newOutputStream(part, StandardOpenOption.APPEND) : Files.newOutputStream(part)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                done += read;
                progress.at(what, done, total);
            }
        }
        if (total >= 0 && done < total) {
            throw new IOException("the connection ended after " + done + " of " + total + " bytes");
        }
    }

    private String checksum() throws IOException, InterruptedException {
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(URI.create(url + ".sha1")).build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.US_ASCII));
        if (response.statusCode() != 200) {
            throw new IOException("HTTP status " + response.statusCode() + " for the checksum");
        }
        return response.body().strip().split("\\s", 2)[0];
    }

    private static String sha1(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void pause(int attempt) {
        try {
            Thread.sleep(250L << attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
