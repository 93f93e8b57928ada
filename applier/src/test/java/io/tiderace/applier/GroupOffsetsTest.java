package io.tiderace.applier;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: what is only for show never ends the applier. Method: a consumer whose Kafka is gone. */
class GroupOffsetsTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    /** With no coordinator known, {@code commitAsync} looks for one, and there the consumer is woken. */
    @Test
    void whoIsWokenWhileKafkaIsAwayHearsItInTheNextPoll() throws IOException {
        try (KafkaConsumer<byte[], byte[]> consumer = withoutKafka()) {
            consumer.wakeup();
            GroupOffsets.note(consumer, Map.of(PARTITION, 7L));
            consumer.assign(Set.of(PARTITION));
            assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(1))).isInstanceOf(WakeupException.class);
        }
    }

    private static KafkaConsumer<byte[], byte[]> withoutKafka() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new KafkaConsumer<>(
                    Map.of("bootstrap.servers", "127.0.0.1:" + socket.getLocalPort(), "group.id", "g"),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
        }
    }
}
