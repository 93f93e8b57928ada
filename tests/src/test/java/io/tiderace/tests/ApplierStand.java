package io.tiderace.tests;

import io.tiderace.applier.ApplierService;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import static org.assertj.core.api.Assertions.assertThat;

/** An applier's stand: an apply topic that the test writes, a target's schema, appliers in this process, and what they report. */
abstract class ApplierStand {
    static final long WAIT_MS = 60_000;

    String task;
    String schema;
    ServiceConfig config;
    ApplyTopic topic;
    private final List<Running> running = new ArrayList<>();
    final ConcurrentLinkedQueue<StatusReport> reports = new ConcurrentLinkedQueue<>();

    private final boolean tiDb;

    ApplierStand(boolean tiDb) {
        this.tiDb = tiDb;
    }

    String jdbcUrl() {
        return tiDb ? Servers.tidb().jdbcUrl() : Servers.mysqlTarget().jdbcUrl();
    }

    String host() {
        return tiDb ? Servers.tidb().host() : "127.0.0.1";
    }

    int port() {
        return tiDb ? Servers.tidb().port() : Servers.mysqlTarget().port();
    }

    @BeforeEach
    void prepare() throws Exception {
        task = Servers.freshName("apply'Task");
        schema = Servers.freshName("apply_");
        config = new ServiceConfig(
                "tiderace.",
                Servers.kafkaProperties(),
                Servers.registryProperties(),
                1,
                ServiceConfig.DEFAULT_RELAY_RETENTION_MS,
                ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES,
                "test",
                Path.of("unused"),
                CopyLimits.DEFAULT);
        topic = new ApplyTopic(config, task, "s1");
        sql("CREATE DATABASE " + schema);
    }

    @AfterEach
    void tidy() throws Exception {
        for (Running service : running) {
            service.service.stop();
            service.thread.join(10_000);
        }
        topic.close();
        sql("DROP DATABASE " + schema);
    }

    /** What the source did, random and valid, and what its tables hold. */
    final class History {
        private final TableStructure keyed;
        private final TableStructure bare;
        private final Random random;
        private final Map<String, Object[]> rows = new TreeMap<>();
        private final List<Object[]> bareRows = new ArrayList<>();

        History(TableStructure keyed, TableStructure bare, long seed) {
            this.keyed = keyed;
            this.bare = bare;
            this.random = new Random(seed);
            System.err.println("seed " + seed);
        }

        void transaction() {
            for (int i = random.nextInt(6); i >= 0; i--) {
                change();
            }
            topic.commit();
        }

        private void change() {
            int kind = random.nextInt(12);
            if (kind == 0) {
                Object[] row = {random.nextInt(3), random.nextInt(3) / 10f, random.nextBoolean() ? "a" : "A"};
                bareRows.add(row);
                topic.insert(bare, row);
            } else if (kind == 1 && !bareRows.isEmpty()) {
                topic.delete(bare, bareRows.remove(random.nextInt(bareRows.size())));
            } else if (kind == 2 && !bareRows.isEmpty()) {
                int index = random.nextInt(bareRows.size());
                Object[] after = {random.nextInt(3), null, "b"};
                topic.update(bare, bareRows.set(index, after), after);
            } else {
                keyed(kind);
            }
        }

        private void keyed(int kind) {
            String key = "key" + random.nextInt(60);
            key = random.nextInt(4) == 0 ? key.toUpperCase(java.util.Locale.ROOT) : key;
            Integer unique = random.nextInt(5) == 0 ? null : random.nextInt(80);
            Object[] after = {key, unique, random.nextInt()};
            String folded = key.toLowerCase(java.util.Locale.ROOT);
            if (kind < 8 || rows.isEmpty()) {
                if (!rows.containsKey(folded) && !isTaken(unique, null)) {
                    rows.put(folded, after);
                    topic.insert(keyed, after);
                }
                return;
            }
            String some = new ArrayList<>(rows.keySet()).get(random.nextInt(rows.size()));
            Object[] before = rows.get(some);
            if (kind == 8) {
                rows.remove(some);
                topic.delete(keyed, before);
            } else if ((folded.equals(some) || !rows.containsKey(folded)) && !isTaken(unique, some)) {
                rows.remove(some);
                rows.put(folded, after);
                topic.update(keyed, before, after);
            }
        }

        private boolean isTaken(Integer unique, String exceptKey) {
            return unique != null
                    && rows.entrySet().stream()
                            .anyMatch(row -> unique.equals(row.getValue()[1])
                                    && !row.getKey().equals(exceptKey));
        }

        void assertEqual() throws SQLException {
            assertThat(query("SELECT k, u, v FROM " + keyed.name().quoted()))
                    .containsExactlyInAnyOrderElementsOf(
                            rows.values().stream().map(ApplierStand::text).toList());
            assertThat(query("SELECT a, f, c FROM " + bare.name().quoted()))
                    .containsExactlyInAnyOrderElementsOf(
                            bareRows.stream().map(ApplierStand::text).toList());
        }
    }

    static String text(Object[] row) {
        return String.join("|", Arrays.stream(row).map(String::valueOf).toList());
    }

    TableStructure create(String name, String keys, String[][] columns) throws SQLException {
        StringBuilder sql = new StringBuilder("CREATE TABLE " + schema + "." + name + " (");
        for (int i = 0; i < columns.length; i++) {
            sql.append(i == 0 ? "" : ", ").append(columns[i][0]).append(' ').append(columns[i][1]);
            sql.append(i == 0 && !keys.isEmpty() ? " NOT NULL" : " NULL");
        }
        sql.append(keys.isEmpty() ? "" : ", " + keys);
        sql(sql + ") DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci");
        return structure(name, keys.isEmpty() ? null : columns[0][0], columns);
    }

    TableStructure structure(String name, String key, String[][] columns) {
        List<Column> list = new ArrayList<>();
        for (String[] column : columns) {
            list.add(new Column(column[0], MySqlType.parse(column[1]), null, null, !column[0].equals(key), false));
        }
        return new TableStructure(new TableName(schema, name), list, key == null ? List.of() : List.of(key));
    }

    TaskConfig task(TaskConfig.Apply apply) {
        return task(apply, false, new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of(), null));
    }

    TaskConfig task(int lanes, boolean full, DatabaseConfig target) {
        return task(new TaskConfig.Apply(lanes, false), full, target);
    }

    TaskConfig task(TaskConfig.Apply apply, boolean full, DatabaseConfig target) {
        TaskConfig.Instance instance = new TaskConfig.Instance("s1", null, null, null, new TaskConfig.Copy(1), apply);
        return new TaskConfig(
                task,
                full ? TaskConfig.Mode.FULL : TaskConfig.Mode.ALL,
                "tiderace_meta",
                target,
                List.of(),
                List.of(instance));
    }

    Running start(int lanes, boolean full) {
        return start(task(lanes, full, new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of(), null)));
    }

    Running start(TaskConfig taskConfig) {
        SourceConfig source = new SourceConfig("s1", SourceConfig.Flavor.MYSQL, 0, true, false, taskConfig.target());
        Running started = new Running(new ApplierService(config, List.of(source), taskConfig, reports::add));
        running.add(started);
        started.thread.start();
        return started;
    }

    static final class Running {
        private final ApplierService service;
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread thread;

        Running(ApplierService service) {
            this.service = service;
            this.thread = new Thread(() -> {
                try {
                    service.run();
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
        }

        void stop() throws InterruptedException {
            long startedAt = System.nanoTime();
            service.stop();
            thread.join(20_000);
            assertThat(thread.isAlive()).isFalse();
            assertThat(failure.get()).isNull();
            assertThat(System.nanoTime() - startedAt).isLessThan(TimeUnit.SECONDS.toNanos(6));
        }
    }

    /** Applies all that was written, then stops. */
    void applyAll(int lanes) throws Exception {
        topic.flush();
        Running applier = start(lanes, false);
        awaitTxn(topic.txn());
        applier.stop();
    }

    static Throwable failureOf(Running applier) throws InterruptedException {
        applier.thread.join(WAIT_MS);
        return applier.failure.get();
    }

    void awaitTxn(long txn) throws Exception {
        long deadline = System.currentTimeMillis() + WAIT_MS;
        String query = "SELECT COALESCE(MAX(low_txn), 0) FROM tiderace_meta.checkpoint WHERE task = " + quoted(task);
        while (System.currentTimeMillis() < deadline) {
            for (Running service : running) {
                boolean isLast = service == running.get(running.size() - 1);
                if ((isLast || service.thread.isAlive()) && service.failure.get() != null) {
                    throw new AssertionError("applier failed", service.failure.get());
                }
            }
            if (metaExists() && Long.parseLong(query(query).get(0)) >= txn) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        Throwable last = running.get(running.size() - 1).failure.get();
        throw new AssertionError("not applied in time: " + query("SELECT * FROM tiderace_meta.checkpoint"), last);
    }

    void awaitRunning(String statement) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        while (query("SELECT id FROM information_schema.processlist WHERE info = '" + statement + "'")
                .isEmpty()) {
            assertThat(System.nanoTime()).as(statement + " does not run").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    boolean metaExists() throws SQLException {
        return !query(
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'tiderace_meta' AND table_name = 'checkpoint'")
                .isEmpty();
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    List<String> query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SET time_zone = '+00:00'");
            List<String> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(sql)) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        row.add(String.valueOf(rows.getString(i)));
                    }
                    result.add(String.join("|", row));
                }
            }
            return result;
        }
    }
}
