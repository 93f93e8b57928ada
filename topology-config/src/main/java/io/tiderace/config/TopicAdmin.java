package io.tiderace.config;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/**
 * Creates our topics, gives those that exist room for larger records where they need it, and checks that they are otherwise as they must be. Blocks for at
 * most about {@link #PATIENCE} without Kafka.
 */
public final class TopicAdmin {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    /** More than the head of a produce request takes. */
    private static final long REQUEST_HEAD_BYTES = 1 << 20;

    private static final String RECORD_BYTES = "max.message.bytes";

    private static final long TOPIC_PAUSE_MS = 100;

    private final ServiceConfig config;
    private final Admin admin;

    private TopicAdmin(ServiceConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /**
     * Creates what is missing and checks the rest.
     *
     * @throws ConfigException when a topic is not as it must be, or Kafka refuses to create it or to let us in
     * @throws RetriesExhaustedException when Kafka does not answer
     */
    public static void ensure(ServiceConfig config, Collection<TopicSpec> topics) throws InterruptedException {
        ensure(config, topics, PATIENCE);
    }

    static void ensure(ServiceConfig config, Collection<TopicSpec> topics, Duration patience)
            throws InterruptedException {
        BootstrapServers.awaitReachable(config.bootstrapServers(), patience);
        Map<String, Object> properties = new HashMap<>(config.kafka());
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) patience.toMillis() / 3);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) patience.toMillis());
        properties.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
        try (Admin admin = Admin.create(properties)) {
            new TopicAdmin(config, admin).ensureSeen(topics, System.nanoTime() + patience.toNanos());
        } catch (KafkaException e) {
            throw failure(config, "connecting to Kafka", e);
        }
    }

    /** A topic that another process creates at this moment is not known to every broker at once: look again. */
    private void ensureSeen(Collection<TopicSpec> topics, long deadlineNanos) throws InterruptedException {
        while (true) {
            try {
                ensure(topics);
                return;
            } catch (UnknownTopicOrPartitionException e) {
                if (System.nanoTime() > deadlineNanos) {
                    throw e;
                }
                Thread.sleep(TOPIC_PAUSE_MS);
            }
        }
    }

    private void ensure(Collection<TopicSpec> topics) throws InterruptedException {
        checkRequestLimit(
                await("asking for the brokers", admin.describeCluster().nodes()), topics);
        Map<String, TopicSpec> byName = new TreeMap<>();
        topics.forEach(topic -> byName.put(topic.name(), topic));
        List<NewTopic> missing = new ArrayList<>();
        List<TopicSpec> existing = new ArrayList<>();
        for (var description :
                admin.describeTopics(byName.keySet()).topicNameValues().entrySet()) {
            TopicSpec topic = requireNonNull(byName.get(description.getKey()));
            try {
                checkPartitions(topic, await("describing topic " + topic.name(), description.getValue()));
                existing.add(topic);
            } catch (UnknownTopicOrPartitionException e) {
                missing.add(new NewTopic(topic.name(), Optional.of(TopicSpec.PARTITIONS), replicas())
                        .configs(topic.initialSettings()));
            }
        }
        checkSettings(existing);
        create(missing, byName);
    }

    /** A record that a topic may hold must also fit into a request, or it would fail only when it comes. */
    private void checkRequestLimit(Collection<Node> brokers, Collection<TopicSpec> topics) throws InterruptedException {
        long largest = topics.stream()
                .mapToLong(topic -> topic.atLeast().getOrDefault(RECORD_BYTES, 0L))
                .max()
                .orElse(0);
        for (Node broker : brokers) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker.idString());
            ConfigEntry limit = largest == 0 ? null : brokerSetting(resource, "socket.request.max.bytes");
            if (limit == null || limit.value() == null) {
                return;
            }
            if (Long.parseLong(limit.value()) < largest + REQUEST_HEAD_BYTES) {
                throw new ConfigException(
                        "TR-T017",
                        "broker " + broker.idString() + " takes requests of at most " + limit.value()
                                + " bytes (socket.request.max.bytes), max-message-bytes is " + largest,
                        "set max-message-bytes in tiderace.yaml to " + REQUEST_HEAD_BYTES
                                + " less than that, or raise socket.request.max.bytes of every broker");
            }
        }
    }

    /** Null where the cluster does not let its users see such settings. */
    private @Nullable ConfigEntry brokerSetting(ConfigResource broker, String name) throws InterruptedException {
        try {
            Map<ConfigResource, Config> found =
                    admin.describeConfigs(List.of(broker)).all().get();
            Config settings = found.get(broker);
            return settings == null ? null : settings.get(name);
        } catch (ExecutionException e) {
            return null;
        }
    }

    private Optional<Short> replicas() {
        return config.replicationFactor() < 0 ? Optional.empty() : Optional.of((short) config.replicationFactor());
    }

    private void create(List<NewTopic> missing, Map<String, TopicSpec> byName) throws InterruptedException {
        List<TopicSpec> createdByOthers = new ArrayList<>();
        for (var creation : admin.createTopics(missing).values().entrySet()) {
            try {
                await("creating topic " + creation.getKey(), creation.getValue());
            } catch (TopicExistsException e) {
                createdByOthers.add(requireNonNull(byName.get(creation.getKey())));
            }
        }
        checkSettings(createdByOthers);
    }

    private static void checkPartitions(TopicSpec topic, TopicDescription found) {
        if (found.partitions().size() != TopicSpec.PARTITIONS) {
            throw new ConfigException(
                    "TR-T012",
                    "topic " + topic.name() + " has " + found.partitions().size() + " partitions, wanted "
                            + TopicSpec.PARTITIONS + ": changes of a source have one order",
                    "partitions cannot be taken away: use another topic-prefix, or if nothing of value is in it delete it with"
                            + " `kafka-topics.sh --delete --topic " + topic.name() + "` and start again");
        }
    }

    private void checkSettings(List<TopicSpec> topics) throws InterruptedException {
        if (topics.isEmpty()) {
            return;
        }
        List<ConfigResource> resources = topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic.name()))
                .toList();
        Map<ConfigResource, Config> found =
                await("reading topic settings", admin.describeConfigs(resources).all());
        for (TopicSpec topic : topics) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
            Config settings = requireNonNull(found.get(resource));
            checkSettings(topic, settings, makeRoom(topic, resource, settings));
        }
    }

    /** A topic of ours may always take larger records; false when it does or the cluster refuses. */
    private boolean makeRoom(TopicSpec topic, ConfigResource resource, Config found) throws InterruptedException {
        Long wanted = topic.atLeast().get(RECORD_BYTES);
        ConfigEntry entry = found.get(RECORD_BYTES);
        if (wanted == null || entry == null || satisfies(topic, RECORD_BYTES, String.valueOf(entry.value()))) {
            return false;
        }
        AlterConfigOp larger =
                new AlterConfigOp(new ConfigEntry(RECORD_BYTES, wanted.toString()), AlterConfigOp.OpType.SET);
        try {
            admin.incrementalAlterConfigs(Map.of(resource, List.of(larger)))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException e) {
            return false; // the difference is told
        }
    }

    private void checkSettings(TopicSpec topic, Config found, boolean hasNewRoom) {
        Map<String, String> wanted = new TreeMap<>();
        List<String> differences = new ArrayList<>();
        topic.initialSettings().forEach((key, value) -> {
            ConfigEntry entry = found.get(key);
            String actual = entry == null || entry.value() == null ? "" : entry.value();
            if (!satisfies(topic, key, actual) && !(hasNewRoom && key.equals(RECORD_BYTES))) {
                wanted.put(key, value);
                differences.add(key + " is " + (actual.isEmpty() ? "not set" : actual) + ", wanted " + value);
            }
        });
        if (!differences.isEmpty()) {
            StringBuilder settings = new StringBuilder();
            wanted.forEach((key, value) -> settings.append(settings.isEmpty() ? "" : ",")
                    .append(key + "=")
                    .append(value.contains(",") ? "[" + value + "]" : value));
            throw new ConfigException(
                    "TR-T013",
                    "topic " + topic.name() + ": " + String.join("; ", differences),
                    "kafka-configs.sh --bootstrap-server " + config.bootstrapServers() + " --alter --entity-type topics"
                            + " --entity-name " + topic.name() + " --add-config '" + settings + "'");
        }
    }

    private static boolean satisfies(TopicSpec topic, String key, String actual) {
        String exact = topic.exact().get(key);
        if (exact != null) {
            return List.of(exact.split(",")).stream()
                    .sorted()
                    .toList()
                    .equals(List.of(actual.replace(" ", "").split(",")).stream()
                            .sorted()
                            .toList());
        }
        Long least = topic.atLeast().get(key);
        if (least == null) {
            return true;
        }
        return actual.equals("-1") || (least != -1 && !actual.isEmpty() && Long.parseLong(actual) >= least);
    }

    private <T> T await(String action, KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException exists) {
                throw exists;
            }
            if (e.getCause() instanceof UnknownTopicOrPartitionException unknown) {
                throw unknown;
            }
            throw failure(config, action, e.getCause());
        }
    }

    private static TideraceException failure(ServiceConfig config, String action, @Nullable Throwable thrown) {
        Exception cause = thrown instanceof Exception exception ? exception : new KafkaException(thrown);
        String at = action + " at " + config.bootstrapServers() + ": " + cause.getMessage();
        if (cause instanceof AuthenticationException) {
            return new ConfigException(
                    "TR-T015",
                    at,
                    "correct the security settings under kafka: in tiderace.yaml (security.protocol, sasl.*, ssl.*)",
                    cause);
        }
        if (cause instanceof AuthorizationException) {
            return new ConfigException(
                    "TR-T015",
                    at,
                    "allow this user to create, describe, read and write topics with the prefix "
                            + config.topicPrefix(),
                    cause);
        }
        if (cause instanceof RetriableException) {
            return BootstrapServers.unreachable(config.bootstrapServers(), at, cause);
        }
        return new ConfigException(
                "TR-T014",
                at,
                "let the cluster take these settings, or change replication-factor, relay-retention or max-message-bytes in tiderace.yaml",
                cause);
    }
}
