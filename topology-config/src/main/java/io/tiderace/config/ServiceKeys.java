package io.tiderace.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;

import static io.tiderace.config.Key.supported;
import static io.tiderace.config.KeyTypes.SECRET;
import static io.tiderace.config.KeyTypes.TEXT;
import static io.tiderace.config.KeyTypes.mapping;
import static io.tiderace.config.KeyTypes.whole;

/** Keys of tiderace.yaml. Kafka's own are those of its client library that say where Kafka is and how to log in. */
final class ServiceKeys {
    private static final Pattern KAFKA =
            Pattern.compile("bootstrap\\.servers|client\\.dns\\.lookup|security\\..*|(?:sasl|ssl)\\..*");
    private static final Pattern SECRET_KEY = Pattern.compile(
            ".*(?:password|passphrase|jaas\\.config|user\\.info|keystore\\.key|secret|token|credential)$");

    static final KeyTable KAFKA_KEYS = KeyTable.of("kafka", kafka());

    static final KeyTable REGISTRY_KEYS = KeyTable.of("schema-registry", registry());

    static final KeyTable COPY_KEYS = KeyTable.of(
            "copy",
            List.of(
                    supported(
                            "max-history-list-length",
                            whole(0, 1_000_000_000_000L),
                            String.valueOf(CopyLimits.DEFAULT.historyListLength()),
                            "transactions whose undo log the source may have to keep: above it the copy ends its view, waits until half of it is cleared away, and reads the rest at a later position; 0 for no limit"),
                    supported(
                            "max-replica-lag",
                            new KeyType.Span(0, false),
                            "60s",
                            "the copy waits while the source, if it is a replica, or one of `replicas` is further behind; 0s for no limit"),
                    supported(
                            "replicas",
                            TEXT,
                            "",
                            "replicas of the sources to watch besides: host:port, several joined by commas; asked with the source's user and password")));

    static final KeyTable SERVICE = KeyTable.of(
            "tiderace",
            List.of(
                    supported("kafka", mapping(KAFKA_KEYS), "", "Kafka client properties for every client"),
                    supported(
                            "schema-registry",
                            mapping(REGISTRY_KEYS),
                            "",
                            "Confluent client properties of the schema registry"),
                    supported("copy", mapping(COPY_KEYS), "", "when the first copy spares the source"),
                    supported("topic-prefix", TEXT, "tiderace.", "before the name of every topic"),
                    supported(
                            "replication-factor",
                            whole(-1, 127),
                            "-1",
                            "replicas of topics that are created; -1 for the cluster's default"),
                    supported(
                            "relay-retention",
                            new KeyType.Span(60_000, true),
                            "168h",
                            "how long relay and apply topics keep changes, or -1 for ever: the longest stop from which a service can go on"),
                    supported(
                            "max-message-bytes",
                            whole(1 << 20, 1 << 30),
                            String.valueOf(ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES),
                            "largest record of relay and apply topics: before and after image of the largest row; above 100 MB the brokers need a larger `socket.request.max.bytes`"),
                    supported(
                            "data-dir",
                            TEXT,
                            "./tiderace-data",
                            "directory of the embedded Kafka and of the router's state; relative to where the command is started"),
                    supported(
                            "instance",
                            TEXT,
                            "",
                            "name of this process in reports; host name and process id when empty"),
                    supported(
                            "secret-key-path",
                            TEXT,
                            "",
                            "file with the 64 hexadecimal digits of DM's key for encrypted passwords, if it is not DM's old built-in one; relative to this file")));

    private ServiceKeys() {}

    private static List<Key> kafka() {
        List<Key> keys = new ArrayList<>();
        for (String name : new TreeSet<>(AdminClientConfig.configNames())) {
            if (KAFKA.matcher(name).matches()) {
                String doc =
                        name.equals("bootstrap.servers") ? "where Kafka is: host:port, several joined by commas" : "";
                keys.add(supported(name, isSecret(name) ? SECRET : TEXT, "", doc));
            }
        }
        keys.add(
                supported(
                        "request.timeout.ms",
                        whole(5_000, 60_000),
                        "",
                        "how long a broker may take for an answer, "
                                + ServiceConfig.DEFAULT_REQUEST_TIMEOUT_MS
                                + " unless told otherwise, before its connection is taken for dead: the time in which the largest record has to pass"));
        keys.add(
                supported(
                        "transaction.timeout.ms",
                        whole(1_000, Integer.MAX_VALUE),
                        "",
                        "how long capture's transactions may last, 900000 unless told otherwise: a table without a key is copied in one; at most the brokers' `transaction.max.timeout.ms`"));
        return keys;
    }

    private static List<Key> registry() {
        List<Key> keys = new ArrayList<>();
        keys.add(supported(
                "schema.registry.url",
                TEXT,
                "",
                "where the registry is: http:// or https:// address, several joined by commas"));
        keys.add(supported(
                "basic.auth.credentials.source",
                TEXT,
                "",
                "`USER_INFO` to log in with `basic.auth.user.info`, `URL` for what the address holds"));
        keys.add(supported("basic.auth.user.info", SECRET, "", "user:password"));
        keys.add(supported("schema.registry.basic.auth.user.info", SECRET, "", "the same, by its older name"));
        keys.add(supported("bearer.auth.token", SECRET, "", "token to log in with"));
        for (String store : List.of("truststore", "keystore")) {
            String name = "schema.registry.ssl." + store;
            keys.add(supported(name + ".location", TEXT, "", "file of the " + store));
            keys.add(supported(name + ".password", SECRET, "", "its password"));
            keys.add(supported(name + ".type", TEXT, "JKS", "`JKS` or `PKCS12`"));
        }
        keys.add(supported(
                "schema.registry.ssl.key.password", SECRET, "", "password of the key, if it is not the keystore's"));
        return keys;
    }

    static boolean isSecret(String key) {
        return SECRET_KEY.matcher(key).matches();
    }

    /** The variable that overrides a key: {@code TIDERACE_}, its section and its name; the registry's own prefix is not repeated. */
    static String variable(String section, String key) {
        String name = section.isEmpty() ? key : section + "." + key.replaceFirst("^schema\\.registry\\.", "");
        return "TIDERACE_" + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    static List<String> variables() {
        List<String> variables = new ArrayList<>();
        for (KeyTable table : List.of(SERVICE, KAFKA_KEYS, REGISTRY_KEYS, COPY_KEYS)) {
            String section = table.equals(SERVICE) ? "" : table.name();
            for (Key key : table.keys().values()) {
                if (!(key.type() instanceof KeyType.Mapping)) {
                    variables.add(variable(section, key.name()));
                }
            }
        }
        return variables;
    }
}
