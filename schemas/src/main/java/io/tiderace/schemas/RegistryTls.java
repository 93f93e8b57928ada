package io.tiderace.schemas;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The TLS context that Confluent's {@code schema.registry.ssl.*} keys describe. */
final class RegistryTls {
    private static final String PREFIX = "schema.registry.ssl.";

    private RegistryTls() {}

    /** Empty when the JVM's default serves. */
    static Optional<SSLContext> context(Map<String, String> configuration) {
        String trustStore = configuration.get(PREFIX + "truststore.location");
        String keyStore = configuration.get(PREFIX + "keystore.location");
        if (trustStore == null && keyStore == null) {
            return Optional.empty();
        }
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trustStore == null ? null : load(configuration, "truststore", trustStore));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            String storePassword = configuration.get(PREFIX + "keystore.password");
            String keyPassword = configuration.getOrDefault(PREFIX + "key.password", storePassword);
            keys.init(
                    keyStore == null ? null : load(configuration, "keystore", keyStore),
                    keyPassword == null ? new char[0] : keyPassword.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return Optional.of(context);
        } catch (GeneralSecurityException | IOException e) {
            throw new ConfigException(
                    "TR-S015",
                    "the key or trust store of the schema registry cannot be used: " + e.getMessage(),
                    "check " + PREFIX
                            + "truststore.location, .keystore.location, their passwords and types (JKS or PKCS12)",
                    e);
        }
    }

    private static KeyStore load(Map<String, String> configuration, String which, String location)
            throws GeneralSecurityException, IOException {
        @Nullable String password = configuration.get(PREFIX + which + ".password");
        KeyStore store = KeyStore.getInstance(configuration.getOrDefault(PREFIX + which + ".type", "JKS"));
        try (InputStream in = Files.newInputStream(Path.of(location))) {
            store.load(in, password == null ? null : password.toCharArray());
        }
        return store;
    }
}
