package io.tiderace.config;

import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a MySQL-compatible server: DM's {@code from} and {@code target-database} objects.
 *
 * @param session session variables to set on every connection, names in lower case
 * @param tls null for plain connections
 */
public record DatabaseConfig(
        String host,
        int port,
        String user,
        Secret password,
        Map<String, String> session,
        @Nullable Tls tls) {
    public DatabaseConfig {
        session = Map.copyOf(session);
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
