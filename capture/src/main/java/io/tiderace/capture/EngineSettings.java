package io.tiderace.capture;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;

/** Debezium's settings for one run of one source. Its own retries and its client's are off: a run that fails is started anew as a whole. */
final class EngineSettings {
    private static final String HISTORY = "schema.history.internal.";

    private EngineSettings() {}

    static Properties of(ServiceConfig config, SourceConfig source, CaptureRun run, TlsFiles tls) {
        String relay = config.topics().relay(source.sourceId());
        Properties settings = new Properties();
        settings.put("name", "capture-" + source.sourceId());
        settings.put("connector.class", CaptureConnector.class.getName());
        settings.put(CaptureRun.KEY, run.id());
        settings.put("topic.prefix", relay);
        settings.put("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        settings.put("offset.flush.interval.ms", "3600000");
        settings.put("record.processing.threads", "1");
        settings.put("task.management.timeout.ms", "60000");
        settings.put("database.hostname", source.from().urlHost());
        settings.put("database.port", Integer.toString(source.from().port()));
        settings.put("database.user", source.from().user());
        settings.put("database.password", source.from().password().value());
        settings.put("database.server.id", Long.toString(serverId(source)));
        settings.put("driver.allowPublicKeyRetrieval", "true");
        settings.put("snapshot.mode", "initial");
        settings.put("include.schema.changes", "false");
        settings.put("skipped.operations", "none");
        settings.put("tombstones.on.delete", "false");
        settings.put("errors.max.retries", "0");
        settings.put("poll.interval.ms", "100");
        settings.put("connect.keep.alive", "false");
        // the server's heartbeat is 0.8 of it
        settings.put("connect.keep.alive.interval.ms", Long.toString(SourceSilence.HEARTBEAT_MS * 10 / 8));
        settings.put("connect.timeout.ms", "15000");
        tls.addToDebezium(settings);
        history(settings, config, source);
        settings.put(CaptureHistory.RUN, run.id());
        return settings;
    }

    private static void history(Properties settings, ServiceConfig config, SourceConfig source) {
        settings.put("schema.history.internal", CaptureHistory.class.getName());
        settings.put(HISTORY + "kafka.topic", config.topics().schemaHistory(source.sourceId()));
        settings.put(HISTORY + "kafka.bootstrap.servers", config.bootstrapServers());
        settings.put(HISTORY + "kafka.query.timeout.ms", "15000");
        settings.put(HISTORY + "producer.acks", "all");
        settings.put(HISTORY + "producer.max.request.size", Integer.toString(8 << 20));
        settings.put(HISTORY + "producer.buffer.memory", Integer.toString(16 << 20));
        config.kafka().forEach((key, value) -> {
            settings.put(HISTORY + "producer." + key, value);
            settings.put(HISTORY + "consumer." + key, value);
        });
    }

    /** Replica ids must be unique in the replication group; DM takes a random one, too. */
    private static long serverId(SourceConfig source) {
        return source.serverId() != 0
                ? source.serverId()
                : ThreadLocalRandom.current().nextLong(1L << 30, (1L << 32) - 1);
    }
}
