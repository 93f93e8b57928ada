package io.tiderace.tests;

import io.tiderace.capture.CaptureService;
import io.tiderace.cli.MySqlServer;
import io.tiderace.config.BlockAllowList;
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
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A source with one schema of its own, captured by the real service in this process, and what is in its relay topic. */
final class Captured implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final MySqlServer server;
    private final String schema;
    private final String sourceId;
    private final TaskConfig.Mode mode;
    private final TaskConfig.Start start;
    private final String user;
    private final String password;
    private CaptureService service;
    private Thread thread;
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
        this.server = server;
        this.schema = schema;
        this.mode = mode;
        this.start = start;
        this.user = user;
        this.password = password;
        sourceId = schema;
    }

    ServiceConfig config() {
        return new ServiceConfig(
                schema + ".",
                Servers.kafkaProperties(),
                Servers.registryProperties(),
                -1,
                604_800_000L,
                64 << 20,
                "test",
                Path.of("."));
    }

    Captured begin() {
        BlockAllowList tables = new BlockAllowList() {
            @Override
            public boolean acceptsSchema(String name) {
                return name.equals(schema);
            }

            @Override
            public boolean accepts(TableName table) {
                return table.schema().equals(schema) && !table.table().startsWith("skip");
            }
        };
        Routes routes = new Routes() {
            @Override
            public TableName route(TableName source) {
                return source;
            }

            @Override
            public String routeSchema(String name) {
                return name;
            }
        };
        TaskConfig.Instance instance = new TaskConfig.Instance(
                sourceId, start, tables, routes, new TaskConfig.Copy(3), new TaskConfig.Apply(4, false));
        DatabaseConfig from = new DatabaseConfig(
                "127.0.0.1", server.port(), user, new DatabaseConfig.Secret(password), Map.of(), null);
        SourceConfig source = new SourceConfig(sourceId, SourceConfig.Flavor.MYSQL, 0, true, true, from);
        TaskConfig task = new TaskConfig("t", mode, "tiderace_meta", from, List.of(), List.of(instance));
        service = new CaptureService(config(), List.of(source), List.of(task), report -> lastReport = report);
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

    Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), "root", "");
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
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    ChangeEvent event = codec.decode(record.value());
                    if (!isRepeat(result, event)) {
                        result.add(event);
                    }
                    if (isLast.test(event)) {
                        return result;
                    }
                }
                if (failure != null) {
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
