package io.tiderace.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.tiderace.cli.EmbeddedKafka;
import io.tiderace.cli.EmbeddedRegistry;
import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkPipeline.Filled;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import io.tiderace.tests.BenchmarkPipeline.Task;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Measures what Tiderace promises about speed, each figure beside what it is a ratio of, in one run on one machine: everything in this
 * process but the databases. {@code tests/benchmark} starts it; docs/performance.md explains the figures.
 */
final class Benchmark {
    private static final int CONNECTIONS = 16;
    private static final int LATENCY_SECONDS = 20;
    private static final int LATENCY_TRANSACTIONS_PER_SECOND = 500;
    private static final int WARM_UP_MARKS = 5 * LATENCY_TRANSACTIONS_PER_SECOND / 10;
    private static final int MANY_TABLES = 10_000;
    private static final String ALL = "capture,relay-copy,router,applier,relay-latency,restart,catch-up,copy,latency";

    /** DM on a machine of 2 cores and 24 GiB with everything on it; see docs/performance.md. */
    private static final Map<String, Double> DM = Map.of(
            "catch-up to TiDB",
            5_000.0,
            "catch-up to MySQL",
            10_500.0,
            "copy to TiDB",
            27_000.0,
            "copy to MySQL",
            86_000.0);

    /** One line of the result: a figure, what it is compared with, their ratio. */
    record Figure(String name, double value, String unit, double against, String againstWhat) {
        double ratio() {
            return against == 0 ? 0 : value / against;
        }
    }

    private final Path folder = Servers.temporaryFolder("tiderace-benchmark");
    private final int changes;
    private final int copyRows;
    private final Set<String> wanted;
    private final List<Figure> figures = new ArrayList<>();
    private EmbeddedKafka kafka;
    private EmbeddedRegistry registry;
    private MySqlServer source;
    private int runs;

    private Benchmark(int changes, int copyRows, Set<String> wanted) {
        this.changes = changes;
        this.copyRows = copyRows;
        this.wanted = wanted;
    }

    /** Options: {@code --changes N --rows N --only STAGES --json FILE}. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>(Map.of(
                "--changes", "300000",
                "--rows", "500000",
                "--only", ALL,
                "--json", ""));
        for (int i = 0; i < arguments.length; i += 2) {
            if (!options.containsKey(arguments[i]) || i + 1 == arguments.length) {
                System.err.println(
                        "usage: tests/benchmark [--changes N] [--rows N] [--only " + ALL + "] [--json FILE]");
                System.exit(2);
            }
            options.put(arguments[i], arguments[i + 1]);
        }
        // the bare binlog client logs there
        Logger.getLogger("").setLevel(Level.OFF);
        Benchmark benchmark = new Benchmark(
                Integer.parseInt(options.get("--changes")),
                Integer.parseInt(options.get("--rows")),
                Set.of(options.get("--only").split(",")));
        try {
            benchmark.run();
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
        if (!options.get("--json").isEmpty()) {
            new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValue(Path.of(options.get("--json")).toFile(), benchmark.json());
        }
        System.exit(0);
    }

    private void run() throws Exception {
        kafka = EmbeddedKafka.start(Files.createDirectory(folder.resolve("kafka")), 0);
        registry = EmbeddedRegistry.start(kafka.bootstrapServers(), 0);
        source = MySqlServer.start(
                "--sync-binlog=0",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=512M",
                "--max-binlog-size=1G");
        System.out.printf("writing %,d changes%n", changes);
        BenchmarkWorkload.createTables(source.jdbcUrl(), "bench");
        SourcePosition from = position();
        BenchmarkWorkload.write(source.jdbcUrl(), "bench", changes);
        SourcePosition to = position();
        if (wanted.contains("capture") || wanted.contains("router") || wanted.contains("applier")) {
            stages(from, to);
        }
        if (wanted.contains("relay-copy") || wanted.contains("copy")) {
            System.out.printf("writing %,d rows to copy%n", copyRows);
            BenchmarkWorkload.createTables(source.jdbcUrl(), "copied", copyRows / BenchmarkWorkload.TABLES);
        }
        if (wanted.contains("relay-copy")) {
            relayCopy();
        }
        if (wanted.contains("relay-latency")) {
            relayLatency();
        }
        if (wanted.contains("restart")) {
            double seconds = new BenchmarkCapture(source, folder, kafka.bootstrapServers(), registry.url())
                    .restart("restart-" + ++runs, MANY_TABLES, position());
            figure("restart with 10,000 tables to first row", seconds, "s", 10, "wanted");
        }
        if (wanted.contains("catch-up")) {
            catchUp(from);
        }
        if (wanted.contains("latency")) {
            latency();
        }
        if (wanted.contains("copy")) {
            copy();
        }
        source.close();
    }

    /** The first copy into the relay topic alone, the third time that it is done. */
    private void relayCopy() throws Exception {
        for (int i = 0; i < 3; i++) {
            String id = "relay-copy-" + ++runs;
            Task task = new Task(id, id, "copied", source.port(), "127.0.0.1", source.port(), null);
            try (BenchmarkPipeline pipeline = pipeline(task, Set.of(Stage.CAPTURE))) {
                last = pipeline.awaitFilled(pipeline.relayTopic(), copyRows);
            }
        }
        figure("copy into relay", copyRows / last.seconds(), "rows/s", 150_000, "wanted");
        figure(
                "CPU of the copy and Kafka a row",
                last.cpuNanos() / 1e3 / copyRows,
                "µs/row",
                9,
                "what the stream may take");
    }

    /** Each stage alone, capture the third time that it does it, the others the second, against its baseline, as often. */
    private void stages(SourcePosition from, SourcePosition to) throws Exception {
        double bare = 0;
        Task captured = null;
        for (int i = 0; i < 3; i++) {
            bare = BenchmarkBaselines.binlogClient(source, from, to);
            captured = capture(from);
        }
        figure("capture into relay", changes / last.seconds(), "rows/s", bare, "bare binlog client");
        figure("CPU of capture and Kafka a row", last.cpuNanos() / 1e3 / changes, "µs/row", 9, "wanted");
        if (!wanted.contains("router") && !wanted.contains("applier")) {
            return;
        }
        router(captured, "");
        Task routed = router(captured, "");
        double routerSeconds = last.seconds();
        String relay = lastRelay;
        BenchmarkBaselines.copyTopic(kafka.bootstrapServers(), relay, scratchTopic());
        double copied = BenchmarkBaselines.copyTopic(kafka.bootstrapServers(), relay, scratchTopic());
        figure("router to apply topic", records() / routerSeconds, "records/s", copied, "bare copy of the topic");
        if (wanted.contains("applier")) {
            applier(routed);
        }
    }

    private Filled last = new Filled(0, 0);
    private String lastRelay = "";
    private String lastApply = "";

    /** Rows and their Commits. */
    private long records() {
        return changes + changes / BenchmarkWorkload.CHANGES_A_TRANSACTION;
    }

    private Task capture(SourcePosition from) throws Exception {
        String id = "bench-" + ++runs;
        Task task = new Task(id, id, "bench", source.port(), "127.0.0.1", source.port(), from);
        try (BenchmarkPipeline pipeline = pipeline(task, Set.of(Stage.CAPTURE))) {
            lastRelay = pipeline.relayTopic();
            last = pipeline.awaitFilled(lastRelay, records());
        }
        return task;
    }

    private Task router(Task captured, String suffix) throws Exception {
        Task task = new Task(
                captured.source(),
                "route-" + ++runs + suffix,
                "bench",
                source.port(),
                "127.0.0.1",
                source.port(),
                captured.start());
        try (BenchmarkPipeline pipeline = pipeline(task, Set.of(Stage.ROUTER))) {
            lastApply = pipeline.applyTopic();
            last = pipeline.awaitFilled(lastApply, records());
        }
        return task;
    }

    private void applier(Task routed) throws Exception {
        String apply = lastApply;
        RecordCodec codec = new RecordCodec(new RegistryClient(Map.of("schema.registry.url", registry.url())), apply);
        List<List<String>> statements =
                BenchmarkBaselines.statements(kafka.bootstrapServers(), codec, apply, CONNECTIONS);
        for (Target target : targets()) {
            try (target) {
                BenchmarkWorkload.createTables(target.jdbcUrl(), "bench");
                double byHand = changes / BenchmarkBaselines.execute(target.jdbcUrl(), "bench", statements);
                BenchmarkWorkload.createTables(target.jdbcUrl(), "bench");
                Task task = new Task(
                        routed.source(),
                        routed.name(),
                        "bench",
                        source.port(),
                        target.host(),
                        target.port(),
                        routed.start());
                try (BenchmarkPipeline pipeline = pipeline(task, Set.of(Stage.APPLIER))) {
                    pipeline.awaitMark(target.jdbcUrl(), "bench", 0);
                    long begin = System.nanoTime();
                    pipeline.awaitDone(target.jdbcUrl(), "bench");
                    double ours = changes / ((System.nanoTime() - begin) / 1e9);
                    figure("applier to " + target.name(), ours, "changes/s", byHand, "hand-written multi-row JDBC");
                }
            }
        }
    }

    private void catchUp(SourcePosition from) throws Exception {
        for (Target target : targets()) {
            try (target) {
                BenchmarkWorkload.createTables(target.jdbcUrl(), "bench");
                String id = "catchup-" + ++runs;
                Task task = new Task(id, id, "bench", source.port(), target.host(), target.port(), from);
                long cpuBefore = cpuNanos();
                long begin = System.nanoTime();
                try (BenchmarkPipeline pipeline = pipeline(task, BenchmarkPipeline.all())) {
                    pipeline.awaitDone(target.jdbcUrl(), "bench");
                    double seconds = (System.nanoTime() - begin) / 1e9;
                    String name = "catch-up to " + target.name();
                    figure(name, changes / seconds, "changes/s", DM.get(name), "DM elsewhere");
                    figure(
                            "CPU of our processes, " + name,
                            (cpuNanos() - cpuBefore) / 1e3 / changes,
                            "µs/change",
                            50,
                            "wanted");
                }
                requireEqual(target, "bench");
            }
        }
    }

    private void copy() throws Exception {
        for (Target target : targets()) {
            try (target) {
                String id = "copy-" + ++runs;
                Task task = new Task(id, id, "copied", source.port(), target.host(), target.port(), null);
                long begin = System.nanoTime();
                try (BenchmarkPipeline pipeline = pipeline(task, BenchmarkPipeline.all())) {
                    pipeline.awaitEnd();
                }
                String name = "copy to " + target.name();
                figure(name, copyRows / ((System.nanoTime() - begin) / 1e9), "rows/s", DM.get(name), "DM elsewhere");
                requireEqual(target, "copied");
            }
        }
    }

    /** Commit at the source to visible at the target, under transactions of ten changes at a steady rate. */
    private void latency() throws Exception {
        for (Target target : targets()) {
            try (target) {
                BenchmarkWorkload.createTables(source.jdbcUrl(), "steady");
                BenchmarkWorkload.createTables(target.jdbcUrl(), "steady");
                String id = "steady-" + ++runs;
                Task task = new Task(id, id, "steady", source.port(), target.host(), target.port(), position());
                try (BenchmarkPipeline pipeline = pipeline(task, BenchmarkPipeline.all())) {
                    BenchmarkWorkload.mark(source.jdbcUrl(), "steady", 0);
                    pipeline.awaitMark(target.jdbcUrl(), "steady", 0);
                    List<Double> delays = delays(target);
                    figure("latency p50 to " + target.name(), delays.get(delays.size() / 2), "ms", 15, "wanted");
                    figure("latency p99 to " + target.name(), delays.get(delays.size() * 99 / 100), "ms", 50, "wanted");
                }
            }
        }
    }

    /** Commit at the source to readable in the relay topic, under the same load. */
    private void relayLatency() throws Exception {
        BenchmarkWorkload.createTables(source.jdbcUrl(), "steady");
        SourcePosition from = position();
        List<Double> delays = new BenchmarkCapture(source, folder, kafka.bootstrapServers(), registry.url())
                .delays("relayed-" + ++runs, "steady", from, this::writeSteadily, WARM_UP_MARKS);
        figure("latency p50 to the relay topic", delays.get(delays.size() / 2), "ms", 6, "wanted");
        figure("latency p99 to the relay topic", delays.get(delays.size() * 99 / 100), "ms", 25, "wanted");
    }

    private List<Double> delays(Target target) throws Exception {
        Map<Integer, Long> committed = new ConcurrentHashMap<>();
        Thread writer = new Thread(() -> writeSteadily(committed), "steady");
        writer.start();
        List<Double> delays = new ArrayList<>();
        int seen = 0;
        try (Connection connection = BenchmarkWorkload.connect(target.jdbcUrl());
                Statement statement = connection.createStatement()) {
            long idleSince = System.nanoTime();
            while (writer.isAlive() || System.nanoTime() - idleSince < 2_000_000_000L) {
                try (ResultSet row = statement.executeQuery("SELECT MAX(id) FROM steady.mark")) {
                    row.next();
                    long now = System.nanoTime();
                    for (int id = row.getInt(1); id > seen; id--) {
                        Long at = committed.get(id);
                        // the first seconds warm up
                        if (at != null && id > WARM_UP_MARKS) {
                            delays.add((now - at) / 1e6);
                        }
                        idleSince = now;
                    }
                    seen = Math.max(seen, row.getInt(1));
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
        writer.join();
        Collections.sort(delays);
        return delays;
    }

    private void writeSteadily(Map<Integer, Long> committed) {
        try (Connection connection = BenchmarkWorkload.connect(source.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("USE steady");
            BenchmarkWorkload.Writer load = new BenchmarkWorkload.Writer(1);
            long interval = TimeUnit.SECONDS.toNanos(1) / LATENCY_TRANSACTIONS_PER_SECOND;
            long next = System.nanoTime();
            int mark = 0;
            for (int i = 1; i <= (LATENCY_SECONDS + 5) * LATENCY_TRANSACTIONS_PER_SECOND; i++) {
                if (i % 10 == 0) {
                    statement.execute("INSERT INTO mark VALUES (" + ++mark + ")");
                    committed.put(mark, System.nanoTime());
                } else {
                    statement.execute(load.transaction());
                }
                next += interval;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A database to write to; closing it ends it. */
    private record Target(String name, String host, int port, String jdbcUrl, Runnable stop) implements AutoCloseable {
        @Override
        public void close() {
            stop.run();
        }
    }

    private static List<Target> targets() {
        List<Target> targets = new ArrayList<>();
        TiDbServer.start(Servers.checkout().resolve("tests/tidb"), true, (what, done, total) -> {})
                .ifPresentOrElse(
                        tidb -> targets.add(new Target("TiDB", tidb.host(), tidb.port(), tidb.jdbcUrl(), tidb::close)),
                        () -> System.out.println("no TiDB can be had here: its figures are left out"));
        MySqlServer mysql = MySqlServer.start(
                "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=512M");
        targets.add(new Target("MySQL", "127.0.0.1", mysql.port(), mysql.jdbcUrl(), mysql::close));
        return targets;
    }

    private void requireEqual(Target target, String schema) throws SQLException {
        if (!Fingerprint.of(target.jdbcUrl(), schema).equals(Fingerprint.of(source.jdbcUrl(), schema))) {
            throw new IllegalStateException("source and " + target.name() + " differ: the figures mean nothing");
        }
    }

    private BenchmarkPipeline pipeline(Task task, Set<Stage> stages) throws Exception {
        return new BenchmarkPipeline(task, folder, kafka.bootstrapServers(), registry.url(), stages);
    }

    private String scratchTopic() throws Exception {
        String topic = "scratch-" + ++runs;
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
        return topic;
    }

    private SourcePosition position() throws SQLException {
        try (Connection connection = BenchmarkWorkload.connect(source.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW MASTER STATUS")) {
            row.next();
            return new SourcePosition(row.getString(1), row.getLong(2), row.getString(5));
        }
    }

    static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private void figure(String name, double value, String unit, double against, String againstWhat) {
        Figure figure = new Figure(name, value, unit, against, againstWhat);
        figures.add(figure);
        System.out.printf(
                Locale.ROOT,
                "%-42s %,12.1f %-10s %5.2f of %,.0f (%s)%n",
                name,
                value,
                unit,
                figure.ratio(),
                against,
                againstWhat);
    }

    private Map<String, Object> json() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("changes", changes);
        result.put("copyRows", copyRows);
        result.put("processors", Runtime.getRuntime().availableProcessors());
        result.put("heapMaxBytes", Runtime.getRuntime().maxMemory());
        List<Map<String, Object>> lines = new ArrayList<>();
        for (Figure figure : figures) {
            lines.add(Map.of(
                    "name", figure.name(),
                    "value", figure.value(),
                    "unit", figure.unit(),
                    "against", figure.against(),
                    "againstWhat", figure.againstWhat(),
                    "ratio", figure.ratio()));
        }
        result.put("figures", lines);
        return result;
    }
}
