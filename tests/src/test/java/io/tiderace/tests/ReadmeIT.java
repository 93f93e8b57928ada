package io.tiderace.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the README from top to bottom with the package that was built, against servers of the tests: its files with their ports exchanged, its commands
 * as they stand. {@code ./tiderace demo} is run by {@link DemoIT}, {@code ./mvnw verify} by whoever runs this.
 */
@Timeout(420)
class ReadmeIT {
    private static final Pattern BLOCK = Pattern.compile("```(sh|yaml)\\n(.*?)```", Pattern.DOTALL);
    private static final String LOCAL_KAFKA = "127.0.0.1:9092";

    @TempDir
    Path folder;

    private final List<List<String>> commands = new ArrayList<>();
    private String kafka = LOCAL_KAFKA;

    @BeforeEach
    void setUp() throws Exception {
        Files.createSymbolicLink(folder.resolve("tiderace"), product().resolve("bin/tiderace"));
        Matcher block = BLOCK.matcher(Files.readString(Servers.checkout().resolve("README.md")));
        while (block.find()) {
            if (block.group(1).equals("sh")) {
                commands.add(block.group(2).lines().toList());
            } else {
                String text = block.group(2)
                        .replace("3306", Integer.toString(Servers.source().port()))
                        .replace("4000", Integer.toString(Servers.tidb().port()))
                        .replace(LOCAL_KAFKA, Servers.kafka().bootstrapServers())
                        .replace("http://127.0.0.1:8081", Servers.registry().url());
                String name = text.lines().findFirst().orElseThrow().substring(2);
                Files.writeString(folder.resolve(name), text);
            }
        }
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE shop",
                "CREATE TABLE shop.orders (id INT PRIMARY KEY, paid BOOL NOT NULL, note TEXT)",
                "INSERT INTO shop.orders VALUES (1, 0, 'first'), (2, 1, 'zwei'), (3, 0, NULL)",
                "CREATE USER tiderace@'%' IDENTIFIED BY 'readme'",
                "GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO tiderace@'%'");
    }

    private static Path product() throws IOException {
        Path target = Servers.checkout().resolve("cli/target");
        try (Stream<Path> files = Files.isDirectory(target) ? Files.walk(target, 4) : Stream.empty()) {
            Optional<Path> launcher = files.filter(file -> file.endsWith("bin/tiderace") && Files.isExecutable(file))
                    .findFirst();
            Optional<Path> home = launcher.map(file -> file.getParent().getParent());
            return Servers.need("the product below cli/target (./mvnw package builds it)", home);
        }
    }

    @Test
    void everyCommandDoesWhatItSays() throws Exception {
        assertThat(commands).hasSize(7);
        assertThat(commands.get(0)).containsExactly("./tiderace demo");
        assertThat(commands.get(1)).containsExactly("./mvnw verify");

        List<String> own = commands.get(2);
        assertThat(own).hasSize(3);
        run(own.get(0));
        assertThat(run(own.get(1))).contains("synced mysql-01 ");
        Process running = start(own.get(2), "run.log");
        await("run.log", "applier streaming");
        Matcher address = Pattern.compile("127\\.0\\.0\\.1:\\d+").matcher(Files.readString(folder.resolve("run.log")));
        assertThat(address.find()).isTrue();
        kafka = address.group();

        assertThat(run(commands.get(3).get(0))).contains("mysql-01", "capture", "router", "applier", "streaming");
        assertThat(run(commands.get(3).get(1))).contains("equal: 1 tables, 3 rows");
        List<String> looks = commands.get(6);
        assertThat(looks).hasSize(4);
        assertThat(run(looks.get(0))).contains("tiderace.relay.mysql-01", "tiderace.apply.shop.mysql-01");
        assertThat(run(looks.get(1)).lines()).hasSize(5);
        assertThat(run(looks.get(2)).lines()).hasSize(5);
        assertThat(run(looks.get(3)).lines()).hasSize(5).allMatch(line -> line.startsWith("{"));
        stop(running, "run.log");

        List<String> replay = commands.get(5);
        assertThat(replay).hasSize(2);
        run(replay.get(0));
        assertThat(run(replay.get(1))).contains("synced mysql-01 ");
        assertThat(rows("replayed.orders")).isEqualTo(3);

        Command.sql(
                Servers.tidb().jdbcUrl(),
                "DROP DATABASE warehouse",
                "DROP DATABASE replayed",
                "DROP DATABASE tiderace_meta");
        List<String> services = commands.get(4);
        assertThat(services).hasSize(3);
        List<Process> started = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            started.add(start(services.get(i), "service" + i + ".log"));
        }
        for (int i = 0; i < 600 && rows("warehouse.orders") < 3; i++) {
            Thread.sleep(100);
        }
        assertThat(rows("warehouse.orders")).as(read("service2.log")).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            stop(started.get(i), "service" + i + ".log");
        }
    }

    private Process start(String command, String log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec " + command.replace(LOCAL_KAFKA, kafka))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile());
        builder.environment().put("SOURCE_PASSWORD", "readme");
        builder.environment().put("TARGET_PASSWORD", "");
        builder.environment().put("TIDERACE_HEAP", "512m");
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    /** Runs a command to its end, which must be a good one, and gives what it printed. */
    private String run(String command) throws Exception {
        Process process = start(command.startsWith("sed") ? "bash -c \"" + command + "\"" : command, "command.log");
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command).isTrue();
        String output = read("command.log");
        assertThat(process.exitValue()).as(command + "\n" + output).isZero();
        return output;
    }

    private void stop(Process process, String log) throws Exception {
        process.destroy(); // SIGTERM
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).as(read(log)).isTrue();
        assertThat(process.exitValue()).as(read(log)).isZero();
    }

    private void await(String log, String text) throws Exception {
        for (int i = 0; i < 900 && !read(log).contains(text); i++) {
            Thread.sleep(100);
        }
        assertThat(read(log)).contains(text);
    }

    private String read(String log) throws IOException {
        return Files.readString(folder.resolve(log), StandardCharsets.UTF_8);
    }

    private static int rows(String table) throws Exception {
        try (Connection connection = DriverManager.getConnection(Servers.tidb().jdbcUrl(), "root", "");
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
            count.next();
            return count.getInt(1);
        } catch (java.sql.SQLSyntaxErrorException e) {
            return 0; // the table is not there yet
        }
    }
}
