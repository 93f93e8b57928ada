package io.tiderace.capture;

import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks once a second how the source and its replicas bear the copy, and says when it has to wait. Asks over connections of its own, on a thread of
 * its own. What cannot be asked, for want of a privilege, is said once and does not hold the copy up.
 */
final class CopyThrottle implements AutoCloseable, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(CopyThrottle.class);
    private static final long INTERVAL_MS = 1000;
    private static final long TICK_MS = 50;

    private final CopyLimits limits;
    private final Progress progress;
    private final Map<String, SourceDatabase> servers = new LinkedHashMap<>();
    private final Map<String, Connection> connections = new LinkedHashMap<>();
    private final List<String> refused = new ArrayList<>();
    private final SourceDatabase database;
    private final String source;
    private final Thread thread;
    private volatile CopyPace pace = CopyPace.FREE;
    private volatile boolean isClosed;

    CopyThrottle(CopyLimits limits, SourceDatabase database, TlsFiles tls, Progress progress) {
        this.limits = limits;
        this.progress = progress;
        this.database = database;
        DatabaseConfig config = database.config();
        source = config.address();
        servers.put(source, database);
        for (CopyLimits.Replica replica : limits.replicas()) {
            DatabaseConfig there = new DatabaseConfig(
                    replica.host(), replica.port(), config.user(), config.password(), config.session(), config.tls());
            servers.put(there.address(), new SourceDatabase(database.sourceId(), there, tls));
        }
        thread = new Thread(this, "copy-throttle-" + database.sourceId());
        thread.setDaemon(true);
    }

    void start() {
        if (limits.historyListLength() > 0 || limits.replicaLagMs() > 0) {
            thread.start();
        }
    }

    /** Waits while a replica is too far behind; the copy's view stays. */
    void await(BooleanSupplier isStopping) throws InterruptedException {
        while (pace.isWaiting() && !pace.isTooOld() && !isStopping.getAsBoolean()) {
            Thread.sleep(TICK_MS);
        }
    }

    /** True when the copy's view keeps more of the source's history alive than it may: let go of it, then {@link #awaitShorter}. */
    boolean isTooOld() {
        return pace.isTooOld();
    }

    /** Waits until the source's history has been cleared away to half of what it may be. */
    void awaitShorter(BooleanSupplier isStopping) throws InterruptedException {
        while (pace.isTooOld() && !isStopping.getAsBoolean()) {
            Thread.sleep(TICK_MS);
        }
    }

    @Override
    public void run() {
        try {
            while (!isClosed) {
                CopyPace next = pace.next(limits, load());
                if (!Objects.equals(next.reason(), pace.reason())) {
                    progress.waitingFor(next.reason());
                }
                pace = next;
                Thread.sleep(INTERVAL_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        progress.waitingFor(null);
        connections.values().forEach(CopyThrottle::closeQuietly);
    }

    private CopyPace.Load load() {
        long[] history = {-1};
        if (limits.historyListLength() > 0) {
            ask(
                    source,
                    database,
                    "the length of its history list (information_schema.innodb_metrics, needs PROCESS)",
                    connection -> SourceDatabase.query(
                            connection,
                            "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'",
                            row -> history[0] = row.getLong(1)));
        }
        Map<String, Long> lags = new LinkedHashMap<>();
        if (limits.replicaLagMs() > 0) {
            servers.forEach((name, server) -> ask(
                    name,
                    server,
                    "its lag as a replica (SHOW REPLICA STATUS, needs REPLICATION CLIENT)",
                    connection -> {
                        Long lag = ReplicaLag.of(connection);
                        if (lag != null) {
                            lags.put(name, lag);
                        }
                    }));
        }
        return new CopyPace.Load(history[0], lags);
    }

    private interface Question {
        void ask(Connection connection) throws SQLException;
    }

    private void ask(String server, SourceDatabase there, String what, Question question) {
        String topic = server + " cannot be asked for " + what;
        if (refused.contains(topic)) {
            return;
        }
        try {
            Connection connection = connections.get(server);
            if (connection == null) {
                connection = there.connect();
                connections.put(server, connection);
            }
            question.ask(connection);
        } catch (SQLException e) {
            Connection broken = connections.remove(server);
            if (broken != null) {
                closeQuietly(broken);
            }
            boolean isRefused = e.getErrorCode() == 1227 || e.getErrorCode() == 1045 || e.getErrorCode() == 1142;
            if (isRefused) {
                refused.add(topic);
                LOG.atInfo()
                        .addKeyValue("cause", e.getMessage())
                        .log("{}: the copy goes on without regard to it", topic);
            } else {
                LOG.atDebug().addKeyValue("cause", e.getMessage()).log("{}", topic);
            }
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("a broken connection is closed as well");
        }
    }

    @Override
    public void close() {
        isClosed = true;
        thread.interrupt();
    }
}
