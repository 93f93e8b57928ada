package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.network.DefaultSSLSocketFactory;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
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

    /** {@code VERIFY_CA} with an authority, else {@code REQUIRED}; without settings nothing is encrypted, as with DM: neither rows nor the log. */
    String mode() {
        return !isUsed ? "DISABLED" : trustStore != null ? "VERIFY_CA" : "REQUIRED";
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

    /** The same for a client that reads the log. */
    void addTo(BinaryLogClient client) {
        client.setSSLMode(!isUsed ? SSLMode.DISABLED : SSLMode.valueOf(mode()));
        if (trustStore != null || keyStore != null) {
            client.setSslSocketFactory(new DefaultSSLSocketFactory() {
                @Override
                protected void initSSLContext(SSLContext context) throws GeneralSecurityException {
                    context.init(keyManagers(), trustManagers(), null);
                }
            });
        }
    }

    private KeyManager @Nullable [] keyManagers() throws GeneralSecurityException {
        if (keyStore == null) {
            return null;
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(load(keyStore), password.toCharArray());
        return factory.getKeyManagers();
    }

    private TrustManager[] trustManagers() throws GeneralSecurityException {
        if (trustStore == null) {
            return new TrustManager[] {new AnyServer()};
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(load(trustStore));
        return factory.getTrustManagers();
    }

    private KeyStore load(Path file) throws GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password.toCharArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return store;
    }

    /** Without an authority the connection is encrypted and the server not verified, as with MySQL's {@code REQUIRED}. */
    private static final class AnyServer implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("nobody logs in here");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // see the class
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
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
