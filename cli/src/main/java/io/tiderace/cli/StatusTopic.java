package io.tiderace.cli;

import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.StatusReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Reads the status topic. */
final class StatusTopic {
    /** What a dead process said last stays in the topic; after a day it is of no use to anybody. */
    private static final long FORGET_AFTER_MS = 24 * 60 * 60 * 1000L;

    private StatusTopic() {}

    /** The latest report of every stage and source, of these tasks and of capture; no names: of all tasks. */
    static Collection<StatusReport> latest(ServiceConfig config, List<String> tasks) throws InterruptedException {
        Kafka.requireReachable(config);
        Map<String, StatusReport> reports = new TreeMap<>();
        String topic = config.topics().status();
        try (Consumer<byte[], byte[]> consumer = Kafka.reader(config)) {
            List<PartitionInfo> partitions =
                    consumer.listTopics(Duration.ofSeconds(10)).get(topic);
            if (partitions == null) {
                return List.of();
            }
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    keep(record, reports);
                }
            }
        }
        return relevant(reports.values(), tasks, System.currentTimeMillis());
    }

    private static void keep(ConsumerRecord<byte[], byte[]> record, Map<String, StatusReport> reports) {
        String key = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            reports.remove(key);
            return;
        }
        try {
            reports.put(key, StatusJson.read(record.value()));
        } catch (IOException e) {
            reports.remove(key); // somebody else's record
        }
    }

    /** Without what other processes said about the same before they ended or died: of each stage, source and task the newest. */
    static Collection<StatusReport> relevant(Collection<StatusReport> all, List<String> tasks, long nowMs) {
        Map<String, StatusReport> newest = new TreeMap<>();
        List<StatusReport> wanted = new ArrayList<>();
        for (StatusReport report : all) {
            boolean isOfTask = tasks.isEmpty() || report.task() == null || tasks.contains(report.task());
            if (isOfTask && nowMs - report.updatedAtMs() < FORGET_AFTER_MS) {
                wanted.add(report);
            }
        }
        for (StatusReport report : wanted) {
            newest.merge(
                    report.stage() + "/" + report.sourceId() + "/" + report.task(),
                    report,
                    (a, b) -> a.updatedAtMs() >= b.updatedAtMs() ? a : b);
        }
        return newest.values();
    }
}
