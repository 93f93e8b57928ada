package io.tiderace.config;

import java.nio.file.Path;
import java.util.Map;

/**
 * Our own settings: tiderace.yaml, each overridable by an environment variable.
 *
 * @param topicPrefix before every topic's name, {@code tiderace.} by default
 * @param kafka client properties for every Kafka client: {@code bootstrap.servers} and security from an allow-list
 * @param registry Confluent's client keys: {@code schema.registry.url}, {@code basic.auth.credentials.source}, …
 * @param replicationFactor of topics that we create; -1 for the broker's default
 * @param relayRetentionMs of relay, apply and decision topics
 * @param instance name of this process in reports
 * @param dataDir for the embedded Kafka and for Streams' state
 */
public record ServiceConfig(
        String topicPrefix,
        Map<String, String> kafka,
        Map<String, String> registry,
        int replicationFactor,
        long relayRetentionMs,
        String instance,
        Path dataDir) {
    public ServiceConfig {
        kafka = Map.copyOf(kafka);
        registry = Map.copyOf(registry);
    }
}
