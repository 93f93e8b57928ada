package io.tiderace.capture;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.tiderace.capture.RelayWriter.SourceLostException;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.SchemaRegistry;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures one source until it is told to stop: a Debezium engine and a relay writer, started anew with a back-off when the source or Kafka goes
 * away.
 *
 * <pre>
 * connect and check -> fence and read position -> engine runs -> stop in order
 *        ^                                            | lost connection
 *        +------------- back-off, bounded ------------+
 * </pre>
 */
final class SourceCapture {
    private static final Logger LOG = LoggerFactory.getLogger(SourceCapture.class);
    private static final int ATTEMPTS_MAX = 12;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
    private static final long BACKOFF_MAX_MS = 10_000;
    private static final long STOP_MAX_MS = 20_000;
    private static final long TICK_MS = 50;

    private final ServiceConfig config;
    private final SourceConfig source;
    private final List<TaskConfig> tasks;
    private final KafkaClients kafka;
    private final RecordCodec codec;
    private final SchemaRebuild.@Nullable Result rebuilt;
    private final Progress progress = new Progress();
    private volatile @Nullable StoredPosition position;
    private volatile boolean isStopping;
    private PreparedSearch.@Nullable Unknown unknown;

    SourceCapture(
            ServiceConfig config,
            SourceConfig source,
            List<TaskConfig> tasks,
            KafkaClients kafka,
            SchemaRegistry registry) {
        this(config, source, tasks, kafka, registry, null);
    }

    /** @param rebuilt null to capture; else only the schema history is made anew, and this receives what became of it */
    SourceCapture(
            ServiceConfig config,
            SourceConfig source,
            List<TaskConfig> tasks,
            KafkaClients kafka,
            SchemaRegistry registry,
            SchemaRebuild.@Nullable Result rebuilt) {
        this.rebuilt = rebuilt;
        this.config = config;
        this.source = source;
        this.tasks = tasks;
        this.kafka = kafka;
        codec = new RecordCodec(registry, config.topics().relay(source.sourceId()));
    }

    String sourceId() {
        return source.sourceId();
    }

    Progress progress() {
        return progress;
    }

    /** The position that is in Kafka. */
    @Nullable
    StoredPosition position() {
        return position;
    }

    void stop() {
        isStopping = true;
    }

    /**
     * Blocks until stopped, finished, or lost to another process.
     *
     * @return true when everything there was to do is done
     * @throws TideraceException when an operator has to act
     */
    boolean run() throws InterruptedException {
        int failures = 0;
        while (!isStopping) {
            long before = progress.rows();
            StoredPosition from = position;
            try {
                End end = runOnce();
                if (end != End.TO_BE_CONTINUED) {
                    return end == End.FINISHED;
                }
            } catch (SourceLostException e) {
                LOG.atInfo().addKeyValue("source", sourceId()).log("another process captures this source now");
                return false;
            } catch (SQLException | RuntimeException e) {
                failures = progress.rows() > before || moved(from) ? 1 : failures + 1;
                retry(e, failures);
            }
        }
        return false;
    }

    private TideraceException explained(TideraceException verdict) {
        if (verdict instanceof SourceException refused && refused.code().equals("TR-C017")) {
            try (TlsFiles tls = new TlsFiles(source.from().tls())) {
                return LogLeft.explained(refused, new SourceDatabase(sourceId(), source.from(), tls), position);
            }
        }
        return verdict;
    }

    private boolean moved(@Nullable StoredPosition from) {
        StoredPosition now = position;
        return from != null && now != null && now.txn() > from.txn();
    }

    private void retry(Exception e, int failures) throws InterruptedException {
        if (isStopping) {
            return;
        }
        Optional<TideraceException> verdict = SourceErrors.verdict(sourceId(), source.from(), e);
        if (verdict.isPresent()) {
            throw explained(verdict.get());
        }
        if (failures >= ATTEMPTS_MAX) {
            throw SourceErrors.exhausted(sourceId(), source.from(), failures, e);
        }
        progress.phase("waiting");
        LOG.atWarn()
                .addKeyValue("source", sourceId())
                .addKeyValue("attempt", failures)
                .addKeyValue("cause", SourceErrors.rootMessage(e))
                .log("capture was interrupted, trying again");
        long until = System.nanoTime() + Math.min(BACKOFF_MAX_MS, 250L << Math.min(failures, 10)) * 1_000_000;
        while (!isStopping && System.nanoTime() < until) {
            Thread.sleep(TICK_MS);
        }
    }

    private enum End {
        FINISHED,
        STOPPED,
        TO_BE_CONTINUED
    }

    private End runOnce() throws SQLException, InterruptedException {
        progress.phase("starting");
        progress.silence().begin();
        try (TlsFiles tls = new TlsFiles(source.from().tls())) {
            SourceDatabase database = new SourceDatabase(sourceId(), source.from(), tls);
            boolean isMariaDb;
            SourcePosition earlier;
            try (Connection connection = database.connect()) {
                isMariaDb = database.settings(connection).isMariaDb();
                earlier = unknown == null ? null : PreparedSearch.require(connection, unknown);
            }
            SourceErrors.requireFlavor(source, isMariaDb);
            try (Producer<byte[], byte[]> producer = kafka.producer(sourceId())) {
                Duration patience = CLOSE_PATIENCE;
                try {
                    producer.initTransactions();
                    return capture(producer, database, tls, earlier, isMariaDb);
                } catch (RuntimeException e) {
                    // a commit without an answer cannot be aborted any more: the next producer finds out what became of
                    // it
                    patience = SourceErrors.isUnanswered(e) ? Duration.ZERO : patience;
                    throw e;
                } finally {
                    producer.close(patience);
                }
            }
        }
    }

    /** @param earlier where the rows of a prepared transaction are to be collected, null to go on at the stored position */
    private End capture(
            Producer<byte[], byte[]> producer,
            SourceDatabase database,
            TlsFiles tls,
            @Nullable SourcePosition earlier,
            boolean isMariaDb)
            throws SQLException, InterruptedException {
        KafkaClients.Stored all = kafka.readStored(sourceId());
        StoredPosition stored = all.position();
        position = stored;
        HistoryExtent history = kafka.historyExtent(sourceId());
        if (rebuilt != null && stored == null) {
            throw new ConfigException(
                    "TR-C048",
                    "source " + sourceId() + " was never captured into this Kafka: there is no position to rebuild for",
                    "check --config and --data-dir; a first start reads the structures by itself");
        }
        if (stored != null && rebuilt == null) {
            history = HistoryExtent.required(
                    sourceId(), config.topics().schemaHistory(sourceId()), stored.history(), history);
        }
        StoredPosition start = stored == null
                ? null
                : new SourceMove(database, CaptureRun.accepts(source.sourceId(), tasks), () -> isStopping)
                        .proved(stored);
        RelayWriter relay = new RelayWriter(producer, codec, sourceId(), config, start, kafka.transactionMs());
        relay.history(history);
        Thread writer = new Thread(relay, "relay-" + sourceId());
        writer.start();
        PreparedTopic prepared = kafka.prepared(sourceId());
        if (start != null && !start.equals(stored)) {
            relay.store(start);
        }
        try (CaptureRun run = new CaptureRun(
                source,
                tasks,
                codec,
                relay,
                prepared,
                progress,
                config.copy(),
                rebuilt == null ? start : null,
                all.tables(),
                isMariaDb)) {
            run.rebuilds(SchemaRebuild.Plan.of(rebuilt, start, () -> relay.history(kafka.emptyHistory(sourceId()))));
            LOG.atInfo()
                    .addKeyValue("source", sourceId())
                    .addKeyValue(
                            "from",
                            start == null ? "the beginning" : start.position().toString())
                    .addKeyValue("txn", start == null ? 0 : start.txn())
                    .log("capturing");
            if (earlier != null) {
                run.collectAt(earlier);
            }
            try {
                runEngine(run, relay, tls);
            } finally {
                relay.close();
                writer.join(STOP_MAX_MS);
                position = relay.committed();
            }
            RuntimeException failure = relay.failure();
            if (failure != null) {
                throw failure;
            }
            return end(run);
        }
    }

    /** Collecting a prepared transaction's rows takes a run of its own, between the one that met its commit and the one that goes on with it. */
    private End end(CaptureRun run) {
        if (run.isFinished()) {
            return End.FINISHED;
        }
        boolean isOver = run.isOver();
        if (isOver) {
            unknown = run.unknown();
        }
        return isOver && !isStopping ? End.TO_BE_CONTINUED : End.STOPPED;
    }

    private void runEngine(CaptureRun run, RelayWriter relay, TlsFiles tls) throws InterruptedException {
        CompletableFuture<Optional<Throwable>> ended = new CompletableFuture<>();
        Properties settings = EngineSettings.of(config, source, run, tls);
        DebeziumEngine<?> engine = DebeziumEngine.create(Connect.class)
                .using(settings)
                .using((isSuccess, message, error) -> ended.complete(
                        error == null && !isSuccess
                                ? Optional.of(new IllegalStateException(message))
                                : Optional.ofNullable(error)))
                .notifying(event -> {})
                .build();
        Thread thread = new Thread(engine, "engine-" + sourceId());
        thread.start();
        try {
            while (!isStopping && !ended.isDone() && !run.isOver() && relay.failure() == null) {
                position = relay.committed();
                Thread.sleep(TICK_MS);
                long silentMs = progress.silence().tooLongMs(System.nanoTime());
                if (silentMs > 0) {
                    throw new SilentSourceException(silentMs);
                }
                if (run.failure() != null) {
                    throw new EngineFailedException(run.failure());
                }
                if (run.isDisconnected() && !ended.isDone()) {
                    throw new DisconnectedException();
                }
            }
        } finally {
            run.stop();
            stop(engine, ended);
        }
        RuntimeException failure = relay.failure();
        if (failure != null) {
            throw failure;
        }
        if (!isStopping && !run.isOver()) {
            throw new EngineFailedException(ended.join().orElse(null));
        }
    }

    /** Debezium's {@code close} throws while tasks start and when the engine is stopping already. */
    private void stop(DebeziumEngine<?> engine, CompletableFuture<?> ended) throws InterruptedException {
        progress.phase("stopping");
        long until = System.nanoTime() + STOP_MAX_MS * 1_000_000;
        while (!ended.isDone() && System.nanoTime() < until) {
            try {
                engine.close();
            } catch (IllegalStateException | IOException e) {
                LOG.atDebug().setCause(e).log("the engine cannot be closed yet");
            }
            Thread.sleep(TICK_MS);
        }
    }

    /** The engine ended by itself; the cause says why. */
    static final class EngineFailedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EngineFailedException(@Nullable Throwable cause) {
            super(cause == null ? "the engine stopped" : cause.getMessage(), cause);
        }
    }

    /** The server ended the connection in order. */
    static final class DisconnectedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DisconnectedException() {
            super("the source ended the connection", new IOException("the source ended the connection"));
        }
    }

    /** Not even heartbeats come: the connection is dead. */
    static final class SilentSourceException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SilentSourceException(long ms) {
            super("nothing came from the source for " + ms + " ms", new IOException("connection is silent"));
        }
    }
}
