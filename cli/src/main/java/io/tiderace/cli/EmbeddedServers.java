package io.tiderace.cli;

import io.tiderace.cli.DataDirectory.Addresses;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.TideraceException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Kafka and the registry of {@code tiderace run}: embedded, as far as the configuration does not name others. */
final class EmbeddedServers implements AutoCloseable {
    private final ServiceConfig config;
    private final @Nullable EmbeddedKafka kafka;
    private final @Nullable EmbeddedRegistry registry;

    private EmbeddedServers(ServiceConfig config, @Nullable EmbeddedKafka kafka, @Nullable EmbeddedRegistry registry) {
        this.config = config;
        this.kafka = kafka;
        this.registry = registry;
    }

    /** Starts what is not configured, on the ports it had before where they are free. */
    static EmbeddedServers start(DataDirectory directory, ServiceConfig config) {
        return start(directory, config, List.of());
    }

    /** @param groups in which nobody is to wait for members that an embedded Kafka remembers: see {@link FormerMembers} */
    static EmbeddedServers start(DataDirectory directory, ServiceConfig config, List<String> groups) {
        boolean hasKafka = config.kafka().containsKey("bootstrap.servers");
        boolean hasRegistry = config.registry().containsKey("schema.registry.url");
        Addresses before = directory.addresses();
        EmbeddedKafka kafka = hasKafka ? null : EmbeddedKafka.start(directory.kafka(), free(before.kafkaPort()));
        String bootstrapServers = kafka == null ? config.bootstrapServers() : kafka.bootstrapServers();
        EmbeddedRegistry registry = null;
        try {
            CompletableFuture<Void> removal = kafka == null || groups.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : CompletableFuture.runAsync(() -> FormerMembers.remove(bootstrapServers, groups));
            if (!hasRegistry) {
                registry = EmbeddedRegistry.start(bootstrapServers, free(before.registryPort()));
            }
            String url = registry == null ? config.registryUrl() : registry.url();
            directory.remember(new Addresses(
                    kafka == null ? 0 : kafka.port(),
                    registry == null ? 0 : URI.create(url).getPort()));
            removal.join();
            return new EmbeddedServers(config.at(bootstrapServers, url), kafka, registry);
        } catch (TideraceException e) {
            new EmbeddedServers(config, kafka, registry).close();
            throw e;
        }
    }

    private static int free(int port) {
        return port != 0 && Loopback.isFree(port) ? port : 0;
    }

    /** The configuration with the addresses of these servers. */
    ServiceConfig config() {
        return config;
    }

    /** Calls the listener when the embedded Kafka can serve no more. */
    void onFailure(Consumer<Throwable> listener) {
        if (kafka != null) {
            var unused = kafka.failure().thenAccept(listener);
        }
    }

    @Override
    public void close() {
        if (registry != null) {
            registry.close();
        }
        if (kafka != null) {
            kafka.close();
        }
    }
}
