package io.tiderace.applier;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** How the applier reads from Kafka. */
final class ConsumerSettings {
    private ConsumerSettings() {}

    static Map<String, Object> of(ServiceConfig config, TaskConfig task) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.topics().applierGroup(task.name()));
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "applier-" + config.instance());
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        // a killed process's sources move on within 15 s: 8 s until it is missed, then the claim
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 1_500);
        // the client waits as long for the answer to a request to join, which may be lost with its connection; a
        // process
        // that cannot claim its source at the target for longer leaves it to another
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, 90_000);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
        return settings;
    }

    /** Kafka's own retries are used up, or it refuses. */
    static TideraceException failure(ServiceConfig config, KafkaException e) {
        String problem = "reading from Kafka at " + config.bootstrapServers() + ": " + reason(e);
        if (e instanceof AuthenticationException || e instanceof AuthorizationException) {
            return new ConfigException(
                    "TR-A041",
                    problem,
                    "correct the security settings in tiderace.yaml, or let the account read the apply topics and its group",
                    e);
        }
        return new RetriesExhaustedException(
                "TR-A040", problem, "see that Kafka runs, then start again: it goes on where it stopped", e);
    }

    /** Some of Kafka's errors say nothing but what they are. */
    private static String reason(KafkaException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
