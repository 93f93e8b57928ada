package io.tiderace.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The configuration of one process of the fault suite.
 *
 * @param folder of this process alone
 * @param name of source, task and schema
 */
record FaultFiles(Path folder, String name, int sourcePort, int targetPort, int kafkaPort, int registryPort) {
    /** All three files. */
    void write(int workerCount) {
        put("source.yaml", """
                source-id: %s
                enable-gtid: true
                from: {host: 127.0.0.1, port: %d, user: root, password: ""}
                """.formatted(name, sourcePort));
        put("tiderace.yaml", """
                kafka:
                  bootstrap.servers: 127.0.0.1:%d
                schema-registry:
                  schema.registry.url: http://127.0.0.1:%d
                data-dir: %s
                """.formatted(kafkaPort, registryPort, folder.resolve("state")));
        writeTask(workerCount);
    }

    /** A row that the target does not hold as the source did stops the task: it would be one that was lost, or that came twice. */
    void writeTask(int workerCount) {
        put("task.yaml", """
                name: %1$s
                task-mode: all
                online-ddl: false
                meta-schema: %1$s_meta
                target-database: {host: 127.0.0.1, port: %2$d, user: root, password: ""}
                mysql-instances:
                  - source-id: %1$s
                    block-allow-list: only
                    syncer-config-name: lanes
                block-allow-list:
                  only: {do-dbs: ["%1$s"]}
                syncers:
                  lanes: {worker-count: %3$d, on-mismatch: stop}
                """.formatted(name, targetPort, workerCount));
    }

    String[] command(String command) {
        return new String[] {
            command,
            "--config",
            folder.resolve("tiderace.yaml").toString(),
            "--source",
            folder.resolve("source.yaml").toString(),
            "--task",
            folder.resolve("task.yaml").toString()
        };
    }

    private void put(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
