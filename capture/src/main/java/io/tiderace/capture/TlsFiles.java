package io.tiderace.capture;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** PEM texts as the key store files that the drivers want, readable by this user only and deleted on {@link #close}. */
final class TlsFiles implements AutoCloseable {
    private final String password = UUID.randomUUID().toString();
    private final boolean isUsed;
    private final @Nullable Path trustStore;
    private final @Nullable Path keyStore;

    /** @throws ConfigException when a PEM text cannot be read */
    TlsFiles(DatabaseConfig.@Nullable Tls tls) {
        isUsed = tls != null;
        try {
            trustStore = tls == null || tls.caPem() == null ? null : trustStore(tls.caPem());
            keyStore = tls == null || tls.certPem() == null || tls.keyPem() == null
                    ? null
                    : keyStore(tls.certPem(), tls.keyPem().value());
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    "TR-C014",
                    "the security settings of the source cannot be used: " + e.getMessage(),
                    "give ssl-ca and ssl-cert as PEM certificates and ssl-key as an unencrypted PKCS#8 PEM key"
                            + " (openssl pkcs8 -topk8 -nocrypt)",
                    e);
        }
    }

    boolean isUsed() {
        return isUsed;
    }

    /** {@code VERIFY_CA} with an authority, else {@code REQUIRED}; without settings encryption is used where the server has it. */
    String mode() {
        return !isUsed ? "PREFERRED" : trustStore != null ? "VERIFY_CA" : "REQUIRED";
    }

    void addTo(Properties connectorJ) {
        connectorJ.put("sslMode", mode());
        if (trustStore != null) {
            connectorJ.put("trustCertificateKeyStoreUrl", trustStore.toUri().toString());
            connectorJ.put("trustCertificateKeyStoreType", "PKCS12");
            connectorJ.put("trustCertificateKeyStorePassword", password);
        }
        if (keyStore != null) {
            connectorJ.put("clientCertificateKeyStoreUrl", keyStore.toUri().toString());
            connectorJ.put("clientCertificateKeyStoreType", "PKCS12");
            connectorJ.put("clientCertificateKeyStorePassword", password);
        }
    }

    void addToDebezium(Properties debezium) {
        debezium.put("database.ssl.mode", isUsed ? mode().toLowerCase(Locale.ROOT) : "disabled");
        if (trustStore != null) {
            debezium.put("database.ssl.truststore", trustStore.toString());
            debezium.put("database.ssl.truststore.password", password);
        }
        if (keyStore != null) {
            debezium.put("database.ssl.keystore", keyStore.toString());
            debezium.put("database.ssl.keystore.password", password);
        }
    }

    @Override
    public void close() {
        delete(trustStore);
        delete(keyStore);
    }

    private static void delete(@Nullable Path file) {
        if (file != null && !file.toFile().delete()) {
            file.toFile().deleteOnExit();
        }
    }

    private Path trustStore(String pem) throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        int number = 0;
        for (Certificate certificate : certificates(pem)) {
            store.setCertificateEntry("ca" + number++, certificate);
        }
        return write(store);
    }

    private Path keyStore(String certPem, String keyPem) throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        List<Certificate> chain = certificates(certPem);
        String body = keyPem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body));
        Key key = KeyFactory.getInstance(chain.get(0).getPublicKey().getAlgorithm())
                .generatePrivate(spec);
        store.setKeyEntry("client", key, password.toCharArray(), chain.toArray(new Certificate[0]));
        return write(store);
    }

    private static List<Certificate> certificates(String pem) throws GeneralSecurityException {
        byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
        List<Certificate> result = new ArrayList<>(
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes)));
        if (result.isEmpty()) {
            throw new GeneralSecurityException("no certificate in the PEM text");
        }
        return result;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private Path write(KeyStore store) throws GeneralSecurityException, IOException {
        Path file = Files.createTempFile("tiderace", ".p12"); // created readable for the owner only
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        return file;
    }
}
