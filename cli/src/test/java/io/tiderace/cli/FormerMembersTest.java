package io.tiderace.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whoever died with an embedded Kafka holds up nobody in his place. Method: a member that goes without a word, a new node on the same data, and a
 * new member long before the session of the first is over.
 */
class FormerMembersTest {
    private static final int SESSION_MS = 45_000;

    @TempDir
    Path folder;

    @Test
    void aMemberThatDiedWithItsKafkaIsNotWaitedFor() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0);
                Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("t", Optional.of(1), Optional.empty())))
                    .all()
                    .get();
            KafkaConsumer<byte[], byte[]> member = member(kafka);
            awaitAssignment(member);
            member.close(CloseOptions.groupMembershipOperation(GroupMembershipOperation.REMAIN_IN_GROUP));
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0)) {
            FormerMembers.remove(kafka.bootstrapServers(), List.of("g", "never used"));
            long begin = System.nanoTime();
            try (KafkaConsumer<byte[], byte[]> member = member(kafka)) {
                awaitAssignment(member);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(SESSION_MS / 3));
        }
    }

    private static KafkaConsumer<byte[], byte[]> member(EmbeddedKafka kafka) {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "group.id",
                        "g",
                        "session.timeout.ms",
                        SESSION_MS),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.subscribe(List.of("t"));
        return consumer;
    }

    private static void awaitAssignment(KafkaConsumer<byte[], byte[]> member) {
        long deadline = System.nanoTime() + Duration.ofMillis(2 * SESSION_MS).toNanos();
        while (member.assignment().isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            member.poll(Duration.ofMillis(100));
        }
    }
}
