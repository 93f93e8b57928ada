package io.tiderace.config;

import java.util.Map;

/**
 * A topic of ours as it must be: one partition and these settings of Kafka's.
 *
 * @param exact settings whose value must be the one given
 * @param atLeast settings that may also be larger, -1 being the largest
 */
public record TopicSpec(String name, Map<String, String> exact, Map<String, Long> atLeast) {
    /** Order within a source is total, so every topic has one partition. */
    public static final int PARTITIONS = 1;

    private static final String FOR_EVER = "-1";

    public TopicSpec {
        exact = Map.copyOf(exact);
        atLeast = Map.copyOf(atLeast);
    }

    public static TopicSpec relay(ServiceConfig config, String sourceId) {
        return log(config.topics().relay(sourceId), config);
    }

    public static TopicSpec apply(ServiceConfig config, String task, String sourceId) {
        return log(config.topics().apply(task, sourceId), config);
    }

    public static TopicSpec decisions(ServiceConfig config, String task, String sourceId) {
        return log(config.topics().decisions(task, sourceId), config);
    }

    public static TopicSpec shardDdl(ServiceConfig config, String task) {
        return new TopicSpec(
                config.topics().shardDdl(task),
                Map.of("cleanup.policy", "compact,delete"),
                Map.of("retention.ms", config.relayRetentionMs()));
    }

    /** Changes that the target refused, and those behind them: nothing may be dropped before it is replayed or discarded, however long that takes. */
    public static TopicSpec quarantine(ServiceConfig config, String task) {
        return new TopicSpec(
                config.topics().quarantine(task),
                Map.of("cleanup.policy", "delete", "retention.ms", FOR_EVER, "retention.bytes", FOR_EVER),
                Map.of("max.message.bytes", (long) config.maxMessageBytes()));
    }

    /** Debezium reads it from its beginning at every start: nothing in it may ever be dropped. */
    public static TopicSpec schemaHistory(ServiceConfig config, String sourceId) {
        return new TopicSpec(
                config.topics().schemaHistory(sourceId),
                Map.of("cleanup.policy", "delete", "retention.ms", FOR_EVER, "retention.bytes", FOR_EVER),
                Map.of());
    }

    public static TopicSpec positions(ServiceConfig config) {
        return compacted(config.topics().positions());
    }

    /** What XA transactions changed that are prepared: nothing may be dropped before it is committed or rolled back, however long that takes. */
    public static TopicSpec prepared(ServiceConfig config, String sourceId) {
        return new TopicSpec(
                config.topics().prepared(sourceId),
                Map.of("cleanup.policy", "compact"),
                Map.of("max.message.bytes", (long) config.maxMessageBytes()));
    }

    public static TopicSpec topology(ServiceConfig config) {
        return compacted(config.topics().topology());
    }

    public static TopicSpec status(ServiceConfig config) {
        return compacted(config.topics().status());
    }

    /**
     * A log kept for a time. The time counts from when the broker wrote a record: with the record's own time, a source's changes of last
     * month would be deleted as soon as they are captured.
     */
    private static TopicSpec log(String name, ServiceConfig config) {
        return new TopicSpec(
                name,
                Map.of("cleanup.policy", "delete", "message.timestamp.type", "LogAppendTime"),
                Map.of("retention.ms", config.relayRetentionMs(), "retention.bytes", -1L, "max.message.bytes", (long)
                        config.maxMessageBytes()));
    }

    private static TopicSpec compacted(String name) {
        return new TopicSpec(name, Map.of("cleanup.policy", "compact"), Map.of());
    }

    /**
     * What a new topic gets: the settings above, and small segments where only the last record of a key counts. Time is the broker's: it refuses records
     * whose own time is more than an hour after it ({@code message.timestamp.after.max.ms}, KIP-937), and clocks differ.
     */
    Map<String, String> initialSettings() {
        Map<String, String> settings = new java.util.TreeMap<>();
        settings.put("message.timestamp.type", "LogAppendTime");
        settings.putAll(exact);
        atLeast.forEach((key, value) -> settings.put(key, String.valueOf(value)));
        if (String.valueOf(exact.get("cleanup.policy")).startsWith("compact")) {
            settings.put("segment.bytes", String.valueOf(16 << 20));
            settings.put("segment.ms", String.valueOf(10 * 60 * 1000));
            settings.put("min.cleanable.dirty.ratio", "0.1");
        }
        return settings;
    }
}
