package io.tiderace.cli;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the reports of this process's services, keeps the latest of each, and writes them to the status topic from a thread of its own.
 * Thread-safe. Reports are dropped rather than waited for: a service must never stop because nobody can be told how it is.
 */
final class StatusPublisher implements StatusReport.Sink, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StatusPublisher.class);
    private static final int QUEUE_MAX = 1_000;
    private static final int CLOSE_MAX_MS = 2_000;
    /** Then the producer gives up what Kafka has not taken, so that nobody has to interrupt it, of which it would log an error. */
    private static final int SEND_MAX_MS = 1_700;
    /** A send may wait for so long, the last one too. */
    private static final int BLOCK_MAX_MS = 1_000;

    private final ServiceConfig config;
    private final Map<String, StatusReport> latest = new ConcurrentHashMap<>();
    private final List<Consumer<StatusReport>> listeners = new CopyOnWriteArrayList<>();
    private final BlockingQueue<StatusReport> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
    private final Thread thread = new Thread(this::loop, "status");
    private volatile boolean closed;
    /** Once closed, until when reports may still be sent; by {@code System.nanoTime()}. */
    private volatile long sendUntil = System.nanoTime();

    private StatusPublisher(ServiceConfig config) {
        this.config = config;
    }

    static StatusPublisher start(ServiceConfig config) {
        StatusPublisher publisher = new StatusPublisher(config);
        publisher.thread.setDaemon(true);
        publisher.thread.start();
        return publisher;
    }

    @Override
    public void report(StatusReport report) {
        latest.put(StatusJson.key(report), report);
        listeners.forEach(listener -> listener.accept(report));
        if (!queue.offer(report)) {
            log.atDebug().addKeyValue("stage", report.stage()).log("status report dropped: the queue is full");
        }
    }

    Collection<StatusReport> latest() {
        return List.copyOf(latest.values());
    }

    /** The listener is called with every report, on the thread of the service that gives it. */
    void listen(Consumer<StatusReport> listener) {
        listeners.add(listener);
    }

    /** Says of every source of a stage that an error stopped it. */
    void failed(String stage, TideraceException error) {
        for (StatusReport report : latest()) {
            if (report.stage().equals(stage) && !report.phase().equals("finished")) {
                report(ended(report, "failed", error.code() + ": " + error.problem() + "\n  fix: " + error.cure()));
            }
        }
    }

    private static StatusReport ended(StatusReport report, String phase, String error) {
        return new StatusReport(
                report.stage(),
                report.sourceId(),
                report.task(),
                report.instance(),
                phase,
                null,
                report.rows(),
                0,
                report.txn(),
                report.lagMs(),
                report.position(),
                report.copy(),
                error,
                report.figures(),
                System.currentTimeMillis());
    }

    private void loop() {
        String topic = config.topics().status();
        try {
            TopicAdmin.ensure(config, List.of(TopicSpec.status(config)));
            publish(topic);
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt(); // closing took too long: the last reports are lost
        } catch (TideraceException | KafkaException e) {
            log.atWarn().addKeyValue("topic", topic).log("status is not published: {}", e.getMessage());
        }
    }

    private void publish(String topic) throws InterruptedException {
        KafkaProducer<String, byte[]> producer = producer();
        try {
            while (!closed || (!queue.isEmpty() && millisLeft() > BLOCK_MAX_MS)) {
                StatusReport report = queue.poll(200, TimeUnit.MILLISECONDS);
                if (report != null) {
                    byte[] json = StatusJson.write(report).toString().getBytes(StandardCharsets.UTF_8);
                    var unused = producer.send(
                            new ProducerRecord<>(topic, StatusJson.key(report), json), StatusPublisher::sent);
                }
            }
        } finally {
            boolean isInterrupted = Thread.interrupted();
            producer.close(Duration.ofMillis(Math.max(0, millisLeft())));
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private long millisLeft() {
        return TimeUnit.NANOSECONDS.toMillis(sendUntil - System.nanoTime());
    }

    private static void sent(Object metadata, Exception failure) {
        if (failure != null) {
            log.atDebug().log("status report lost: {}", failure.getMessage());
        }
    }

    private KafkaProducer<String, byte[]> producer() {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("client.id", "tiderace.status." + config.instance());
        settings.put("max.block.ms", Integer.toString(BLOCK_MAX_MS));
        settings.put("delivery.timeout.ms", "5000");
        settings.put("request.timeout.ms", "4000");
        settings.put("linger.ms", "50");
        settings.put("buffer.memory", "1048576");
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    /** Writes what is queued, within two seconds. */
    @Override
    public void close() {
        sendUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SEND_MAX_MS);
        closed = true;
        try {
            thread.join(CLOSE_MAX_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
