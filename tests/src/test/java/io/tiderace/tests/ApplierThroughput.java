package io.tiderace.tests;

import io.tiderace.applier.ApplierService;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TaskConfig.Apply;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/**
 * The applier catching up on a seeded backlog of mixed changes (half inserts, 30 % updates, 20 % deletes, ten a transaction, two integers and
 * 180 characters a row), after copying 200,000 rows. Not part of the tests: {@code ./mvnw -q -pl tests test-compile exec:java
 * -Dexec.mainClass=io.tiderace.tests.ApplierThroughput -Dexec.classpathScope=test -Dexec.args="tidb 1000000"}. Prints changes a second and this
 * process's CPU a change, Kafka included. After the target and the number of changes may come the number of lanes and the orders of commits to
 * measure one after the other, as {@code any,source}.
 */
public final class ApplierThroughput {
    private static final int COPIED = 200_000;
    private static final int CHUNK = 5_000;

    private final Random random = new Random(1);
    private final List<Object[]> live = new ArrayList<>();
    private int nextId;

    private ApplierThroughput() {}

    public static void main(String[] arguments) throws Exception {
        boolean tiDb = arguments.length == 0 || arguments[0].equals("tidb");
        int changes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 300_000;
        int lanes = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 16;
        String url = tiDb ? Servers.tidb().jdbcUrl() : Servers.mysqlTarget().jdbcUrl();
        int port = tiDb ? Servers.tidb().port() : Servers.mysqlTarget().port();
        for (String order : (arguments.length > 3 ? arguments[3] : "any").split(",")) {
            System.out.println("commit-order: " + order);
            Apply apply = new Apply(
                    lanes,
                    false,
                    OnMismatch.WARN,
                    OnDataError.STOP,
                    CommitOrder.valueOf(order.toUpperCase(Locale.ROOT)));
            new ApplierThroughput().measure(url, port, changes, apply);
        }
        System.exit(0);
    }

    private void measure(String url, int port, int changes, Apply apply) throws Exception {
        try (Connection connection = DriverManager.getConnection(url, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS speed");
            statement.execute("CREATE DATABASE speed");
            statement.execute(
                    "CREATE TABLE speed.t (id INT PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL, KEY (k))");
        }
        ServiceConfig config = new ServiceConfig(
                "tiderace.",
                Servers.kafkaProperties(),
                Servers.registryProperties(),
                1,
                ServiceConfig.DEFAULT_RELAY_RETENTION_MS,
                ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES,
                "speed",
                Path.of("unused"),
                CopyLimits.DEFAULT);
        String task = "speed" + System.nanoTime();
        DatabaseConfig target = new DatabaseConfig("127.0.0.1", port, "root", new Secret(""), Map.of(), null);
        try (ApplyTopic topic = new ApplyTopic(config, task, "s1")) {
            fillCopy(topic);
            report("copy", COPIED, run(config, task, target, apply, topic.txn()));
            fillChanges(topic, changes);
            report("mixed", changes, run(config, task, target, apply, topic.txn()));
        }
    }

    private void fillCopy(ApplyTopic topic) {
        TableStructure table = table();
        while (nextId < COPIED) {
            Object[] row = row(++nextId);
            live.add(row);
            topic.copied(table, row);
            if (nextId % CHUNK == 0) {
                topic.commit(true, false);
                topic.flush();
            }
        }
    }

    private void fillChanges(ApplyTopic topic, int changes) {
        TableStructure table = table();
        for (int i = 1; i <= changes; i++) {
            int kind = random.nextInt(10);
            if (kind < 5) {
                Object[] row = row(++nextId);
                live.add(row);
                topic.insert(table, row);
            } else {
                int index = random.nextInt(live.size());
                Object[] before = live.get(index);
                if (kind < 8) {
                    Object[] after = row((Integer) before[0]);
                    live.set(index, after);
                    topic.update(table, before, after);
                } else {
                    live.set(index, live.get(live.size() - 1));
                    live.remove(live.size() - 1);
                    topic.delete(table, before);
                }
            }
            if (i % 10 == 0) {
                topic.commit();
            }
            if (i % 10_000 == 0) {
                topic.flush();
            }
        }
        topic.flush();
    }

    private Object[] row(int id) {
        char[] text = new char[180];
        for (int i = 0; i < text.length; i++) {
            text[i] = (char) ('a' + random.nextInt(26));
        }
        return new Object[] {id, random.nextInt(1_000_000), new String(text, 0, 120), new String(text, 120, 60)};
    }

    private static TableStructure table() {
        return new TableStructure(
                new TableName("speed", "t"),
                List.of(column("id", "int"), column("k", "int"), column("c", "char(120)"), column("pad", "char(60)")),
                List.of("id"));
    }

    private static Column column(String name, String type) {
        return new Column(name, MySqlType.parse(type), null, null, false, false);
    }

    private record Measured(double seconds, double cpuSeconds) {}

    private static Measured run(ServiceConfig config, String task, DatabaseConfig target, Apply apply, long untilTxn)
            throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        StatusReport.Sink sink = report -> {
            if (report.phase().equals("streaming") || report.phase().equals("copying")) {
                System.out.printf("  %s %.0f rows/s %s%n", report.phase(), report.rowsPerSecond(), report.figures());
            }
            if (report.txn() >= untilTxn) {
                done.countDown();
            }
        };
        TaskConfig.Instance instance = new TaskConfig.Instance("s1", null, null, null, new TaskConfig.Copy(1), apply);
        TaskConfig taskConfig =
                new TaskConfig(task, TaskConfig.Mode.ALL, "tiderace_meta", target, List.of(), List.of(instance));
        SourceConfig source = new SourceConfig("s1", SourceConfig.Flavor.MYSQL, 0, true, false, target);
        ApplierService service = new ApplierService(config, List.of(source), taskConfig, sink);
        long cpu = processCpu();
        long startedAt = System.nanoTime();
        Thread thread = new Thread(() -> {
            try {
                service.run();
            } catch (Throwable e) {
                e.printStackTrace();
                System.exit(1);
            }
        });
        thread.start();
        done.await();
        Measured measured = new Measured((System.nanoTime() - startedAt) / 1e9, (processCpu() - cpu) / 1e9);
        service.stop();
        thread.join();
        return measured;
    }

    private static void report(String what, int changes, Measured measured) {
        System.out.printf(
                "%s: %d changes in %.1f s = %.0f changes/s, %.1f µs CPU of this process a change%n",
                what, changes, measured.seconds, changes / measured.seconds, measured.cpuSeconds * 1e6 / changes);
    }

    private static long processCpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
