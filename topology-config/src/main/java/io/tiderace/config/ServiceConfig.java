package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Our own settings: tiderace.yaml, each overridable by an environment variable.
 *
 * @param topicPrefix before every topic's name, {@code tiderace.} by default
 * @param kafka client properties for every Kafka client: {@code bootstrap.servers} and security from an allow-list
 * @param registry Confluent's client keys: {@code schema.registry.url}, {@code basic.auth.credentials.source}, …
 * @param replicationFactor of topics that we create; -1 for the broker's default
 * @param relayRetentionMs of relay, apply and decision topics; -1 for ever
 * @param maxMessageBytes largest record batch of relay and apply topics, also {@code max.request.size} of who writes them
 * @param instance name of this process in reports
 * @param dataDir for the embedded Kafka and for Streams' state
 * @param copy when the first copy has to wait
 */
public record ServiceConfig(
        String topicPrefix,
        Map<String, String> kafka,
        Map<String, String> registry,
        int replicationFactor,
        long relayRetentionMs,
        int maxMessageBytes,
        String instance,
        Path dataDir,
        CopyLimits copy) {
    /** Fits into the 100 MiB that a broker accepts as one request unless told otherwise. */
    public static final int DEFAULT_MAX_MESSAGE_BYTES = 96 << 20;

    private static final String REQUEST_TIMEOUT = "request.timeout.ms";

    public static final long DEFAULT_RELAY_RETENTION_MS = 7L * 24 * 60 * 60 * 1000;

    /**
     * Kafka's own default is 30 s. A consumer's request is answered within half a second where there is nothing to read, and every client asks again on a new
     * connection without harm, so that all there is to wait for is a broker under load, and the largest record on a slow line.
     */
    static final int DEFAULT_REQUEST_TIMEOUT_MS = 12_000;

    /**
     * A connection over which nothing has passed for so long beyond a request's time has nothing to wait for but a request to join a group, which is
     * asked again without harm. Kafka's own default is 9 minutes: a client kept the connections of its start, and one that had died there unheard was
     * found by the request that was to go on after another one's death, and had its time to wait for once more.
     */
    private static final int IDLE_BEYOND_REQUEST_MS = 3_000;

    public ServiceConfig {
        String requestMs = kafka.getOrDefault(REQUEST_TIMEOUT, Integer.toString(DEFAULT_REQUEST_TIMEOUT_MS));
        Map<String, String> clients = new HashMap<>(kafka);
        clients.put(REQUEST_TIMEOUT, requestMs);
        clients.put("connections.max.idle.ms", Integer.toString(Integer.parseInt(requestMs) + IDLE_BEYOND_REQUEST_MS));
        kafka = Map.copyOf(clients);
        registry = Map.copyOf(registry);
    }

    public Topics topics() {
        return new Topics(topicPrefix);
    }

    /**
     * Where Kafka is, for messages.
     *
     * @throws ConfigException when no address was given
     */
    public String bootstrapServers() {
        return required(kafka, "bootstrap.servers", "kafka", "TIDERACE_KAFKA_BOOTSTRAP_SERVERS");
    }

    /**
     * Where the schema registry is, for messages: without the credentials that the address may hold.
     *
     * @throws ConfigException when no address was given
     */
    public String registryUrl() {
        return withoutCredentials(
                required(registry, "schema.registry.url", "schema-registry", "TIDERACE_SCHEMA_REGISTRY_URL"));
    }

    private static String withoutCredentials(String url) {
        return url.replaceAll("//[^@/,]*@", "//***@");
    }

    private static String required(Map<String, String> settings, String key, String section, String variable) {
        String value = settings.get(key);
        if (value == null || value.isBlank()) {
            throw new ConfigException(
                    "TR-T004",
                    "tiderace.yaml: " + section + "." + key + " is not set",
                    "set it in tiderace.yaml (--config), or set the environment variable " + variable
                            + "; only `tiderace run` brings a Kafka and a registry of its own");
        }
        return value;
    }

    /** These settings with Kafka and registry at other addresses, everything else kept: for embedded ones. */
    public ServiceConfig at(String bootstrapServers, String registryUrl) {
        Map<String, String> otherKafka = new HashMap<>(kafka);
        otherKafka.put("bootstrap.servers", bootstrapServers);
        Map<String, String> otherRegistry = new HashMap<>(registry);
        otherRegistry.put("schema.registry.url", registryUrl);
        return new ServiceConfig(
                topicPrefix,
                otherKafka,
                otherRegistry,
                replicationFactor,
                relayRetentionMs,
                maxMessageBytes,
                instance,
                dataDir,
                copy);
    }

    public ServiceConfig withDataDir(Path otherDataDir) {
        return new ServiceConfig(
                topicPrefix,
                kafka,
                registry,
                replicationFactor,
                relayRetentionMs,
                maxMessageBytes,
                instance,
                otherDataDir,
                copy);
    }

    /** For the log: secrets are {@code ***}. */
    @Override
    public String toString() {
        return "topic-prefix=" + topicPrefix + ", kafka=" + masked(kafka) + ", schema-registry=" + masked(registry)
                + ", replication-factor=" + replicationFactor + ", relay-retention-ms=" + relayRetentionMs
                + ", max-message-bytes=" + maxMessageBytes + ", instance=" + instance + ", data-dir=" + dataDir
                + ", copy=" + copy;
    }

    private static Map<String, String> masked(Map<String, String> settings) {
        Map<String, String> shown = new TreeMap<>();
        settings.forEach((key, value) -> shown.put(key, ServiceKeys.isSecret(key) ? "***" : withoutCredentials(value)));
        return shown;
    }
}
