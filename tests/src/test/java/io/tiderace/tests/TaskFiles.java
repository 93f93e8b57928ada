package io.tiderace.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The three configuration files of one source, one task and one Kafka, written to a folder, as arguments of the commands. */
record TaskFiles(Path source, Path task, Path tiderace) {
    /** Where a server is and who logs in, without a password. */
    record Server(String host, int port, String user) {
        static Server local(int port) {
            return new Server("127.0.0.1", port, "root");
        }
    }

    /** Every table of the schema, under its own name, copy and changes. */
    static TaskFiles write(Path folder, String name, Server source, Server target, String kafka, String registry) {
        String sourceYaml = """
                source-id: %s
                enable-gtid: true
                from:
                  host: %s
                  port: %d
                  user: %s
                  password: ""
                """.formatted(name, source.host(), source.port(), source.user());
        String taskYaml = """
                name: %1$s
                task-mode: all
                online-ddl: false
                meta-schema: %1$s_meta
                target-database:
                  host: %2$s
                  port: %3$d
                  user: %4$s
                  password: ""
                mysql-instances:
                  - source-id: %1$s
                    block-allow-list: only
                block-allow-list:
                  only:
                    do-dbs: ["%1$s"]
                """.formatted(name, target.host(), target.port(), target.user());
        String tideraceYaml = """
                kafka:
                  bootstrap.servers: %s
                schema-registry:
                  schema.registry.url: %s
                data-dir: %s
                """.formatted(kafka, registry, folder.resolve("state"));
        return new TaskFiles(
                write(folder.resolve(name + "-source.yaml"), sourceYaml),
                write(folder.resolve(name + "-task.yaml"), taskYaml),
                write(folder.resolve(name + "-tiderace.yaml"), tideraceYaml));
    }

    /** The command line of a command that takes all three. */
    String[] command(String name, String... more) {
        List<String> words = new ArrayList<>(List.of(
                name, "--config", tiderace.toString(), "--source", source.toString(), "--task", task.toString()));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
