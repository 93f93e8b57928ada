package io.tiderace.tests;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.DatabaseConfig.Tls;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableStructure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The applier against MySQL. */
class ApplierMySqlIT extends ApplierContract {
    ApplierMySqlIT() {
        super(false);
    }

    /** A connection may be cut before, in or after a commit; which it was only the checkpoint tells. */
    @Test
    void connectionsMayBeCutAtAnyMoment() throws Exception {
        TableStructure table = create("cut", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {
            {"k", "varchar(20)"}, {"u", "int"}, {"v", "int"}
        });
        TableStructure bare = create("bare", "", new String[][] {{"a", "int"}, {"f", "float"}, {"c", "varchar(20)"}});
        History history = new History(table, bare, 9);
        Random random = new Random(9);
        start(8, false);
        for (int round = 0; round < 60; round++) {
            for (int i = 0; i < 20; i++) {
                history.transaction();
            }
            topic.flush();
            TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
            List<String> connections = query(
                    "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = 'root'");
            for (int i = 0; i < 2 && !connections.isEmpty(); i++) {
                kill(connections.get(random.nextInt(connections.size())));
            }
        }
        awaitTxn(topic.txn());
        history.assertEqual();
    }

    /** The account may do only so much an hour, until somebody lifts that. */
    @Test
    void anOverloadedTargetGetsLessAtATimeAndThenMoreAgain() throws Exception {
        TableStructure table = create("much", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        String user = Servers.freshName("much");
        sql("CREATE USER '" + user + "'@'%' WITH MAX_UPDATES_PER_HOUR 60");
        sql("GRANT ALL ON *.* TO '" + user + "'@'%'");
        Running applier =
                start(task(8, false, new DatabaseConfig(host(), port(), user, new Secret(""), Map.of(), null)));
        int rows = 0;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        while (lastAllowed() == 8) {
            for (int i = 0; i < 2_000; i++) {
                topic.insert(table, ++rows);
                topic.commit();
            }
            topic.flush();
            TimeUnit.MILLISECONDS.sleep(200);
            assertThat(System.nanoTime()).as("no sign of overload").isLessThan(deadline);
        }
        while (lastAllowed() < 8) {
            sql("FLUSH USER_RESOURCES");
            for (int i = 0; i < 20; i++) {
                topic.insert(table, ++rows);
                topic.commit();
            }
            topic.flush();
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(applier.failure.get()).isNull();
            assertThat(System.nanoTime()).as("stays at " + lastAllowed()).isLessThan(deadline);
        }
        awaitTxn(topic.txn());
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".much")).containsExactly("" + rows);
    }

    private long lastAllowed() {
        long allowed = 8;
        for (StatusReport report : reports) {
            allowed = report.figures().getOrDefault("lanesAllowed", allowed);
        }
        return allowed;
    }

    /** As a former owner does it that stands still between taking the lock and executing its statement. */
    @Test
    void aSessionThatKeepsTheDdlLockAndDoesNothingIsEnded() throws Exception {
        TableStructure table = create("held", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.ddl(schema, "held", "ALTER TABLE held ADD COLUMN v INT");
        topic.commit();
        topic.insert(table, 1);
        topic.commit();
        topic.flush();
        String lock = "tiderace-ddl-" + UUID.nameUUIDFromBytes((task + "\0s1").getBytes(StandardCharsets.UTF_8));
        try (Connection former = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = former.createStatement()) {
            statement.execute("SELECT GET_LOCK('" + lock + "', 0)");
            start(2, false);
            awaitTxn(topic.txn());
            assertThatThrownBy(() -> statement.execute("ALTER TABLE " + schema + ".held DROP COLUMN v"))
                    .isInstanceOf(SQLException.class);
        }
        assertThat(query("SELECT id, v FROM " + schema + ".held")).containsExactly("1|null");
    }

    private void kill(String connection) throws SQLException {
        try {
            sql("KILL " + connection);
        } catch (SQLException e) {
            assertThat(e.getMessage()).contains("Unknown thread id");
        }
    }

    @Test
    void theTargetMayWantCertificates() throws Exception {
        TableStructure table = create("tls", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        Path data = Path.of(query("SELECT @@datadir").get(0));
        String user = Servers.freshName("tls");
        sql("CREATE USER '" + user + "'@'%' IDENTIFIED BY 'secret' REQUIRE X509");
        sql("GRANT ALL ON *.* TO '" + user + "'@'%'");
        Tls tls = new Tls(
                Files.readString(data.resolve("ca.pem")),
                Files.readString(data.resolve("client-cert.pem")),
                new Secret(Files.readString(data.resolve("client-key.pem"))));
        topic.insert(table, 1);
        topic.commit();
        topic.flush();
        start(task(2, false, new DatabaseConfig(host(), port(), user, new Secret("secret"), Map.of(), tls)));
        awaitTxn(topic.txn());
    }

    @Test
    void rowsWithoutAKeyAreFoundByAllTheirValues() throws Exception {
        String[][] columns = {
            {"g", "point"},
            {"j", "json"},
            {"f", "float"},
            {"d", "double"},
            {"n", "decimal(20,5)"},
            {"b", "bit(12)"},
            {"c", "varchar(10)"},
            {"x", "binary(3)"},
            {"t", "timestamp(3)"},
            {"e", "enum('p','q')"},
            {"y", "year"},
            {"z", "date"}
        };
        TableStructure table = create("allvalues", "", columns);
        byte[] point = HexFormat.of().parseHex("e6100000" + "0101000000" + "000000000000f03f" + "0000000000000040");
        Object[] row = {
            point,
            "{\"k\": [1, 2.5, \"ü\"]}",
            0.1f,
            0.1,
            "-1.50000",
            new byte[] {15, -1},
            "a ",
            new byte[] {1, 0, 0},
            "2024-01-01 00:00:00.123",
            "q",
            1999,
            "0000-00-00"
        };
        Object[] other = row.clone();
        other[6] = "A ";
        Object[] changed = row.clone();
        changed[2] = 0.2f;
        topic.insert(table, other);
        topic.insert(table, row);
        topic.insert(table, row);
        topic.commit();
        topic.delete(table, row);
        topic.update(table, row, changed);
        topic.commit();
        applyAll(2);
        String hex = HexFormat.of().withUpperCase().formatHex(point);
        assertThat(query("SELECT HEX(g), f, c FROM " + schema + ".allvalues ORDER BY f"))
                .containsExactly(hex + "|0.1|A ", hex + "|0.2|a ");
    }
}
