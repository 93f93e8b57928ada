package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.schemas.TableStructure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: an applier that ends between any two steps of a DDL statement's journal, or inside a transaction that is applied in pieces, leaves nothing out and
 * does nothing twice. Method: a proxy to the target knows the statements that pass, and at the nth of them, or its answer, connections break,
 * the source is claimed by somebody else, or the process is killed. What was done twice shows: an index without a name, and rows without a key.
 */
@Timeout(120)
abstract class ApplierBreakContract extends ApplierStand {
    private static final List<String> OF_DDL = List.of(
            "GET_LOCK",
            "MAX(epoch)",
            "ddl_jobs",
            "SHOW CREATE",
            "ddl_journal",
            "@@hostname",
            "USE `",
            "SET SESSION",
            "ADD INDEX (v)");

    private static final int INDEXES_MAX = 60;

    ApplierBreakContract(boolean tiDb) {
        super(tiDb);
    }

    private DatabaseConfig through(FaultProxy proxy, Map<String, String> session) {
        return new DatabaseConfig("127.0.0.1", proxy.port(), "root", new Secret(""), session, null);
    }

    private static boolean isOfDdl(String request) {
        return OF_DDL.stream().anyMatch(request::contains);
    }

    private int indexes(String table) throws SQLException {
        return query("SHOW INDEX FROM " + schema + "." + table + " WHERE Key_name <> 'PRIMARY'")
                .size();
    }

    private void awaitDdl(long txn) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        String select =
                "SELECT state FROM tiderace_meta.ddl_journal WHERE task = " + quoted(task) + " AND txn = " + txn;
        while (!metaExists() || !query(select).equals(List.of("done"))) {
            assertThat(System.nanoTime()).as("DDL of transaction " + txn).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private void claim() {
        try {
            sql("UPDATE tiderace_meta.checkpoint SET epoch = epoch + 1 WHERE task = " + quoted(task));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anyRequestOfADdlStatementMayBeTheLast() throws Exception {
        String[][] columns = {{"id", "int"}, {"v", "int"}};
        TableStructure table = create("steps0", "PRIMARY KEY (id)", columns);
        create("steps1", "PRIMARY KEY (id)", columns);
        StatementBreak interruption = new StatementBreak(ApplierBreakContract::isOfDdl);
        int breaks = 0;
        try (FaultProxy proxy = new FaultProxy(port(), interruption::tap)) {
            Running applier = start(task(2, false, through(proxy, Map.of())));
            for (int at = 1; breaks == at - 1; at++) {
                boolean isClaimed = at % 3 == 0;
                interruption.at(at, () -> {
                    if (isClaimed) {
                        claim();
                    }
                    proxy.cut();
                });
                String name = "steps" + at / INDEXES_MAX;
                topic.ddl(schema, name, "ALTER TABLE " + name + " ADD INDEX (v)");
                topic.commit();
                topic.flush();
                awaitDdl(topic.txn());
                breaks += interruption.hasHappened() ? 1 : 0;
                assertThat(indexes("steps0") + indexes("steps1"))
                        .as("after break " + at)
                        .isEqualTo(at);
                assertThat(applier.failure.get()).isNull();
            }
            interruption.at(0, () -> {});
            topic.insert(table, 1, 1);
            topic.commit();
            topic.flush();
            awaitTxn(topic.txn());
            applier.stop();
        }
        System.err.println("breaks " + breaks);
        assertThat(breaks).isGreaterThan(15);
    }

    /**
     * While it runs the session that keeps the journal is idle for longer than the server allows.
     *
     * @param idle a statement on the table {@code same} that leaves it as it is, but waits for those who use it
     */
    void runsOnce(String idle) throws Exception {
        TableStructure table = create("same", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(table, 1);
        topic.commit();
        topic.flush();
        Count executions = new Count(request -> request.contains(idle) && !request.contains("ddl_journal"));
        try (FaultProxy proxy = new FaultProxy(port(), executions::tap);
                Connection reader = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement reading = reader.createStatement()) {
            reader.setAutoCommit(false);
            Running applier = start(task(2, false, through(proxy, Map.of("wait_timeout", "2"))));
            awaitTxn(topic.txn());
            reading.executeQuery("SELECT * FROM " + schema + ".same")
                    .close(); // its metadata lock holds the statement up
            topic.ddl(schema, "same", idle);
            topic.commit();
            topic.insert(table, 2);
            topic.commit();
            topic.flush();
            awaitRunning(idle);
            TimeUnit.SECONDS.sleep(4);
            reader.rollback();
            awaitTxn(topic.txn());
            applier.stop();
        }
        assertThat(executions.number).isEqualTo(1);
        assertThat(query("SELECT id FROM " + schema + ".same ORDER BY id")).containsExactly("1", "2");
    }

    private static final class Count {
        private final Predicate<String> requests;
        private volatile int number;

        Count(Predicate<String> requests) {
            this.requests = requests;
        }

        private synchronized void add(String request) {
            number += requests.test(request) ? 1 : 0;
        }

        FaultProxy.Tap tap() {
            return new FaultProxy.Tap() {
                @Override
                public void request(String bytes) {
                    add(bytes);
                }

                @Override
                public void answer() {}
            };
        }
    }

    /** Each successor has another number of lanes. */
    @Test
    void aProcessMayBeKilledInsideATransactionAndInADdlStatement(@TempDir Path folder) throws Exception {
        TableStructure bare = create("bare", "", new String[][] {{"n", "int"}, {"v", "int"}});
        TableStructure keyed = create("keyed", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        for (int i = 0; i < 60; i++) {
            topic.insert(bare, i, i % 3);
            topic.insert(keyed, i, i);
        }
        topic.commit();
        topic.ddl(schema, "keyed", "ALTER TABLE keyed ADD INDEX (v)");
        topic.commit();
        for (int i = 0; i < 30; i++) {
            topic.delete(bare, i, i % 3);
            topic.delete(keyed, i, i);
        }
        topic.commit();
        topic.flush();
        StatementBreak interruption =
                new StatementBreak(request -> isOfPiece(request) || request.contains("ADD INDEX (v)"));
        int kills = 0;
        try (FaultProxy proxy = new FaultProxy(port(), interruption::tap);
                Admin admin = Admin.create(Map.copyOf(config.kafka()))) {
            boolean isKilled = true;
            while (isKilled) {
                JavaProcess process = startProcess(folder, proxy, 1 + kills % 4);
                interruption.at(20 + kills % 4, () -> {
                    process.kill();
                    proxy.cut();
                });
                isKilled = endsKilled(interruption);
                process.kill();
                if (isKilled) {
                    kills++;
                    forget(admin);
                }
            }
        }
        System.err.println("kills " + kills);
        assertThat(kills).isGreaterThan(2);
        assertThat(indexes("keyed")).isEqualTo(1);
        assertThat(query("SELECT COUNT(*), MIN(id), MAX(id) FROM " + schema + ".keyed"))
                .containsExactly("30|30|59");
        assertThat(query("SELECT COUNT(*), COUNT(DISTINCT n), MIN(n) FROM " + schema + ".bare"))
                .containsExactly("30|30|30");
    }

    /** So that a successor does not wait until the group misses its member. */
    private void forget(Admin admin) throws Exception {
        admin.removeMembersFromConsumerGroup(
                        config.topics().applierGroup(task), new RemoveMembersFromConsumerGroupOptions())
                .all()
                .get(10, TimeUnit.SECONDS);
    }

    private static boolean isOfPiece(String request) {
        return request.endsWith("COMMIT") || (request.contains("`checkpoint`") && request.contains("#"));
    }

    private boolean endsKilled(StatementBreak interruption) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        String select = "SELECT COALESCE(MAX(low_txn), 0) FROM tiderace_meta.checkpoint WHERE task = " + quoted(task);
        while (!interruption.hasHappened()) {
            if (metaExists() && Long.parseLong(query(select).get(0)) == topic.txn()) {
                return false;
            }
            assertThat(System.nanoTime()).as("applied in time").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return true;
    }

    private JavaProcess startProcess(Path folder, FaultProxy proxy, int lanes) throws IOException {
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path file = Command.task(folder, task, "s1", schema, "all", proxy.port());
        Files.writeString(
                file,
                Files.readString(file)
                                .replace(
                                        "block-allow-list: rules",
                                        "block-allow-list: rules\n    syncer-config-name: own")
                        + "syncers:\n  own: {worker-count: " + lanes + ", max-transaction-rows: 10}\n");
        Path own = Files.writeString(
                folder.resolve("tiderace.yaml"),
                "kafka: {bootstrap.servers: \"" + config.kafka().get("bootstrap.servers")
                        + "\"}\nschema-registry: {schema.registry.url: \""
                        + config.registry().get("schema.registry.url") + "\"}\n");
        return new JavaProcess(
                Tiderace.class,
                folder.resolve("applier.log"),
                "applier",
                "--config",
                own.toString(),
                "--source",
                source.toString(),
                "--task",
                file.toString());
    }
}
