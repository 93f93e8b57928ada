package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka node in this process: broker and controller in one, on the loopback interface, its data kept over restarts. Thread-safe.
 *
 * <p>Kafka ends its process when it cannot write any more. Here that completes {@link #failure} instead, and so does a disk about to be
 * full, before Kafka meets it: whoever started the node ends the command with that error.
 */
public final class EmbeddedKafka implements AutoCloseable {
    /** Below this much room on the data directory's disk the node counts as failed: enough to end the other writers in an orderly way. */
    public static final long RESERVE_BYTES = 64L << 20;

    private static final Logger log = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final long DISK_CHECK_INTERVAL_MS = 250;
    private static final long CLOSE_MAX_MS = 10_000;
    private static final Set<EmbeddedKafka> RUNNING = ConcurrentHashMap.newKeySet();

    private final Path dataDir;
    private final int port;
    private final long reserveBytes;
    private final KafkaRaftServer server;
    private final FileChannel lock;
    private final CompletableFuture<TideraceException> failure = new CompletableFuture<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedKafka(Path dataDir, int port, long reserveBytes, KafkaRaftServer server, FileChannel lock) {
        this.dataDir = dataDir;
        this.port = port;
        this.reserveBytes = reserveBytes;
        this.server = server;
        this.lock = lock;
    }

    /**
     * Starts the node and returns when it serves.
     *
     * @param dataDir created if missing; one node at a time may use it
     * @param port on 127.0.0.1, 0 for any free one
     * @throws TideraceException when the port is taken, the directory cannot be written or is in use, or its disk is full
     */
    public static EmbeddedKafka start(Path dataDir, int port) {
        return start(dataDir, port, RESERVE_BYTES);
    }

    static EmbeddedKafka start(Path dataDir, int port, long reserveBytes) {
        return start(dataDir, port, reserveBytes, settings -> {});
    }

    /** @param change of the node's settings, for tests that need further listeners */
    static EmbeddedKafka start(Path dataDir, int port, Consumer<Properties> change) {
        return start(dataDir, port, RESERVE_BYTES, change);
    }

    private static EmbeddedKafka start(Path dataDir, int port, long reserveBytes, Consumer<Properties> change) {
        requireWritable(dataDir);
        if (freeBytes(dataDir) < reserveBytes) {
            throw diskFull(dataDir, reserveBytes);
        }
        if (port != 0 && !Loopback.isFree(port)) {
            throw new ConfigException(
                    "TR-L101",
                    "the embedded Kafka cannot listen on " + Loopback.HOST + ":" + port + ": the port is taken",
                    "stop the process that listens there (find it with: ss -ltnp 'sport = :" + port
                            + "'), or give the embedded Kafka another port");
        }
        int listenPort = port == 0 ? Loopback.freePort() : port;
        FileChannel lock = lock(dataDir);
        EmbeddedKafka kafka;
        try {
            format(dataDir);
            Properties settings = settings(dataDir, listenPort, Loopback.freePort());
            change.accept(settings);
            KafkaConfig config = new KafkaConfig(settings, false);
            kafka = new EmbeddedKafka(
                    dataDir, listenPort, reserveBytes, new KafkaRaftServer(config, Time.SYSTEM), lock);
        } catch (Exception e) {
            unlock(lock);
            throw startFailure(dataDir, reserveBytes, e);
        }
        kafka.startup();
        return kafka;
    }

    public int port() {
        return port;
    }

    public String bootstrapServers() {
        return Loopback.HOST + ":" + port;
    }

    /** Completed, with what to tell the operator, when the node can serve no more. Never completed by {@link #close}. */
    public CompletableFuture<TideraceException> failure() {
        return failure;
    }

    /** Stops the node; what was acknowledged is on disk. Returns after a few seconds even if a failed node does not stop. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        Thread stopper = new Thread(server::shutdown, "kafka-stop");
        stopper.setDaemon(true);
        stopper.start();
        try {
            stopper.join(CLOSE_MAX_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        RUNNING.remove(this);
        unlock(lock);
    }

    private void startup() {
        RUNNING.add(this);
        Exit.setHaltProcedure((status, message) -> EmbeddedKafka.halted(message));
        Exit.setExitProcedure((status, message) -> EmbeddedKafka.halted(message));
        try {
            server.startup();
        } catch (RuntimeException e) {
            close();
            throw startFailure(dataDir, reserveBytes, e);
        }
        if (failure.isDone()) {
            close();
            throw failure.join();
        }
        Thread watch = new Thread(this::watchDisk, "kafka-disk");
        watch.setDaemon(true);
        watch.start();
        log.atInfo()
                .addKeyValue("bootstrap.servers", bootstrapServers())
                .addKeyValue("dataDir", dataDir)
                .log("embedded Kafka serves");
    }

    private void watchDisk() {
        while (!closed.get() && !failure.isDone()) {
            if (freeBytes(dataDir) < reserveBytes) {
                failure.complete(diskFull(dataDir, reserveBytes));
            }
            try {
                Thread.sleep(DISK_CHECK_INTERVAL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Kafka asks for the end of the process without saying which node asks: all of this process have failed then. */
    private static void halted(String message) {
        for (EmbeddedKafka kafka : RUNNING) {
            if (!kafka.closed.get()) {
                kafka.failure.complete(kafka.haltReason(message));
            }
        }
        throw new IllegalStateException("Kafka asked for the end of the process: " + message);
    }

    private TideraceException haltReason(String message) {
        if (freeBytes(dataDir) < reserveBytes) {
            return diskFull(dataDir, reserveBytes);
        }
        return new RetriesExhaustedException(
                "TR-L105",
                "the embedded Kafka stopped because it could not go on writing to " + dataDir
                        + (message == null || message.isEmpty() ? "" : ": " + message),
                "look at the disk that holds " + dataDir
                        + " (df, dmesg), then start again: nothing acknowledged is lost");
    }

    private static void requireWritable(Path dataDir) {
        try {
            Files.createDirectories(dataDir);
            Files.delete(Files.createTempFile(dataDir, "writable", null));
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-L102",
                    "the data directory " + dataDir + " cannot be written: " + e,
                    "give this user write access to it, or choose another with --data-dir",
                    e);
        }
    }

    /** A lock of our own: Kafka finds out only after it has written to the other one's log. It ends with the process, however that ends. */
    private static FileChannel lock(Path dataDir) {
        try {
            FileChannel channel = FileChannel.open(
                    dataDir.resolve(".tiderace.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel)) {
                return channel;
            }
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new ConfigException(
                "TR-L103",
                "another embedded Kafka uses the data directory " + dataDir,
                "stop the other tiderace process, or choose another directory with --data-dir");
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // held in this very process
            return false;
        }
    }

    private static void unlock(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long freeBytes(Path dataDir) {
        long free = dataDir.toFile().getUsableSpace();
        return free == 0 && !Files.isDirectory(dataDir) ? Long.MAX_VALUE : free;
    }

    private static RetriesExhaustedException diskFull(Path dataDir, long reserveBytes) {
        return new RetriesExhaustedException(
                "TR-L104",
                "the disk under the embedded Kafka's data directory " + dataDir + " is full: less than "
                        + (reserveBytes >> 20) + " MiB are free",
                "make room on that disk (df -h " + dataDir + "), or move the directory to a larger one and name it with"
                        + " --data-dir, then start again: nothing acknowledged is lost");
    }

    private static TideraceException startFailure(Path dataDir, long reserveBytes, Exception e) {
        if (freeBytes(dataDir) < reserveBytes) {
            return diskFull(dataDir, reserveBytes);
        }
        return new ConfigException(
                "TR-L106",
                "the embedded Kafka does not start on " + dataDir + ": " + e,
                "if the directory comes from another program or version, choose another with --data-dir; else restore it from a copy",
                e);
    }

    private static void format(Path dataDir) throws Exception {
        PrintStream silence = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        new Formatter()
                .setPrintStream(silence)
                .setClusterId(clusterId(dataDir))
                .setNodeId(1)
                .setDirectories(List.of(dataDir.toString()))
                .setMetadataLogDirectory(dataDir.toString())
                .setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction())
                .setHasDynamicQuorum(false)
                .setIgnoreFormatted(true)
                .run();
    }

    private static String clusterId(Path dataDir) throws IOException {
        Path known = dataDir.resolve("meta.properties");
        if (!Files.exists(known)) {
            return Uuid.randomUuid().toString();
        }
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(known)) {
            properties.load(in);
        }
        return properties.getProperty("cluster.id", Uuid.randomUuid().toString());
    }

    private static Properties settings(Path dataDir, int port, int controllerPort) {
        Properties settings = new Properties();
        String[][] values = {
            {"process.roles", "broker,controller"},
            {"node.id", "1"},
            {"controller.quorum.voters", "1@" + Loopback.HOST + ":" + controllerPort},
            {
                "listeners",
                "PLAINTEXT://" + Loopback.HOST + ":" + port + ",CONTROLLER://" + Loopback.HOST + ":" + controllerPort
            },
            {"advertised.listeners", "PLAINTEXT://" + Loopback.HOST + ":" + port},
            {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
            {"controller.listener.names", "CONTROLLER"},
            {"inter.broker.listener.name", "PLAINTEXT"},
            {"log.dirs", dataDir.toString()},
            {"auto.create.topics.enable", "false"},
            {"num.partitions", "1"},
            {"default.replication.factor", "1"},
            {"min.insync.replicas", "1"},
            {"offsets.topic.num.partitions", "4"},
            {"offsets.topic.replication.factor", "1"},
            {"transaction.state.log.num.partitions", "4"},
            {"transaction.state.log.replication.factor", "1"},
            {"transaction.state.log.min.isr", "1"},
            // readers wait for the transactions of a process that was killed: end them as soon as their time is over
            {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"},
            // a transaction that follows the last one at once waits this long while the last one's markers are written
            {"add.partitions.to.txn.retry.backoff.ms", "1"},
            // only what capture is told to use for tables without a key
            {"transaction.max.timeout.ms", Integer.toString(7 * 24 * 3_600_000)},
            {"share.coordinator.state.topic.num.partitions", "1"},
            {"share.coordinator.state.topic.replication.factor", "1"},
            {"share.coordinator.state.topic.min.isr", "1"},
            {"group.initial.rebalance.delay.ms", "0"},
            // the default takes 128 MB of heap at start
            {"log.cleaner.dedupe.buffer.size", "2097152"},
            // small segments, so that retention frees the disk of a small machine soon
            {"log.segment.bytes", Integer.toString(128 << 20)},
            {"offsets.topic.segment.bytes", Integer.toString(16 << 20)},
            {"transaction.state.log.segment.bytes", Integer.toString(16 << 20)},
            {"metadata.log.segment.bytes", Integer.toString(16 << 20)},
            {"log.retention.check.interval.ms", "60000"},
            {"socket.request.max.bytes", Integer.toString(256 << 20)},
            // what the system allows, not 100 KiB: each time one is full costs two threads a turn
            {"socket.send.buffer.bytes", "-1"},
            {"socket.receive.buffer.bytes", "-1"},
            {"num.network.threads", "2"},
            {"num.io.threads", "4"},
            {"background.threads", "2"},
            {"log.cleaner.threads", "1"},
            // one node: nobody takes over, so a start after a crash need not wait for the last session to end
            {"broker.session.timeout.ms", "1000"},
            {"broker.heartbeat.interval.ms", "200"},
            {"controlled.shutdown.enable", "true"},
        };
        for (String[] value : values) {
            settings.setProperty(value[0], value[1]);
        }
        return settings;
    }
}
