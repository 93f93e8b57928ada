package io.tiderace.cli;

import io.tiderace.cli.DataDirectory.Addresses;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where Kafka and registry are, for the commands that work on what is in them: configured, or those of a {@code tiderace run} on this machine. */
final class KafkaOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "tiderace.yaml with the addresses of Kafka and registry.")
    private @Nullable Path config;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Data directory of the 'tiderace run' that has them (default: tiderace-data).")
    private @Nullable Path dataDir;

    /** Null when it was not given. */
    @Nullable
    Path config() {
        return config;
    }

    /** Settings that were read from there, with the data directory of the command line. */
    ServiceConfig located(ServiceConfig service) {
        return ConfigOptions.located(service, dataDir);
    }

    /** Work that needs Kafka. */
    @FunctionalInterface
    interface Work<T> {
        T with(ServiceConfig config) throws InterruptedException;
    }

    /** Does the work with the Kafka that {@link #load} finds, or with the embedded one, started for as long, where no run has it running. */
    <T> T with(Work<T> work) throws InterruptedException {
        ServiceConfig service = ConfigOptions.service(config, dataDir);
        Addresses addresses = DataDirectory.addresses(service.dataDir());
        boolean isStopped = addresses != null && addresses.kafkaPort() > 0 && Loopback.isFree(addresses.kafkaPort());
        if (service.kafka().containsKey("bootstrap.servers") || !isStopped) {
            return work.with(load());
        }
        try (DataDirectory directory = DataDirectory.open(service.dataDir());
                EmbeddedServers servers = EmbeddedServers.start(directory, service)) {
            return work.with(servers.config());
        }
    }

    /** @throws ConfigException when neither the configuration nor the data directory names a Kafka */
    ServiceConfig load() {
        ServiceConfig service = ConfigOptions.service(config, dataDir);
        if (service.kafka().containsKey("bootstrap.servers")) {
            return service;
        }
        Addresses addresses = DataDirectory.addresses(service.dataDir());
        if (addresses == null || addresses.kafkaPort() == 0) {
            throw new ConfigException(
                    "TR-L013",
                    "no Kafka to look into: none is configured, and "
                            + service.dataDir().toAbsolutePath().normalize()
                            + " is not the data directory of a 'tiderace run'",
                    "give --data-dir DIR of the run, or --config tiderace.yaml with kafka: bootstrap.servers");
        }
        if (Loopback.isFree(addresses.kafkaPort())) {
            throw new ConfigException(
                    "TR-L014",
                    "the embedded Kafka of "
                            + service.dataDir().toAbsolutePath().normalize() + " is not running",
                    "start it with 'tiderace run' and the same --data-dir");
        }
        String registry = service.registry().get("schema.registry.url");
        return service.at(addresses.bootstrapServers(), registry == null ? addresses.registryUrl() : registry);
    }
}
