package io.tiderace.tests;

import io.tiderace.capture.CaptureService;
import io.tiderace.cli.MySqlServer;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException;
import io.tiderace.tests.CaptureProcess.Source;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A schema of a real MySQL, a capture of it on a thread, and the relay topic that it writes. */
final class CaptureStand implements AutoCloseable {
    private static final Duration ENOUGH = Duration.ofSeconds(60);

    private final ServiceConfig config;
    private String jdbcUrl;
    private Source source;
    private Connection connection;
    private final ConcurrentLinkedDeque<StatusReport> reports = new ConcurrentLinkedDeque<>();
    private final RelayReader reader;
    private CaptureService service;
    private FutureTask<Void> running;
    private int marker;

    /** Makes the schema, with a table for markers, and takes its name for the source too. */
    CaptureStand(Path folder, String jdbcUrl, int port) throws SQLException {
        this(folder, jdbcUrl, Source.of(Servers.freshName("capture"), port, ""));
    }

    private CaptureStand(Path folder, String jdbcUrl, Source named) throws SQLException {
        this.jdbcUrl = jdbcUrl;
        source = Source.of(named.id(), named.port(), named.id());
        config = RouterProcess.config(
                Servers.kafka().bootstrapServers(), Servers.registry().url(), folder);
        reader = new RelayReader(config, source.id());
        connection = connect();
        execute("CREATE DATABASE " + schema());
        execute("USE " + schema());
        execute("CREATE TABLE marker (id INT PRIMARY KEY)");
    }

    /** Another capture of the same schema, as a source of its own; its markers go on where this one's are. */
    CaptureStand twin(Path folder) throws SQLException {
        return new CaptureStand(folder, this);
    }

    private CaptureStand(Path folder, CaptureStand other) throws SQLException {
        jdbcUrl = other.jdbcUrl;
        source = Source.of(Servers.freshName("twin"), other.source.port(), other.schema());
        config = RouterProcess.config(
                Servers.kafka().bootstrapServers(), Servers.registry().url(), folder);
        reader = new RelayReader(config, source.id());
        marker = 1_000_000 * Integer.parseInt(source.id().replaceAll("\\D", ""));
        connection = connect();
        execute("USE " + schema());
    }

    ServiceConfig config() {
        return config;
    }

    Source source() {
        return source;
    }

    String schema() {
        return source.schema();
    }

    RelayReader reader() {
        return reader;
    }

    Connection connect() throws SQLException {
        Connection result = DriverManager.getConnection(
                jdbcUrl + "&connectionTimeZone=UTC&forceConnectionTimeZoneToSession=true", "root", "");
        try (Statement statement = result.createStatement()) {
            statement.execute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
        }
        return result;
    }

    /** Works at another server from now on, and captures from there when started again. */
    void moveTo(MySqlServer server) throws SQLException {
        moveTo(server.jdbcUrl(), server.port());
    }

    void moveTo(String otherUrl, int otherPort) throws SQLException {
        jdbcUrl = otherUrl;
        source = source.through(otherPort);
        connectAgain();
    }

    /** After the server was restarted. */
    void connectAgain() throws SQLException {
        connection = connect();
        execute("USE " + schema());
    }

    void execute(String... statements) throws SQLException {
        for (String sql : statements) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new SQLException(sql + ": " + e.getMessage(), e);
            }
        }
    }

    /** The rows of a query as the server prints them. */
    List<List<String>> query(String sql) throws SQLException {
        List<List<String>> result = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    byte[] bytes = rows.getBytes(i);
                    row.add(bytes == null ? null : new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
                }
                result.add(row);
            }
        }
        return result;
    }

    void start() {
        start(source);
    }

    /** Starts capture and waits until it streams or ends. */
    void start(Source how) {
        reports.clear();
        service = CaptureProcess.service(config, how, reports::add);
        CaptureService started = service;
        running = new FutureTask<>(() -> {
            started.run();
            return null;
        });
        new Thread(running, "test-capture").start();
        long deadline = System.nanoTime() + ENOUGH.toNanos();
        while (!running.isDone()
                && (reports.isEmpty() || !reports.getLast().phase().equals("streaming"))) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("capture does not stream: " + reports.peekLast());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stops it in order, failing on any error. */
    void stop() {
        if (service == null) {
            return;
        }
        service.stop();
        service = null;
        try {
            running.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("capture failed", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the error that ends capture. */
    TideraceException failure() throws InterruptedException {
        try {
            running.get(ENOUGH.toMillis(), TimeUnit.MILLISECONDS);
            throw new AssertionError("capture ended without an error");
        } catch (ExecutionException e) {
            service = null;
            if (e.getCause() instanceof TideraceException expected) {
                return expected;
            }
            throw new AssertionError("capture ended with a bug", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("capture still runs: " + reports.peekLast(), e);
        }
    }

    /** Writes a marker and reads the relay topic up to it: everything before has come. Its session logs rows, whatever the stand's does. */
    RelayReader readAll() throws SQLException {
        return readAll(ENOUGH);
    }

    RelayReader readAll(Duration within) throws SQLException {
        try (Connection session = connect();
                Statement statement = session.createStatement()) {
            statement.execute("INSERT INTO " + schema() + ".marker VALUES (" + ++marker + ")");
        }
        reader.readToMarker(marker, within, this::requireRunning);
        return reader;
    }

    private void requireRunning() {
        if (running != null && running.isDone()) {
            try {
                running.get();
            } catch (ExecutionException e) {
                throw new AssertionError("capture failed", e.getCause());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        try {
            stop();
        } finally {
            reader.close();
            connection.close();
        }
    }
}
