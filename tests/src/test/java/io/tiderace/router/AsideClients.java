package io.tiderace.router;

import io.tiderace.config.ServiceConfig;
import java.nio.file.Path;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.streams.StreamsConfig;

/** The clients with which a router's Streams asks what it needs to know before a source can go on, for a test that asks it, too. */
public final class AsideClients {
    private static final String NAME = "router";

    private final StreamsConfig settings;
    private final SteadyClients clients = new SteadyClients(NAME, NAME);

    public AsideClients(ServiceConfig config, Path folder) {
        settings = new StreamsConfig(StreamsSettings.of(config, NAME, 1, folder, NAME));
    }

    public Admin admin() {
        return clients.getAdmin(settings.getAdminConfigs(NAME));
    }

    public Consumer<byte[], byte[]> restoreConsumer() {
        return clients.getRestoreConsumer(settings.getRestoreConsumerConfigs(NAME));
    }
}
