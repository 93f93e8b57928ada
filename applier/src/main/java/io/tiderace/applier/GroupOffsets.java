package io.tiderace.applier;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** The offsets of the applier's consumer group, for the tools that show its lag; resuming goes by the checkpoint in the target. */
final class GroupOffsets {
    private GroupOffsets() {}

    /**
     * Sends them without waiting; whether Kafka takes them does not matter. Who wakes the consumer here, where it looks for its coordinator, is heard
     * in the next poll.
     */
    static void note(Consumer<?, ?> records, Map<TopicPartition, Long> offsets) {
        Map<TopicPartition, OffsetAndMetadata> noted = new HashMap<>();
        offsets.forEach((partition, offset) -> noted.put(partition, new OffsetAndMetadata(offset)));
        try {
            records.commitAsync(noted, (done, problem) -> {});
        } catch (WakeupException woken) {
            records.wakeup();
        }
    }
}
