package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: a Kafka that is not there is one clear error, soon. Method: addresses that nobody listens at; the rest is an integration test. */
class TopicAdminTest {
    @Test
    void unreachableKafkaIsToldWithItsAddress() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        long start = System.nanoTime();
        assertThatThrownBy(() -> ensure("127.0.0.1:" + port))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("TR-T011")
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageContaining("TIDERACE_KAFKA_BOOTSTRAP_SERVERS");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void unknownHostIsUnreachableToo() {
        assertThatThrownBy(() -> ensure("no-such-host.invalid:9092"))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("no-such-host.invalid:9092");
    }

    @Test
    void anAddressWithoutAPortIsAMistake() {
        assertThatThrownBy(() -> ensure("kafka"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T016")
                .hasMessageContaining("host:port");
    }

    @Test
    void noAddressIsAMistake() {
        ServiceConfig config = ConfigLoader.loadService(null, Map.of());
        assertThatThrownBy(() -> TopicAdmin.ensure(config, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T004");
    }

    private static void ensure(String address) throws InterruptedException {
        ServiceConfig config = ConfigLoader.loadService(null, Map.of("TIDERACE_KAFKA_BOOTSTRAP_SERVERS", address));
        TopicAdmin.ensure(config, List.of(TopicSpec.status(config)), Duration.ofSeconds(2));
    }
}
