package io.tiderace.cli;

import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads one of our topics from a place on. */
final class TopicTail {
    private static final int LAST_RECORDS = 10;

    private final ServiceConfig config;
    private final String topic;
    private final Start start;
    private final @Nullable String table;
    private final long limit;
    private final boolean isFollowing;

    TopicTail(
            ServiceConfig config, String topic, Start start, @Nullable String table, long limit, boolean isFollowing) {
        this.config = config;
        this.topic = topic;
        this.start = start;
        this.table = table;
        this.limit = limit;
        this.isFollowing = isFollowing;
    }

    /** Where to begin: exactly one is given, or nothing for the last few records. */
    record Start(
            @Nullable Long offset,
            @Nullable Instant time,
            @Nullable SourcePosition position) {
        /** @throws ConfigException when it is none of the four forms */
        static Start parse(@Nullable String text) {
            if (text == null) {
                return new Start(null, null, null);
            }
            if (text.matches("\\d{1,18}")) {
                return new Start(Long.valueOf(text), null, null);
            }
            if (text.matches("[^:/]+\\.\\d+:\\d{1,18}")) {
                int colon = text.lastIndexOf(':');
                return new Start(
                        null,
                        null,
                        new SourcePosition(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)), null));
            }
            try {
                return new Start(null, Instant.parse(text), null);
            } catch (DateTimeParseException notATime) {
                return gtid(text);
            }
        }

        private static Start gtid(String text) {
            try {
                return new Start(
                        null,
                        null,
                        new SourcePosition("", 0, GtidSet.parse(text).toString()));
            } catch (IllegalArgumentException e) {
                throw new ConfigException(
                        "TR-L002",
                        "--from " + text + " is no offset, time, binlog position or GTID",
                        "write it as 1234, 2026-01-31T12:00:00Z, mysql-bin.000003:1234 or 3e11fa47-71ca-11e1-9e33-c80aa9429562:23",
                        e);
            }
        }

        boolean isLast() {
            return offset == null && time == null && position == null;
        }
    }

    /** Calls the printer with each record until it says false, the limit is reached, or the topic ends. */
    void read(Predicate<TailRecord> printer) throws InterruptedException {
        Kafka.requireReachable(config);
        try (Consumer<byte[], byte[]> consumer = Kafka.reader(config)) {
            TopicPartition partition = new TopicPartition(existing(consumer), 0);
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            seek(consumer, partition, end);
            RecordCodec codec = new RecordCodec(new RegistryClient(config.registry()), partition.topic());
            long printed = 0;
            boolean isReached = start.position() == null;
            while (printed < limit && (isFollowing || consumer.position(partition) < end)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    TailRecord decoded = TailRecord.of(record, codec);
                    isReached = isReached || isAt(decoded.event());
                    if (!isReached || !decoded.concerns(table)) {
                        continue;
                    }
                    if (!printer.test(decoded) || ++printed >= limit) {
                        return;
                    }
                }
            }
        }
    }

    /** The name as given if there is such a topic, else with the prefix. */
    private String existing(Consumer<byte[], byte[]> consumer) {
        Set<String> topics = consumer.listTopics(Duration.ofSeconds(10)).keySet();
        for (String name : List.of(topic, config.topicPrefix() + topic)) {
            if (topics.contains(name)) {
                return name;
            }
        }
        Set<String> ours = new TreeSet<>(topics);
        ours.removeIf(name -> !name.startsWith(config.topicPrefix()));
        throw new ConfigException(
                "TR-L003", "there is no topic " + topic + " at " + config.bootstrapServers(), "name one of " + ours);
    }

    private void seek(Consumer<byte[], byte[]> consumer, TopicPartition partition, long end) {
        long begin = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
        if (start.offset() != null) {
            consumer.seek(partition, Math.max(begin, start.offset()));
        } else if (start.time() != null) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(
                            Map.of(partition, start.time().toEpochMilli()))
                    .get(partition);
            consumer.seek(partition, found == null ? end : found.offset());
        } else {
            consumer.seek(partition, start.isLast() ? Math.max(begin, end - LAST_RECORDS) : begin);
        }
    }

    /** True for the first record that lies at or behind the wanted position. */
    private boolean isAt(@Nullable ChangeEvent event) {
        SourcePosition wanted = start.position();
        if (wanted == null || event == null) {
            return wanted == null;
        }
        SourcePosition at = TailRecord.position(event);
        if (at == null) {
            return false;
        }
        String gtids = wanted.gtidSet();
        if (gtids == null) {
            return !at.file().isEmpty() && new SourcePosition(at.file(), at.pos(), null).covers(wanted);
        }
        String own = at.gtidSet();
        return own != null && !own.isEmpty() && GtidSet.parse(gtids).contains(GtidSet.parse(own));
    }
}
