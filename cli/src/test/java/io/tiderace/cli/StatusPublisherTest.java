package io.tiderace.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.StatusReport;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: reports never hold up the end of a process. Method: nothing comes from Kafka any more while one is on its way. */
class StatusPublisherTest {
    private static final Duration CLOSE_MAX = Duration.ofMillis(2_500);

    private final Logger producers = (Logger) LoggerFactory.getLogger(KafkaProducer.class);
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();

    private volatile boolean isSilent;

    @TempDir
    Path folder;

    @BeforeEach
    void listen() {
        said.start();
        producers.addAppender(said);
    }

    @AfterEach
    void listenNoMore() {
        producers.detachAppender(said);
    }

    @Test
    void reportsOnTheirWayToAKafkaThatIsSilentAreGivenUpWithoutAWord() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, Loopback.address(0).getAddress());
                EmbeddedKafka kafka =
                        EmbeddedKafka.start(folder, 0, settings -> advertise(settings, listener.getLocalPort()))) {
            daemon(() -> accept(listener, kafka.port()));
            ServiceConfig config = config(Loopback.HOST + ":" + listener.getLocalPort());
            StatusPublisher publisher = StatusPublisher.start(config);
            publisher.report(report(1));
            awaitReport(config);
            isSilent = true;
            publisher.report(report(2));
            Thread.sleep(500); // it is the producer's now
            assertThat(closing(publisher)).isLessThan(CLOSE_MAX);
        }
        assertThat(said.list)
                .filteredOn(event -> event.getLevel() == Level.ERROR)
                .isEmpty();
    }

    private static void advertise(Properties settings, int port) {
        settings.setProperty("advertised.listeners", "PLAINTEXT://" + Loopback.HOST + ":" + port);
    }

    /** Clients come to Kafka through here, until nothing passes any more. */
    private void accept(ServerSocket listener, int port) throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(Loopback.HOST, port);
            daemon(() -> pass(client, server));
            daemon(() -> pass(server, client));
        }
    }

    private void pass(Socket from, Socket to) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int n = from.getInputStream().read(buffer);
                n >= 0;
                n = from.getInputStream().read(buffer)) {
            if (!isSilent) {
                to.getOutputStream().write(buffer, 0, n);
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // a connection that was closed, at the end of the test
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static Duration closing(StatusPublisher publisher) throws InterruptedException {
        long begin = System.nanoTime();
        publisher.close();
        Duration closing = Duration.ofNanos(System.nanoTime() - begin);
        Thread.sleep(500); // for what its thread may still say
        return closing;
    }

    private static void awaitReport(ServiceConfig config) {
        Map<String, Object> settings = new HashMap<>(config.kafka());
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(config.topics().status(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (consumer.poll(Duration.ofMillis(100)).isEmpty()) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    private ServiceConfig config(String bootstrapServers) {
        return new ServiceConfig(
                "tiderace.",
                Map.of("bootstrap.servers", bootstrapServers),
                Map.of(),
                1,
                -1,
                ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES,
                "host-1",
                folder,
                CopyLimits.DEFAULT);
    }

    private static StatusReport report(long txn) {
        return new StatusReport(
                "router", "s1", "t1", "host-1", "streaming", null, 0, 0, txn, 0, null, null, null, Map.of(), 1_000);
    }
}
