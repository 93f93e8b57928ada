package io.tiderace.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tiderace.cli.SchemaSubjects.RefusedException;
import io.tiderace.cli.SchemaSubjects.Version;
import io.tiderace.schemas.AvroCompatibility.Level;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema registry in this process that speaks Confluent's REST API for Avro, on the loopback interface, without authentication. Its
 * schemas are in the topic {@code _schemas} in Confluent's own format, so that a real registry can take over. Thread-safe.
 */
public final class EmbeddedRegistry implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedRegistry.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int BODY_BYTES_MAX = 8 << 20;
    private static final int THREADS = 4;

    /** What was asked: the method, the path's parts decoded, the query's flags, the body. */
    private record Request(String method, List<String> path, Map<String, String> query, JsonNode body) {
        boolean is(String wantedMethod, String... wantedPath) {
            if (!method.equals(wantedMethod) || path.size() != wantedPath.length) {
                return false;
            }
            for (int i = 0; i < wantedPath.length; i++) {
                if (!wantedPath[i].equals("*") && !wantedPath[i].equals(path.get(i))) {
                    return false;
                }
            }
            return true;
        }

        boolean flag(String name) {
            return "true".equals(query.get(name));
        }

        String schema() {
            String type = body.path("schemaType").asText("AVRO");
            if (!type.equals("AVRO")) {
                throw new RefusedException(42201, "schema type " + type + " is not supported here, only AVRO");
            }
            if (!body.path("references").isEmpty()) {
                throw new RefusedException(42201, "schema references are not supported here");
            }
            if (!body.path("schema").isTextual()) {
                throw new RefusedException(42201, "Empty schema");
            }
            return body.path("schema").asText();
        }
    }

    private final HttpServer server;
    private final ExecutorService threads;
    private final SchemaTopic topic;
    private final SchemaSubjects subjects;

    private EmbeddedRegistry(HttpServer server, ExecutorService threads, SchemaTopic topic, SchemaSubjects subjects) {
        this.server = server;
        this.threads = threads;
        this.topic = topic;
        this.subjects = subjects;
    }

    /**
     * Starts it over a Kafka; it serves when this returns. Schemas of a subject may change in any way unless a level is set.
     *
     * @param port on 127.0.0.1, 0 for any free one
     */
    public static EmbeddedRegistry start(String bootstrapServers, int port) {
        return start(bootstrapServers, port, Level.NONE);
    }

    /** @param defaultLevel of subjects that have none, until a client sets another */
    public static EmbeddedRegistry start(String bootstrapServers, int port, Level defaultLevel) {
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            // otherwise each answer waits 40 ms for the client's acknowledgement of its header
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
        HttpServer server;
        try {
            server = HttpServer.create(Loopback.address(port), 50);
        } catch (IOException e) {
            throw new ConfigException(
                    "TR-L130",
                    "the embedded schema registry cannot listen on " + Loopback.HOST + ":" + port + ": "
                            + e.getMessage(),
                    "stop the process that listens there (find it with: ss -ltnp 'sport = :" + port
                            + "'), or give the registry another port",
                    e);
        }
        SchemaTopic topic = SchemaTopic.open(bootstrapServers);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "registry");
            thread.setDaemon(true);
            return thread;
        });
        EmbeddedRegistry registry =
                new EmbeddedRegistry(server, threads, topic, new SchemaSubjects(topic, defaultLevel));
        server.createContext("/", registry::handle);
        server.setExecutor(threads);
        server.start();
        log.atInfo().addKeyValue("url", registry.url()).log("embedded schema registry serves");
        return registry;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String url() {
        return "http://" + Loopback.HOST + ":" + port();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
        topic.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Object answer;
            int status = 200;
            try {
                answer = answer(request(exchange));
            } catch (RefusedException e) {
                status = e.code() >= 1000 ? e.code() / 100 : e.code();
                answer = Map.of("error_code", e.code(), "message", String.valueOf(e.getMessage()));
            } catch (TideraceException e) {
                status = 500;
                answer = Map.of("error_code", 50001, "message", e.problem());
            }
            byte[] body = MAPPER.writeValueAsBytes(answer);
            exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static Request request(HttpExchange exchange) throws IOException {
        List<String> path = Arrays.stream(exchange.getRequestURI().getRawPath().split("/"))
                .filter(part -> !part.isEmpty())
                .map(EmbeddedRegistry::decode)
                .toList();
        String query = exchange.getRequestURI().getRawQuery();
        Map<String, String> flags = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            int equals = pair.indexOf('=');
            flags.put(
                    equals < 0 ? pair : pair.substring(0, equals),
                    equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
        return new Request(exchange.getRequestMethod(), path, flags, body(exchange));
    }

    private static JsonNode body(HttpExchange exchange) throws IOException {
        try (InputStream in = exchange.getRequestBody()) {
            byte[] bytes = in.readNBytes(BODY_BYTES_MAX + 1);
            if (bytes.length > BODY_BYTES_MAX) {
                throw new RefusedException(413, "the request is larger than " + BODY_BYTES_MAX + " bytes");
            }
            return bytes.length == 0 ? MAPPER.createObjectNode() : MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new RefusedException(400, "not JSON: " + e.getOriginalMessage());
        }
    }

    private static String decode(String part) {
        // in a path a plus sign is itself
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Object answer(Request request) {
        return switch (request.path().isEmpty() ? "" : request.path().get(0)) {
            case "subjects" -> subjects(request);
            case "schemas" -> schemas(request);
            case "config" -> config(request);
            case "compatibility" -> compatibility(request);
            case "mode" -> Map.of("mode", "READWRITE");
            case "contexts" -> List.of(".");
            case "" -> Map.of();
            default -> throw notFound();
        };
    }

    private Object subjects(Request request) {
        boolean isDeleted = request.flag("deleted");
        if (request.is("GET", "subjects")) {
            String prefix = request.query().getOrDefault("subjectPrefix", "");
            return subjects.subjects(isDeleted).stream()
                    .filter(subject -> subject.startsWith(prefix))
                    .toList();
        }
        if (request.path().size() < 2) {
            throw notAllowed();
        }
        String subject = request.path().get(1);
        if (request.is("POST", "subjects", "*")) {
            return view(subjects.lookup(subject, request.schema(), isDeleted));
        }
        if (request.is("DELETE", "subjects", "*")) {
            return subjects.delete(subject, request.flag("permanent"));
        }
        if (request.is("GET", "subjects", "*", "versions")) {
            return subjects.versions(subject, isDeleted).stream()
                    .map(Version::version)
                    .toList();
        }
        if (request.is("POST", "subjects", "*", "versions")) {
            return Map.of("id", subjects.register(subject, request.schema()));
        }
        if (request.is("GET", "subjects", "*", "versions", "*")) {
            return view(subjects.version(subject, request.path().get(3), isDeleted));
        }
        if (request.is("GET", "subjects", "*", "versions", "*", "schema")) {
            return parsed(
                    subjects.version(subject, request.path().get(3), isDeleted).schema());
        }
        if (request.is("DELETE", "subjects", "*", "versions", "*")) {
            return subjects.delete(subject, request.path().get(3), request.flag("permanent"));
        }
        throw notFound();
    }

    private Object schemas(Request request) {
        if (request.is("GET", "schemas", "types")) {
            return List.of("AVRO");
        }
        if (request.path().size() < 3 || !request.path().get(1).equals("ids")) {
            throw notFound();
        }
        int id = id(request.path().get(2));
        boolean isDeleted = request.flag("deleted");
        if (request.is("GET", "schemas", "ids", "*")) {
            return Map.of("schema", subjects.schema(id));
        }
        if (request.is("GET", "schemas", "ids", "*", "schema")) {
            return parsed(subjects.schema(id));
        }
        if (request.is("GET", "schemas", "ids", "*", "versions")) {
            return subjects.uses(id, isDeleted).stream()
                    .map(version -> Map.of("subject", version.subject(), "version", version.version()))
                    .toList();
        }
        if (request.is("GET", "schemas", "ids", "*", "subjects")) {
            return subjects.uses(id, isDeleted).stream()
                    .map(Version::subject)
                    .distinct()
                    .toList();
        }
        throw notFound();
    }

    private Object config(Request request) {
        String subject = request.path().size() > 1 ? request.path().get(1) : null;
        switch (request.method()) {
            case "GET" -> {
                Level level = subject == null
                        ? subjects.globalLevel()
                        : subjects.level(subject)
                                .or(() -> request.flag("defaultToGlobal")
                                        ? Optional.of(subjects.globalLevel())
                                        : Optional.empty())
                                .orElseThrow(() -> new RefusedException(
                                        40408,
                                        "Subject '" + subject
                                                + "' does not have subject-level compatibility configured"));
                return Map.of("compatibilityLevel", level.name());
            }
            case "PUT" -> {
                Level level = level(request.body().path("compatibility").asText());
                subjects.setLevel(subject, level);
                return Map.of("compatibility", level.name());
            }
            case "DELETE" -> {
                if (subject != null) {
                    subjects.setLevel(subject, null);
                }
                return Map.of("compatibilityLevel", subjects.globalLevel().name());
            }
            default -> throw notAllowed();
        }
    }

    private Object compatibility(Request request) {
        List<String> problems;
        if (request.is("POST", "compatibility", "subjects", "*", "versions", "*")) {
            problems = subjects.problems(request.path().get(2), request.path().get(4), request.schema());
        } else if (request.is("POST", "compatibility", "subjects", "*", "versions")) {
            problems = subjects.problems(request.path().get(2), null, request.schema());
        } else {
            throw notFound();
        }
        return request.flag("verbose")
                ? Map.of("is_compatible", problems.isEmpty(), "messages", problems)
                : Map.of("is_compatible", problems.isEmpty());
    }

    private static Map<String, Object> view(Version version) {
        return Map.of(
                "subject", version.subject(),
                "version", version.version(),
                "id", version.id(),
                "schema", version.schema());
    }

    private static JsonNode parsed(String schema) {
        try {
            return MAPPER.readTree(schema);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int id(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new RefusedException(40403, "Schema " + text + " not found");
        }
    }

    private static Level level(String name) {
        return Arrays.stream(Level.values())
                .filter(level -> level.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        42203, "Invalid compatibility level. Valid values are " + Arrays.toString(Level.values())));
    }

    private static RefusedException notFound() {
        return new RefusedException(404, "HTTP 404 Not Found");
    }

    private static RefusedException notAllowed() {
        return new RefusedException(405, "HTTP 405 Method Not Allowed");
    }
}
