package io.tiderace.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Client of a registry that speaks Confluent's REST API, configured with Confluent's own keys: {@code schema.registry.url} (several addresses
 * with commas, tried in turn), {@code basic.auth.credentials.source} (URL or USER_INFO), {@code basic.auth.user.info}, {@code
 * bearer.auth.token}, {@code schema.registry.ssl.truststore.*} and {@code .keystore.*}. Caches both directions for ever: ids never change
 * their meaning. Retries with back-off for {@link #RETRY_FOR}. Thread-safe.
 */
public final class RegistryClient implements SchemaRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryClient.class);
    private static final Duration RETRY_FOR = Duration.ofSeconds(20);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    private static final long BACKOFF_MAX_MS = 2_000;
    private static final String JSON = "application/vnd.schemaregistry.v1+json";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private record Subject(String name, String schema) {}

    private record Answer(int status, JsonNode body) {}

    private final List<URI> addresses;
    private final @Nullable String authorization;
    private final HttpClient http;
    private final Duration retryFor;
    private final Map<Subject, Integer> ids = new ConcurrentHashMap<>();
    private final Map<Integer, String> schemas = new ConcurrentHashMap<>();
    private final AtomicInteger preferred = new AtomicInteger();

    /** @throws ConfigException when an address, a credential or a key store in the configuration cannot be used */
    public RegistryClient(Map<String, String> configuration) {
        this(configuration, RETRY_FOR);
    }

    RegistryClient(Map<String, String> configuration, Duration retryFor) {
        this.retryFor = retryFor;
        addresses = addresses(configuration.getOrDefault("schema.registry.url", ""));
        authorization = authorization(configuration);
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(REQUEST_TIMEOUT);
        RegistryTls.context(configuration).ifPresent(builder::sslContext);
        http = builder.build();
    }

    @Override
    public int register(String subject, String schema) {
        Integer id = ids.get(new Subject(subject, schema));
        if (id != null) {
            return id;
        }
        String path = "/subjects/" + encode(subject) + "/versions";
        String body = object("schema", schema);
        Answer answer = send("POST", path, body);
        if (answer.status == 409) { // a table may change in any way its owner likes: the log records it
            expectOk(send("PUT", "/config/" + encode(subject), object("compatibility", "NONE")), subject);
            answer = send("POST", path, body);
        }
        int registered = expectOk(answer, subject).path("id").asInt();
        ids.put(new Subject(subject, schema), registered);
        return registered;
    }

    @Override
    public String schema(int id) {
        String schema = schemas.get(id);
        if (schema == null) {
            schema = expectOk(send("GET", "/schemas/ids/" + id, null), "schema id " + id)
                    .path("schema")
                    .asText();
            schemas.put(id, schema);
        }
        return schema;
    }

    /** Asks for something that every registry has; throws what {@link #register} would, after a few seconds without an answer. */
    public void requireReachable() {
        expectOk(send("GET", "/subjects", null, REQUEST_TIMEOUT), "to list subjects");
    }

    private JsonNode expectOk(Answer answer, String what) {
        if (answer.status == 401 || answer.status == 403) {
            throw new ConfigException(
                    "TR-S011",
                    "the schema registry at " + addresses + " refuses our credentials (HTTP " + answer.status + ")",
                    "set basic.auth.credentials.source and basic.auth.user.info under 'schema-registry' in tiderace.yaml");
        }
        if (answer.status != 200) {
            throw new ConfigException(
                    "TR-S012",
                    "the schema registry at " + addresses + " refuses " + what + ": HTTP " + answer.status + ", "
                            + answer.body.path("message").asText("no message"),
                    "check that the address is the root of a Confluent-compatible API (Apicurio: …/apis/ccompat/v7) and that the "
                            + "account may write subjects");
        }
        return answer.body;
    }

    private Answer send(String method, String path, @Nullable String body) {
        return send(method, path, body, retryFor);
    }

    private Answer send(String method, String path, @Nullable String body, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        long backoffMs = 50;
        int attempt = 0;
        while (true) {
            URI address = addresses.get(Math.floorMod(preferred.get(), addresses.size()));
            String problem;
            Exception cause = null;
            try {
                HttpResponse<String> response =
                        http.send(request(address, method, path, body), BodyHandlers.ofString());
                if (response.statusCode() < 500 && response.statusCode() != 429) {
                    return new Answer(response.statusCode(), parse(response.body()));
                }
                problem = "HTTP " + response.statusCode();
            } catch (IOException e) {
                problem = e instanceof ConnectException ? "connection refused" : String.valueOf(e.getMessage());
                cause = e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw unreachable("the thread was interrupted", retryFor, e);
            }
            if (System.nanoTime() > deadline) {
                throw unreachable(problem, patience, cause);
            }
            preferred.incrementAndGet();
            attempt++;
            LOG.atWarn()
                    .addKeyValue("registry", address)
                    .addKeyValue("attempt", attempt)
                    .addKeyValue("problem", problem)
                    .log("Schema registry does not answer, trying again");
            pause(backoffMs);
            backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
        }
    }

    private RetriesExhaustedException unreachable(String problem, Duration patience, @Nullable Exception cause) {
        String what = "the schema registry at " + addresses + " did not answer for " + patience.toSeconds() + " s: "
                + problem;
        String cure = "start it or correct schema.registry.url; then run the same command again, nothing is lost";
        return cause == null
                ? new RetriesExhaustedException("TR-S010", what, cure)
                : new RetriesExhaustedException("TR-S010", what, cure, cause);
    }

    private HttpRequest request(URI address, String method, String path, @Nullable String body) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(address + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Accept", JSON + ", application/json")
                .header("Content-Type", JSON)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (authorization != null) {
            builder.header("Authorization", authorization);
        }
        return builder.build();
    }

    private static JsonNode parse(String body) {
        try {
            return MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            return MAPPER.createObjectNode().put("message", "the answer is not JSON");
        }
    }

    private static String object(String key, String value) {
        return MAPPER.createObjectNode().put(key, value).toString();
    }

    private static String encode(String pathSegment) {
        return URLEncoder.encode(pathSegment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unreachable("the thread was interrupted", retryFor, e);
        }
    }

    private static List<URI> addresses(String urls) {
        List<URI> result = Arrays.stream(urls.split(","))
                .map(String::trim)
                .filter(url -> !url.isEmpty())
                .map(url -> url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
                .map(RegistryClient::address)
                .toList();
        if (result.isEmpty()) {
            throw new ConfigException(
                    "TR-S013",
                    "schema.registry.url is empty",
                    "give the registry's address, for example http://registry:8081");
        }
        return result;
    }

    private static URI address(String url) {
        try {
            URI uri = URI.create(url);
            if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null) {
                // credentials in the address go into a header, never into a message
                return uri.getUserInfo() == null ? uri : URI.create(url.replaceFirst("//[^@/]*@", "//"));
            }
        } catch (IllegalArgumentException e) {
            throw badAddress(e.getMessage(), e);
        }
        throw badAddress("'" + url.replaceFirst("//[^@/]*@", "//") + "' has no http(s) scheme or no host", null);
    }

    private static ConfigException badAddress(@Nullable String problem, @Nullable Exception cause) {
        String what = "schema.registry.url cannot be used: " + problem;
        String cure = "write it as http://host:port or https://host:port/path, several with commas";
        return cause == null
                ? new ConfigException("TR-S014", what, cure)
                : new ConfigException("TR-S014", what, cure, cause);
    }

    private static @Nullable String authorization(Map<String, String> configuration) {
        String token = configuration.get("bearer.auth.token");
        if (token != null) {
            return "Bearer " + token;
        }
        String userInfo = configuration.getOrDefault(
                "basic.auth.user.info", configuration.get("schema.registry.basic.auth.user.info"));
        if ("URL"
                .equals(configuration.getOrDefault(
                        "basic.auth.credentials.source", userInfo == null ? "URL" : "USER_INFO"))) {
            String first = configuration.getOrDefault("schema.registry.url", "").split(",")[0];
            int at = first.indexOf('@');
            int scheme = first.indexOf("//");
            userInfo = at > scheme && scheme >= 0 ? URI.create(first.trim()).getUserInfo() : null;
        }
        return userInfo == null
                ? null
                : "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
    }
}
