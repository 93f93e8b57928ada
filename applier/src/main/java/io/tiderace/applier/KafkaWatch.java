package io.tiderace.applier;

import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when Kafka has gone away while the applier runs: a consumer's poll is silent about it and just brings nothing. The group's heartbeats are
 * answered every second and a half, whatever the topics hold. Not thread-safe.
 */
final class KafkaWatch {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaWatch.class);
    private static final String HEARTBEAT = "last-heartbeat-seconds-ago";
    private static final long SILENT_SECONDS = 6;

    private final String servers;
    private @Nullable Metric heartbeat;
    private boolean isSilent;

    KafkaWatch(String servers) {
        this.servers = servers;
    }

    /** Why nothing comes, as a sentence; null while Kafka answers. Logs when it begins and when it ends. */
    @Nullable
    String look(KafkaConsumer<?, ?> consumer) {
        return look(secondsSilent(consumer));
    }

    /** @param seconds since the last heartbeat */
    @Nullable
    String look(long seconds) {
        boolean wasSilent = isSilent;
        isSilent = seconds > SILENT_SECONDS;
        if (isSilent && !wasSilent) {
            LOG.atWarn()
                    .addKeyValue("servers", servers)
                    .addKeyValue("seconds", seconds)
                    .log("Kafka does not answer; the applier waits and goes on by itself");
        } else if (wasSilent && !isSilent) {
            LOG.atInfo().addKeyValue("servers", servers).log("Kafka answers again");
        }
        return isSilent ? "Kafka at " + servers + " has not answered for " + seconds + " s" : null;
    }

    /** Since the last heartbeat sent; -1 before the first. */
    private long secondsSilent(KafkaConsumer<?, ?> consumer) {
        if (heartbeat == null) {
            for (Map.Entry<MetricName, ? extends Metric> metric :
                    consumer.metrics().entrySet()) {
                heartbeat = metric.getKey().name().equals(HEARTBEAT) ? metric.getValue() : heartbeat;
            }
        }
        Metric found = heartbeat;
        return found != null && found.metricValue() instanceof Number number ? number.longValue() : -1;
    }
}
