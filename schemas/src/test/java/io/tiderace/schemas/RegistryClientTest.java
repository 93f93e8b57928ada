package io.tiderace.schemas;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How the client behaves when the registry misbehaves; the protocol itself is tested against real registries. */
class RegistryClientTest {
    private record Reply(int status, String body) {}

    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void answersAreCached() {
        replies.add(new Reply(200, "{\"id\":7}"));
        replies.add(new Reply(200, "{\"schema\":\"\\\"string\\\"\"}"));
        RegistryClient client = client(Map.of("schema.registry.url", url("")));
        assertThat(client.register("a/b c", "\"string\"")).isEqualTo(7);
        assertThat(client.register("a/b c", "\"string\"")).isEqualTo(7);
        assertThat(client.schema(7)).isEqualTo("\"string\"");
        assertThat(client.schema(7)).isEqualTo("\"string\"");
        assertThat(requests).containsExactly("POST /subjects/a%2Fb%20c/versions", "GET /schemas/ids/7");
    }

    @Test
    void serverErrorsAreTriedAgainAndTheNextAddressIsAsked() {
        replies.add(new Reply(503, "busy"));
        replies.add(new Reply(200, "{\"id\":1}"));
        RegistryClient client =
                client(Map.of("schema.registry.url", "http://127.0.0.1:" + closedPort() + ", " + url("/")));
        assertThat(client.register("s", "\"int\"")).isEqualTo(1);
        assertThat(requests).hasSize(2);
    }

    @Test
    void anIncompatibleVersionIsRegisteredAfterTheSubjectWasSetToNone() {
        replies.add(new Reply(409, "{\"error_code\":409}"));
        replies.add(new Reply(200, "{\"compatibility\":\"NONE\"}"));
        replies.add(new Reply(200, "{\"id\":2}"));
        assertThat(client(Map.of("schema.registry.url", url(""))).register("s", "\"int\""))
                .isEqualTo(2);
        assertThat(requests).containsExactly("POST /subjects/s/versions", "PUT /config/s", "POST /subjects/s/versions");
    }

    @Test
    void refusedCredentialsAreNotTriedAgain() {
        replies.add(new Reply(401, ""));
        assertThatThrownBy(() -> client(Map.of("schema.registry.url", url(""))).register("s", "\"int\""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-S011");
        assertThat(requests).hasSize(1);
    }

    @Test
    void credentialsAreSentAndNeverShown() {
        replies.add(new Reply(200, "{\"id\":1}"));
        String url = url("").replace("http://", "http://user:secret@");
        client(Map.of("schema.registry.url", url)).register("s", "\"int\"");
        assertThat(requests.peek()).isEqualTo("POST /subjects/s/versions Basic dXNlcjpzZWNyZXQ=");
        assertThatThrownBy(() -> client(Map.of("schema.registry.url", "ftp://user:secret@host")))
                .isInstanceOf(ConfigException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void nobodyThereIsOneErrorWithTheAddress() {
        String address = "http://127.0.0.1:" + closedPort();
        assertThatThrownBy(() -> client(Map.of("schema.registry.url", address)).schema(1))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("TR-S010")
                .hasMessageContaining(address);
    }

    private static RegistryClient client(Map<String, String> configuration) {
        return new RegistryClient(configuration, Duration.ofSeconds(3));
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private static int closedPort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI()
                + (authorization == null ? "" : " " + authorization));
        exchange.getRequestBody().readAllBytes();
        Reply reply = replies.remove();
        byte[] body = reply.body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(reply.status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
