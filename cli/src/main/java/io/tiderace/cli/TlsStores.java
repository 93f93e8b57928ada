package io.tiderace.cli;

import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.DatabaseConfig.Tls;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/** PEM texts as the key stores that Connector/J reads: files of this user only, gone with the process. */
final class TlsStores {
    private TlsStores() {}

    /** @throws ConfigException when a certificate or the key cannot be read */
    static void apply(Tls tls, Properties properties) {
        String password = UUID.randomUUID().toString();
        try {
            if (tls.caPem() != null) {
                KeyStore trusted = empty();
                int number = 0;
                for (Certificate certificate : certificates(tls.caPem())) {
                    trusted.setCertificateEntry("ca" + number++, certificate);
                }
                store("trustCertificateKeyStore", trusted, password, properties);
                properties.setProperty("sslMode", "VERIFY_CA");
            }
            Secret key = tls.keyPem();
            if (tls.certPem() != null && key != null) {
                KeyStore own = empty();
                own.setKeyEntry(
                        "client",
                        privateKey(key.value()),
                        password.toCharArray(),
                        certificates(tls.certPem()).toArray(new Certificate[0]));
                store("clientCertificateKeyStore", own, password, properties);
            }
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    "TR-L012",
                    "the TLS certificates or the key cannot be read: " + e.getMessage(),
                    "give them as PEM; a key in another form can be converted with: openssl pkcs8 -topk8 -nocrypt -in key.pem",
                    e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(String pem) throws GeneralSecurityException {
        return List.copyOf(CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
    }

    private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
        String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (InvalidKeySpecException notRsa) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    private static void store(String name, KeyStore store, String password, Properties properties)
            throws GeneralSecurityException, IOException {
        Path file = Files.createTempFile("tiderace", ".p12"); // readable by this user only
        file.toFile().deleteOnExit();
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        properties.setProperty(name + "Url", file.toUri().toString());
        properties.setProperty(name + "Type", "PKCS12");
        properties.setProperty(name + "Password", password);
    }
}
