package io.tiderace.router;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks Kafka now and then whether it is there: Streams itself would wait for ever. Never blocks. */
final class KafkaWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaWatch.class);
    private static final int ANSWER_MS = 5_000;
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();
    private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();

    private final Admin admin;
    private @Nullable KafkaFuture<?> asked;
    private long askedAtNanos;
    private long answeredAtNanos = System.nanoTime();
    private int attempts;

    KafkaWatch(Map<String, String> kafka) {
        Map<String, Object> settings = new HashMap<>(kafka);
        settings.put("request.timeout.ms", ANSWER_MS);
        settings.put("default.api.timeout.ms", ANSWER_MS);
        settings.put("reconnect.backoff.max.ms", 5_000);
        settings.put("enable.metrics.push", false);
        admin = Admin.create(settings);
    }

    /** Why Kafka has to be given up, if it has. To be called about once a second. */
    Optional<Throwable> failure() throws InterruptedException {
        long now = System.nanoTime();
        KafkaFuture<?> question = asked;
        if (question == null) {
            if (now - askedAtNanos > PAUSE_NANOS) {
                askedAtNanos = now;
                asked = admin.describeCluster(new DescribeClusterOptions().timeoutMs(ANSWER_MS))
                        .nodes();
            }
            return Optional.empty();
        }
        if (!question.isDone()) {
            return Optional.empty();
        }
        asked = null;
        try {
            question.get();
            answeredAtNanos = now;
            attempts = 0;
            return Optional.empty();
        } catch (ExecutionException e) {
            attempts++;
            LOG.atWarn().addKeyValue("attempt", attempts).log("Kafka does not answer, waiting for it");
            return now - answeredAtNanos > PATIENCE_NANOS ? Optional.ofNullable(e.getCause()) : Optional.empty();
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
