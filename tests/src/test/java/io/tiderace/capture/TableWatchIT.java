package io.tiderace.capture;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/** Goal: the copy knows of every table whether it is still the one that it began with. Method: tables of a real MySQL are altered, renamed and exchanged. */
@Timeout(60)
class TableWatchIT {
    private static final Predicate<TableName> WATCHED = table -> table.schema().equals("watched");

    private static MySqlServer server;
    private static SourceDatabase database;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = MySqlServer.start();
        database = database("root");
        connection = database.connect();
        execute("CREATE DATABASE watched", "CREATE DATABASE other", "USE watched");
    }

    private static SourceDatabase database(String user) {
        DatabaseConfig config =
                new DatabaseConfig("127.0.0.1", server.port(), user, new DatabaseConfig.Secret(""), Map.of(), null);
        return new SourceDatabase("s", config, new TlsFiles(null));
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        server.close();
    }

    private static void execute(String... statements) throws SQLException {
        for (String sql : statements) {
            SourceDatabase.execute(connection, sql);
        }
    }

    private static TableName table(String name) {
        return new TableName("watched", name);
    }

    /** Makes two tables of one second. */
    private static void makeTwo(String one, String two) throws SQLException {
        List<String> seconds = new ArrayList<>();
        while (seconds.size() != 1) {
            seconds.clear();
            execute("DROP TABLE IF EXISTS " + one + ", " + two);
            execute("CREATE TABLE " + one + " (id INT PRIMARY KEY)", "CREATE TABLE " + two + " LIKE " + one);
            SourceDatabase.query(
                    connection,
                    "SELECT DISTINCT create_time FROM information_schema.tables WHERE table_name IN ('" + one + "', '"
                            + two + "')",
                    row -> seconds.add(row.getString(1)));
        }
    }

    @Test
    void aTableThatIsExchangedForOneOfTheSameSecondIsAnother() throws Exception {
        makeTwo("a", "b");
        execute("CREATE TABLE c (id INT PRIMARY KEY)");
        try (TableWatch watch = TableWatch.begin(database, WATCHED, () -> false)) {
            assertThat(watch.isStill()).isTrue();
            execute("RENAME TABLE c TO d");
            assertThat(watch.isUnchanged(table("a"))).isTrue();
            assertThat(watch.isUnchanged(table("c"))).isFalse();
            execute("RENAME TABLE a TO tmp, b TO a, tmp TO b");
            assertThat(watch.isUnchanged(table("a"))).isFalse();
            assertThat(watch.isUnchanged(table("b"))).isFalse();
            execute("RENAME TABLE a TO tmp, b TO a, tmp TO b, d TO c");
            assertThat(watch.isStill()).isTrue();
            execute("ALTER TABLE c COMMENT 'x'");
            assertThat(watch.isStill()).isFalse();
        }
        execute("DROP TABLE a, b, c");
    }

    @Test
    void whatTheAccountMayNotSeeIsDoneWithout() throws Exception {
        execute("CREATE USER reader@'%'", "GRANT SELECT ON *.* TO reader@'%'");
        makeTwo("a", "b");
        try (TableWatch watch = TableWatch.begin(database("reader"), WATCHED, () -> false)) {
            execute("CREATE TABLE c (id INT)", "RENAME TABLE c TO d");
            assertThat(watch.isUnchanged(table("a"))).isTrue();
            execute("ALTER TABLE a ADD COLUMN v INT");
            assertThat(watch.isUnchanged(table("a"))).isFalse();
        }
        execute("DROP TABLE a, b, d");
    }

    @Test
    void onlyTablesThatAreCopiedMatter() throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        execute("CREATE TABLE a (id INT PRIMARY KEY)");
        Thread churn = new Thread(() -> {
            try (Connection other = database.connect()) {
                for (int i = 0; !isOver.get(); i++) {
                    SourceDatabase.execute(other, "CREATE TABLE other.t" + i + " (id INT)");
                    SourceDatabase.execute(other, "DROP TABLE IF EXISTS other.`t" + (i - 5) + "`");
                    Thread.sleep(50);
                }
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        churn.start();
        try (TableWatch watch = TableWatch.begin(database, WATCHED, () -> false)) {
            assertThat(watch.tables()).contains(table("a"));
            assertThat(watch.isStill()).isTrue();
        } finally {
            isOver.set(true);
            churn.join();
        }
        execute("DROP TABLE a");
    }

    @Test
    void aTableThatIsAlteredAgainAndAgainIsNamed() throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        execute("CREATE TABLE restless (id INT PRIMARY KEY)");
        Thread altering = new Thread(() -> {
            try (Connection other = database.connect()) {
                for (int i = 0; !isOver.get(); i++) {
                    SourceDatabase.execute(other, "ALTER TABLE watched.restless ADD COLUMN c" + i + " INT");
                    Thread.sleep(300);
                }
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        altering.start();
        try {
            assertThat(catchThrowable(() -> TableWatch.begin(database, WATCHED, () -> false, 4_000)
                            .close()))
                    .isInstanceOf(SQLTransientException.class)
                    .hasMessageContaining("watched.restless");
        } finally {
            isOver.set(true);
            altering.join();
        }
        execute("DROP TABLE restless");
    }
}
