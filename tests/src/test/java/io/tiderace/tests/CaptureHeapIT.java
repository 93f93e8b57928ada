package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.Tiderace;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: what capture needs does not grow with the source's transactions, and a row of 64 MiB fits. Method: the capture command with a heap of 256
 * MiB, which ends with its first OutOfMemoryError, and a reader that counts.
 */
class CaptureHeapIT {
    private static final int ROWS = 1_000_000;
    private static final int LARGE_BYTES = 64 << 20;
    private static final Duration ENOUGH = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private long rows;
    private long sum;
    private long largeBytes;

    @Test
    void aMillionRowsInOneTransactionAndRowsOf64MiBFitIntoAHeapOf256MiB() throws Exception {
        String name = Servers.freshName("heap");
        try (MySqlServer source = MySqlServer.start("--max-allowed-packet=256M");
                Connection connection = BenchmarkWorkload.connect(source.jdbcUrl());
                Statement statement = connection.createStatement();
                RelayReader reader = new RelayReader(
                        RouterProcess.config(
                                Servers.kafka().bootstrapServers(),
                                Servers.registry().url(),
                                folder),
                        name)) {
            reader.listen(this::count);
            createTables(statement, name);
            TaskFiles files = TaskFiles.write(
                    folder,
                    name,
                    TaskFiles.Server.local(source.port()),
                    TaskFiles.Server.local(source.port()),
                    Servers.kafka().bootstrapServers(),
                    Servers.registry().url());
            JavaProcess capture = new JavaProcess(
                    List.of("-Xmx256m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"),
                    Tiderace.class,
                    folder.resolve("capture.log"),
                    files.command("capture"));
            Runnable alive =
                    () -> assertThat(capture.isAlive()).as(capture.output()).isTrue();
            statement.execute("INSERT INTO marker VALUES (1)");
            reader.readToMarker(1, ENOUGH, alive);

            statement.execute(
                    "INSERT INTO narrow SELECT 1000 * a.id + b.id, a.id, RPAD(b.id, 40, 'x') FROM thousand a JOIN"
                            + " thousand b");
            for (int id = 1; id <= 3; id++) {
                statement.execute("INSERT INTO wide VALUES (" + id + ", REPEAT(RANDOM_BYTES(1024), 65536))");
            }
            statement.execute("DELETE FROM wide WHERE id = 2");
            statement.execute("INSERT INTO marker VALUES (2)");
            reader.readToMarker(2, ENOUGH, alive);

            assertThat(rows).isEqualTo(ROWS);
            assertThat(sum).isEqualTo(1_000L * (999L * 1_000 / 2));
            assertThat(largeBytes).isEqualTo(4L * LARGE_BYTES);
            assertThat(capture.stop(Duration.ofSeconds(30)))
                    .as(capture.output())
                    .isZero();
        }
    }

    private static void createTables(Statement statement, String schema) throws SQLException {
        statement.execute("CREATE DATABASE " + schema);
        statement.execute("USE " + schema);
        statement.execute("CREATE TABLE marker (id INT PRIMARY KEY)");
        statement.execute("CREATE TABLE narrow (id INT PRIMARY KEY, v INT NOT NULL, pad VARCHAR(80) NOT NULL)");
        statement.execute("CREATE TABLE wide (id INT PRIMARY KEY, v LONGBLOB)");
        statement.execute("CREATE TABLE thousand (id INT PRIMARY KEY)");
        statement.execute("SET cte_max_recursion_depth = 1000");
        statement.execute(
                "INSERT INTO thousand WITH RECURSIVE n AS (SELECT 0 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 999)"
                        + " SELECT id FROM n");
    }

    private void count(ChangeEvent event) {
        if (event instanceof RowChange row) {
            switch (row.table().name().table()) {
                case "narrow" -> {
                    rows++;
                    sum += (Integer) row.after()[1];
                }
                case "wide" -> largeBytes += ((byte[]) (row.after() == null ? row.before() : row.after())[1]).length;
                default -> {
                    // of no interest
                }
            }
        }
    }
}
