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
