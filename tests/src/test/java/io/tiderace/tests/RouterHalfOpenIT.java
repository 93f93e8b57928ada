package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.router.AsideClients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a router that is given a source does not wait long for answers over connections that died without a word while nobody used them. Method: the
 * clients that its Streams has for this, behind a proxy that lets nothing pass any more in the connections that are open, are asked until they answer.
 */
class RouterHalfOpenIT {
    /** Two connections may have died, that to the broker and that of the start, and each is given five seconds. */
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final TopicPartition PARTITION = new TopicPartition("changelog", 0);

    @TempDir
    Path folder;

    @Test
    void whatStreamsAsksBeforeASourceGoesOnIsAnsweredSoonAfterItsConnectionsDied() throws Exception {
        FaultKafka kafka = new FaultKafka(folder.resolve("log"), Files.createDirectory(folder.resolve("kafka")), null);
        try (FaultProxy proxy = kafka.proxy()) {
            kafka.start();
            ServiceConfig config = RouterProcess.config(
                    "127.0.0.1:" + proxy.port(), "http://127.0.0.1:" + kafka.registryPort(), folder);
            AsideClients clients = new AsideClients(config, folder);
            try (Admin admin = clients.admin();
                    Consumer<byte[], byte[]> restore = clients.restoreConsumer()) {
                Callable<?> end = () -> admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest()))
                        .all()
                        .get();
                Callable<?> begin = () -> restore.beginningOffsets(Set.of(PARTITION));
                admin.createTopics(List.of(new NewTopic(PARTITION.topic(), 1, (short) 1)))
                        .all()
                        .get();
                untilAnswered(end);
                untilAnswered(begin);
                proxy.halfOpen();
                assertThat(untilAnswered(end)).as("admin client").isLessThan(SOON);
                assertThat(untilAnswered(begin)).as("restore consumer").isLessThan(SOON);
            }
        } finally {
            kafka.kill();
        }
    }

    /** Asks again each time that there was no answer, as Streams does. */
    private static Duration untilAnswered(Callable<?> question) throws Exception {
        long asked = System.nanoTime();
        while (true) {
            try {
                question.call();
                Duration took = Duration.ofNanos(System.nanoTime() - asked);
                System.out.println("answered within " + took);
                return took;
            } catch (TimeoutException e) {
                // asked again
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(TimeoutException.class);
            }
        }
    }
}
