package io.tiderace.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The package that was built works from any folder and through links, needs a Java and says so, and holds no test code. */
@Timeout(120)
class LauncherIT {
    @TempDir
    Path folder;

    private Path product;

    private record Ended(int exitCode, String output) {}

    @BeforeEach
    void unpack() throws Exception {
        Path target = Servers.checkout().resolve("cli/target");
        Optional<Path> archive;
        try (Stream<Path> files = Files.isDirectory(target) ? Files.list(target) : Stream.empty()) {
            archive = files.filter(file -> file.toString().endsWith(".tar.gz")).findFirst();
        }
        Path found = Servers.need("the package cli/target/tiderace-*.tar.gz (./mvnw package builds it)", archive);
        assertThat(execute(Map.of(), "tar", "xzf", found.toString(), "-C", folder.toString())
                        .exitCode())
                .isZero();
        try (Stream<Path> files = Files.list(folder)) {
            product = files.findFirst().orElseThrow();
        }
    }

    private Ended execute(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .directory(Path.of("/").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    @Test
    void itWorksFromAnyFolderAndThroughLinks() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), product.resolve("bin/tiderace"));
        Path linkToLink = Files.createSymbolicLink(folder.resolve("link2"), Path.of("link"));
        for (Path launcher : List.of(product.resolve("bin/tiderace"), link, linkToLink)) {
            Ended version = execute(Map.of(), launcher.toString(), "version");
            assertThat(version.output()).startsWith("tiderace 0.");
            assertThat(version.exitCode()).isZero();
        }
        Ended wrong = execute(Map.of(), link.toString(), "run");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.output()).contains("TR-L001", "--source", "--task");
    }

    @Test
    void withoutAFittingJavaItSaysSo() throws Exception {
        Ended none = execute(
                Map.of("JAVA_HOME", "/nowhere"), product.resolve("bin/tiderace").toString(), "version");
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.output()).contains("JAVA_HOME is /nowhere", "fix: ");

        Path old = Files.createDirectories(folder.resolve("old/bin"));
        Path java = Files.writeString(old.resolve("java"), "#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Ended tooOld = execute(
                Map.of("JAVA_HOME", folder.resolve("old").toString()),
                product.resolve("bin/tiderace").toString(),
                "version");
        assertThat(tooOld.exitCode()).isEqualTo(2);
        assertThat(tooOld.output()).contains("is Java 11", "17 or newer");
    }

    @Test
    void itHoldsWhatItNeedsAndNoTestCode() throws Exception {
        List<String> libraries = new ArrayList<>();
        try (Stream<Path> files = Files.list(product.resolve("lib"))) {
            files.map(file -> file.getFileName().toString()).forEach(libraries::add);
        }
        assertThat(libraries)
                .anyMatch(name -> name.startsWith("cli-"))
                .noneMatch(
                        name -> name.matches("(tests-|junit|assertj|jqwik|archunit|testcontainers|.*-tests?\\.jar).*"));
        assertThat(product.resolve("LICENSE")).exists();
        assertThat(product.resolve("share/man/man1/tiderace-run.1")).exists();
        assertThat(product.resolve("share/completion/tiderace")).exists();
        assertThat(product.resolve("examples/task.yaml")).exists();
    }
}
