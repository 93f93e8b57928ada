package io.tiderace.tests;

import io.tiderace.capture.CaptureService;
import io.tiderace.cli.MariaDbServer;
import io.tiderace.cli.MySqlServer;
import io.tiderace.config.BlockAllowList;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.Routes;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A source with one schema of its own, captured by the real service in this process, and what is in its relay topic. */
final class Captured implements AutoCloseable {
    private static final int MESSAGE_BYTES = 64 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(180);

    private final int port;
    private final String jdbcUrl;
    private final String schema;
    private final String sourceId;
    private final TaskConfig.Mode mode;
    private final TaskConfig.Start start;
    private final String user;
    private final String password;
    private final Map<String, List<TableName>> others = new TreeMap<>();
    private final Map<String, String> kafka = new TreeMap<>();
    private List<TableName> ignored;
    private CaptureService service;
    private Thread thread;
    private CopyLimits limits = CopyLimits.DEFAULT;
    private int maxMessageBytes = MESSAGE_BYTES;
    private volatile Throwable failure;
    private volatile StatusReport lastReport;

    Captured(MySqlServer server, String schema, TaskConfig.Mode mode, TaskConfig.Start start) {
        this(server, schema, mode, start, "root", "");
    }

    Captured(
            MySqlServer server,
            String schema,
            TaskConfig.Mode mode,
            TaskConfig.Start start,
            String user,
            String password) {
        this(server.port(), server.jdbcUrl(), schema, mode, start, user, password);
    }

    Captured(MariaDbServer server, String schema, TaskConfig.Mode mode) {
        this(server.port(), server.jdbcUrl(), schema, mode, null, "root", "");
    }

    private Captured(
            int port,
            String jdbcUrl,
            String schema,
            TaskConfig.Mode mode,
            TaskConfig.Start start,
            String user,
            String password) {
        this.port = port;
        this.jdbcUrl = jdbcUrl;
        this.schema = schema;
        this.mode = mode;
        this.start = start;
        this.user = user;
        this.password = password;
        sourceId = schema;
        ignored = List.of(new TableName(schema, "skip*"));
    }

    /** From the next {@link #begin} on tables with these names are left out, patterns allowed. */
    Captured leavesOut(String... tables) {
        ignored = Stream.of(tables).map(table -> new TableName(schema, table)).toList();
        return this;
    }

    /** From the next {@link #begin} on there is another task, which leaves out these tables. */
    Captured with(String task, String... tables) {
        others.put(
                task,
                Stream.of(tables).map(table -> new TableName(schema, table)).toList());
        return this;
    }

    ServiceConfig config() {
        Map<String, String> settings = new HashMap<>(Servers.kafkaProperties());
        settings.putAll(kafka);
        return config(settings, Servers.registryProperties());
    }

    private ServiceConfig config(Map<String, String> kafka, Map<String, String> registry) {
        return new ServiceConfig(
                schema + ".", kafka, registry, -1, 604_800_000L, maxMessageBytes, "test", Path.of("."), limits);
    }

    /** Another setting of Kafka's clients from the next {@link #begin} on. */
    Captured kafka(String key, String value) {
        kafka.put(key, value);
        return this;
    }

    /** Other limits of the copy from the next {@link #begin} on. */
    Captured limits(CopyLimits others) {
        limits = others;
        return this;
    }

    /** Another size of the largest record from the next {@link #begin} on. */
    Captured maxMessageBytes(int bytes) {
        maxMessageBytes = bytes;
        return this;
    }

    Captured begin() {
        service = service(config(), port, report -> lastReport = report);
        failure = null;
        lastReport = null;
        thread = new Thread(
                () -> {
                    try {
                        service.run();
                    } catch (Throwable e) {
                        failure = e;
                    }
                },
                "capture-service");
        thread.start();
        return this;
    }

    private CaptureService service(ServiceConfig config, int port, StatusReport.Sink sink) {
        DatabaseConfig from =
                new DatabaseConfig("127.0.0.1", port, user, new DatabaseConfig.Secret(password), Map.of(), null);
        SourceConfig source = new SourceConfig(sourceId, SourceConfig.Flavor.DETECT, 0, true, true, from);
        List<TaskConfig> tasks = new ArrayList<>(List.of(task("t", from, ignored)));
        others.forEach((task, tables) -> tasks.add(task(task, from, tables)));
        return new CaptureService(config, List.of(source), tasks, sink);
    }

    private TaskConfig task(String name, DatabaseConfig target, List<TableName> leftOut) {
        BlockAllowList tables = BlockAllowList.compile(
                new BlockAllowList.Patterns(List.of(schema), List.of(), List.of(), leftOut), true);
        TaskConfig.Instance instance = new TaskConfig.Instance(
                sourceId,
                start,
                tables,
                Routes.compile(List.of(), true),
                new TaskConfig.Copy(3),
                new TaskConfig.Apply(4, false));
        return new TaskConfig(name, mode, "tiderace_meta", target, List.of(), List.of(instance));
    }

    /** The same as a process of its own, which can be killed. */
    JavaProcess process(Path output) {
        List<String> arguments = new ArrayList<>(List.of(
                Servers.kafka().bootstrapServers(),
                Servers.registry().url(),
                Integer.toString(port),
                schema,
                mode.name()));
        ignored.forEach(table -> arguments.add(table.table()));
        return new JavaProcess(Captured.class, output, arguments.toArray(String[]::new));
    }

    /** Arguments: bootstrap servers, registry url, port, schema, mode, tables to leave out. */
    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[2]);
        TaskConfig.Mode mode = TaskConfig.Mode.valueOf(arguments[4]);
        Captured source = new Captured(port, "", arguments[3], mode, null, "root", "")
                .leavesOut(List.of(arguments).subList(5, arguments.length).toArray(String[]::new));
        ServiceConfig config =
                source.config(Map.of("bootstrap.servers", arguments[0]), Map.of("schema.registry.url", arguments[1]));
        source.service(config, port, report -> {}).run();
    }

    /** Ends the service in an orderly way. */
    void end() throws InterruptedException {
        service.stop();
        thread.join(30_000);
        if (thread.isAlive()) {
            throw new AssertionError("capture does not stop");
        }
        if (failure != null) {
            throw new AssertionError("capture failed", failure);
        }
    }

    /** Waits for the service to end by itself. */
    Throwable failure() throws InterruptedException {
        thread.join(PATIENCE.toMillis());
        return failure;
    }

    boolean isRunning() {
        return thread.isAlive();
    }

    /** True when the first rows of the copy are on their way. */
    boolean isCopying() {
        StatusReport report = lastReport;
        return report != null && report.copy() != null && report.copy().rows() > 0;
    }

    /** What it said last, null before that. */
    StatusReport report() {
        return lastReport;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl, "root", "");
    }

    void execute(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("USE `" + schema + "`");
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Everything committed in the relay topic up to the first record for which the condition holds, numbers checked. */
    List<ChangeEvent> readUntil(Predicate<ChangeEvent> isLast) {
        RecordCodec codec = new RecordCodec(
                new RegistryClient(config().registry()), config().topics().relay(sourceId));
        Map<String, Object> settings = new HashMap<>(Servers.kafkaProperties());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", false);
        List<ChangeEvent> result = new ArrayList<>();
        TopicPartition partition = new TopicPartition(config().topics().relay(sourceId), 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long until = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < until) {
                boolean hasFailed = failure != null;
                long before = consumer.position(partition);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    ChangeEvent event = codec.decode(record.value());
                    if (!isRepeat(result, event)) {
                        result.add(event);
                    }
                    if (isLast.test(event)) {
                        return result;
                    }
                }
                boolean isAtEnd = consumer.position(partition) == before
                        && before >= consumer.endOffsets(List.of(partition)).get(partition);
                if (hasFailed && isAtEnd) {
                    throw new AssertionError("capture failed", failure);
                }
            }
        }
        throw new AssertionError("not in the relay topic: after " + result.size() + " records, last "
                + (result.isEmpty() ? null : result.get(result.size() - 1)) + ", report " + lastReport);
    }

    private static boolean isRepeat(List<ChangeEvent> before, ChangeEvent event) {
        if (before.isEmpty()) {
            require(event.txn() == 1 && event.txnRow() == 1, "the first record is " + event);
            return false;
        }
        ChangeEvent last = before.get(before.size() - 1);
        if (event.txn() < last.txn() || (event.txn() == last.txn() && event.txnRow() <= last.txnRow())) {
            return true;
        }
        boolean isNextRow =
                event.txn() == last.txn() && event.txnRow() == last.txnRow() + 1 && !(last instanceof Commit);
        boolean isNextTxn = event.txn() == last.txn() + 1 && event.txnRow() == 1 && last instanceof Commit;
        require(isNextRow || isNextTxn, "a gap between " + last + " and " + event);
        if (event instanceof Commit commit) {
            require(commit.rows() == commit.txnRow() - 1, "wrong count in " + commit);
        }
        return false;
    }

    private static void require(boolean isTrue, String message) {
        if (!isTrue) {
            throw new AssertionError(message);
        }
    }

    @Override
    public void close() {
        if (service == null) {
            return;
        }
        service.stop();
        try {
            thread.join(30_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
