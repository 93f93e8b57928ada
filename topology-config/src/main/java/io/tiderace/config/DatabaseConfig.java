package io.tiderace.config;

import java.util.Map;
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

    /** {@code user@host:port}, for messages. */
    public String address() {
        return user + "@" + host + ":" + port;
    }
}
