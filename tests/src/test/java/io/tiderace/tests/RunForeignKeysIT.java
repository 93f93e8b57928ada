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
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: with {@code foreign_key_checks: 1} the target does by itself what InnoDB did to child rows without the log, and ends equal. Method: random
 * changes of tables that foreign keys of every kind connect, copied and streamed by the product.
 */
@Timeout(180)
class RunForeignKeysIT {
    private static final int REFUSED_PARENT = 1451;
    private static final int REFUSED_CHILD = 1452;
    private static final int DUPLICATE = 1062;
    private static final int CASCADE_TOO_DEEP = 3008;
    private static final int IDS = 40;

    @TempDir
    Path folder;

    private final String schema = Servers.freshName("family");
    private int runs;

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "tidb"})
    void cascadesAreDoneByTheTarget(String kind) throws Exception {
        int port = kind.equals("mysql")
                ? Servers.mysqlTarget().port()
                : Servers.tidb().port();
        String url = Servers.source().jdbcUrl();
        Command.sql(
                url,
                "CREATE DATABASE " + schema,
                "USE " + schema,
                "CREATE TABLE owners (id INT PRIMARY KEY, code VARCHAR(20) NOT NULL, v INT, UNIQUE KEY (code))",
                "CREATE TABLE accounts (id INT PRIMARY KEY, owner INT, v INT, "
                        + "FOREIGN KEY (owner) REFERENCES owners (id) ON DELETE CASCADE ON UPDATE CASCADE)",
                "CREATE TABLE bookings (id INT PRIMARY KEY, account INT, code VARCHAR(20), v INT, "
                        + "FOREIGN KEY (account) REFERENCES accounts (id) ON DELETE CASCADE, "
                        + "FOREIGN KEY (code) REFERENCES owners (code) ON DELETE SET NULL ON UPDATE SET NULL)",
                "CREATE TABLE guarded (id INT PRIMARY KEY, booking INT, v INT, FOREIGN KEY (booking) REFERENCES bookings (id))",
                "CREATE TABLE branches (id INT PRIMARY KEY, above INT, v INT, "
                        + "FOREIGN KEY (above) REFERENCES branches (id) ON DELETE CASCADE)",
                "CREATE TABLE notes (owner INT, v INT, FOREIGN KEY (owner) REFERENCES owners (id) ON DELETE CASCADE)",
                "CREATE TABLE alone (id INT PRIMARY KEY, v INT)");
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        Random random = new Random(seed);
        change(url, random, 600);
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(folder, schema, "s1", schema, "all", port);
        Files.writeString(
                task,
                Files.readString(task).replace("password: \"\"}", "password: \"\", session: {foreign_key_checks: 1}}"));

        JavaProcess first = start(source, task);
        change(url, random, 400);
        first.awaitOutput("capture streaming", Duration.ofSeconds(60));
        change(url, random, 600);
        assertThat(first.stop(Duration.ofSeconds(20))).as(first.output()).isZero();
        change(url, random, 1_000);
        JavaProcess second = start(source, task, "--until-synced");
        assertThat(second.end(Duration.ofSeconds(60))).as(second.output()).isZero();
        assertThat(first.output() + second.output()).doesNotContain("WARN", "ERROR");
        Result compare = Command.run("compare", "--source", source, "--task", task);
        assertThat(compare.out() + compare.err()).as("seed %d", seed).contains("equal: ");
        assertThat(compare.exitCode()).as("seed %d", seed).isZero();
    }

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

    private void change(String url, Random random, int statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            connection.setAutoCommit(false);
            for (int i = 0; i < statements; i++) {
                try {
                    statement.execute(change(random));
                } catch (SQLException e) {
                    assertThat(e.getErrorCode())
                            .as(e.getMessage())
                            .isIn(REFUSED_PARENT, REFUSED_CHILD, DUPLICATE, CASCADE_TOO_DEEP);
                }
                if (random.nextInt(4) == 0) {
                    connection.commit();
                }
            }
            connection.commit();
        }
    }

    private static String change(Random random) {
        int id = random.nextInt(IDS);
        int other = random.nextInt(IDS);
        int v = random.nextInt(1_000);
        return switch (random.nextInt(22)) {
            case 0, 1, 2 -> "INSERT INTO owners VALUES (" + id + ", 'c" + other + "', " + v + ")";
            case 3, 4, 5 -> "INSERT INTO accounts VALUES (" + id + ", " + other + ", " + v + ")";
            case 6, 7 ->
                "INSERT INTO bookings VALUES (" + id + ", " + other + ", 'c" + random.nextInt(IDS) + "', " + v + ")";
            case 8 -> "INSERT INTO guarded VALUES (" + id + ", " + other + ", " + v + ")";
            case 9 ->
                "INSERT INTO branches VALUES (" + id + ", " + (random.nextInt(3) == 0 ? null : other) + ", " + v + ")";
            case 10 -> "INSERT INTO notes VALUES (" + other + ", " + v + ")";
            case 11 -> "REPLACE INTO alone VALUES (" + id + ", " + v + ")";
            case 12 -> "DELETE FROM owners WHERE id = " + id;
            case 13 -> "UPDATE owners SET id = " + (id + IDS) % (2 * IDS) + " WHERE id = " + other;
            case 14 -> "UPDATE owners SET code = 'c" + other + "', v = " + v + " WHERE id = " + id;
            case 15 -> "DELETE FROM accounts WHERE id IN (" + id + ", " + other + ")";
            case 16 -> "UPDATE bookings SET v = " + v + ", account = " + other + " WHERE id = " + id;
            case 17 -> "DELETE FROM guarded WHERE id % 4 = " + id % 4;
            case 19 -> "UPDATE owners SET v = " + v + " WHERE id IN (" + id + ", " + other + ")";
            case 20 ->
                "UPDATE accounts SET v = " + v + ", owner = " + (random.nextBoolean() ? "owner" : other)
                        + " WHERE id = " + id;
            case 21 -> "UPDATE branches SET above = " + other + " WHERE id = " + id;
            default -> "DELETE FROM branches WHERE id = " + id;
        };
    }
}
