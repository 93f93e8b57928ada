package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import picocli.CommandLine;

/** Runs commands that only look, in this process, and writes the files they read. */
final class Command {
    private Command() {}

    /** What a command printed and how it ended. */
    record Result(int exitCode, String out, String err) {}

    static Result run(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Tiderace.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return new Result(commandLine.execute(words), out.toString(), err.toString());
    }

    static Path source(Path folder, String id, int port, String user, String password) throws IOException {
        return Files.writeString(folder.resolve("source-" + id + ".yaml"), """
                source-id: %s
                enable-gtid: true
                from: {host: 127.0.0.1, port: %d, user: %s, password: "%s"}
                """.formatted(id, port, user, password));
    }

    /** A task that takes one schema of one source to one target, under the schema's own name. */
    static Path task(Path folder, String name, String sourceId, String schema, String mode, int targetPort)
            throws IOException {
        return Files.writeString(
                folder.resolve("task-" + name + ".yaml"), """
                name: %s
                task-mode: %s
                online-ddl: false
                target-database: {host: 127.0.0.1, port: %d, user: root, password: ""}
                mysql-instances:
                  - source-id: %s
                    block-allow-list: rules
                block-allow-list:
                  rules: {do-dbs: [%s]}
                """.formatted(name, mode, targetPort, sourceId, schema));
    }

    static void sql(String jdbcUrl, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
