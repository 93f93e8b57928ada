package io.tiderace.config;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a MySQL-compatible server: DM's {@code from} and {@code target-database} objects.
 *
 * @param session session variables to set on every connection, names in lower case; foreign key checks that are on in any of DM's spellings are 1
 * @param tls null for plain connections
 */
public record DatabaseConfig(
        String host,
        int port,
        String user,
        Secret password,
        Map<String, String> session,
        @Nullable Tls tls) {
    static final String FOREIGN_KEYS = "foreign_key_checks";
    private static final Set<String> TRUTHY = Set.of("1", "'1'", "on", "true", "yes");

    public DatabaseConfig {
        Map<String, String> variables = new HashMap<>(session);
        variables.computeIfPresent(
                FOREIGN_KEYS, (name, value) -> TRUTHY.contains(value.toLowerCase(Locale.ROOT)) ? "1" : value);
        session = Map.copyOf(variables);
    }

    /** PEM text of the authority, of the client's certificate and of its key, each null when not given. */
    public record Tls(
            @Nullable String caPem,
            @Nullable String certPem,
            @Nullable Secret keyPem) {}

    /** A value that never prints itself. */
    public record Secret(String value) {
        @Override
        public String toString() {
            return "***";
        }
    }

    /** True when the session has the server check foreign keys, and so do to child rows what they say. */
    public boolean checksForeignKeys() {
        return "1".equals(session.get(FOREIGN_KEYS));
    }

    /** The host as a URL has it: an IPv6 address in brackets. */
    public String urlHost() {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    /** For Connector/J, with {@link #connectorProperties}. */
    public String jdbcUrl() {
        return "jdbc:mysql://" + urlHost() + ":" + port + "/";
    }

    /**
     * What every connection of ours wants of Connector/J: the log-in, text in UTF-8, moments in UTC. TLS and all else is up to the caller.
     *
     * @param socketMs how long an answer may take, 0 for ever
     */
    public Properties connectorProperties(int connectMs, int socketMs) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password.value());
        properties.setProperty("connectTimeout", Integer.toString(connectMs));
        properties.setProperty("socketTimeout", Integer.toString(socketMs));
        properties.setProperty("characterEncoding", "UTF-8");
        properties.setProperty("connectionTimeZone", "UTC");
        properties.setProperty("allowPublicKeyRetrieval", "true");
        return properties;
    }

    /** {@code user@host:port}, for messages. */
    public String address() {
        return user + "@" + host + ":" + port;
    }
}
