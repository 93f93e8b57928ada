package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a user adds tables to a task that runs, and a second task later, and the targets are equal. Method: the product as a user runs it, stopped,
 * its task file changed, and started again while all tables are written to.
 */
@Timeout(180)
class AddTablesIT {
    @TempDir
    Path folder;

    private final String schema = Servers.freshName("addrun");
    private int runs;

    private JavaProcess start(Path source, Path task, String... more) {
        String[] words = new String[7 + more.length];
        String[] head = {
            "run",
            "--source",
            source.toString(),
            "--task",
            task.toString(),
            "--data-dir",
            folder.resolve("data").toString()
        };
        System.arraycopy(head, 0, words, 0, head.length);
        System.arraycopy(more, 0, words, head.length, more.length);
        return new JavaProcess(Tiderace.class, folder.resolve("run" + ++runs + ".log"), words);
    }

    @Test
    void tablesAreAddedToATaskThatRuns() throws Exception {
        String url = Servers.source().jdbcUrl();
        Command.sql(
                url,
                "CREATE DATABASE " + schema,
                "USE " + schema,
                "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50), n INT, UNIQUE KEY (n))",
                "CREATE TABLE b LIKE a",
                "CREATE TABLE nokey (v INT)",
                "SET SESSION cte_max_recursion_depth = 100000",
                "INSERT INTO b (v, n) WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 40000)"
                        + " SELECT 'old', -i FROM s",
                "INSERT INTO nokey SELECT n % 100 FROM b LIMIT 10000");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(
                folder, schema, "s1", schema, "all", Servers.mysqlTarget().port());
        String all = Files.readString(task);
        Files.writeString(
                task,
                all.replace(
                        "do-dbs: [" + schema + "]",
                        "do-dbs: [" + schema + "], ignore-tables: [{db-name: " + schema + ", tbl-name: b}, {db-name: "
                                + schema + ", tbl-name: nokey}]"));
        try (Load load = new Load(url)) {
            JavaProcess first = start(source, task);
            first.awaitOutput("copy finished", Duration.ofSeconds(60));
            Thread.sleep(1000);
            assertThat(first.stop(Duration.ofSeconds(20))).as(first.output()).isZero();

            Files.writeString(task, all);
            JavaProcess second = start(source, task);
            second.awaitOutput("captured from here on", Duration.ofSeconds(60));
            Command.sql(url, "ALTER TABLE " + schema + ".b ADD COLUMN w INT NOT NULL DEFAULT 4");
            Thread.sleep(300);
            second.kill();
            JavaProcess third = start(source, task, "--until-synced");
            assertThat(third.end(Duration.ofSeconds(90))).as(third.output()).isZero();
            assertThat(third.output()).doesNotContain("ERROR", "Exception", "lacked rows");
            assertThat(load.transactions).isPositive();
        }
        JavaProcess last = start(source, task, "--until-synced");
        assertThat(last.end(Duration.ofSeconds(60))).as(last.output()).isZero();
        requireEqual(source, task);

        Path other = folder.resolve("other.yaml");
        Files.writeString(
                other,
                all.replace("name: " + schema, "name: other_" + schema)
                                .replace("block-allow-list: rules\n", "block-allow-list: rules\n    route-rules: [r]\n")
                        + """
                routes:
                  r: {schema-pattern: %1$s, target-schema: other_%1$s}
                """.formatted(schema));
        JavaProcess both = start(source, task, "--task", other.toString(), "--until-synced");
        assertThat(both.end(Duration.ofSeconds(60))).as(both.output()).isZero();
        requireEqual(source, other);
    }

    private static void requireEqual(Path source, Path task) {
        Result compare = Command.run("compare", "--source", source, "--task", task);
        assertThat(compare.out() + compare.err()).contains("equal: ");
        assertThat(compare.exitCode()).isZero();
    }

    /** Small transactions on all tables. */
    private final class Load implements AutoCloseable {
        private final String url;
        private final Thread thread;
        private final AtomicReference<Exception> failure = new AtomicReference<>();
        private volatile boolean isOver;
        private volatile int transactions;

        Load(String url) {
            this.url = url;
            thread = new Thread(this::work, "load");
            thread.start();
        }

        private void work() {
            try (Connection connection = DriverManager.getConnection(url, "root", "");
                    Statement statement = connection.createStatement()) {
                statement.execute("USE " + schema);
                connection.setAutoCommit(false);
                for (int i = 0; !isOver; i++) {
                    int id = (int) ((long) i * 7919 % 40_000) + 1;
                    statement.execute("INSERT INTO a (v, n) VALUES ('new', " + i + ")");
                    statement.execute("INSERT INTO b (v, n) VALUES ('new', " + i + ")");
                    statement.execute("UPDATE b SET v = 'changed' WHERE id = " + id);
                    statement.execute("DELETE FROM b WHERE id = " + (id / 2));
                    statement.execute("UPDATE b SET id = -id WHERE id = " + (id / 3));
                    statement.execute("INSERT INTO nokey VALUES (" + i % 100 + ")");
                    statement.execute("DELETE FROM nokey WHERE v = " + i % 97 + " LIMIT 1");
                    connection.commit();
                    transactions = i + 1;
                    Thread.sleep(5);
                }
            } catch (SQLException e) {
                failure.set(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            isOver = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (failure.get() != null) {
                throw new AssertionError("the load failed", failure.get());
            }
        }
    }
}
