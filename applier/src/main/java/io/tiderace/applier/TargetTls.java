package io.tiderace.applier;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.DatabaseConfig.Tls;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The driver reads certificates from key stores only, so PEM texts are put into files that live as long as this object. */
final class TargetTls implements AutoCloseable {
    private final Map<String, String> properties = new HashMap<>();
    private final List<Path> files = new ArrayList<>();
    private final String password = UUID.randomUUID().toString();

    private TargetTls() {}

    /** @throws ConfigException when a certificate or the key cannot be read */
    static TargetTls of(DatabaseConfig config) {
        TargetTls result = new TargetTls();
        Tls tls = config.tls();
        if (tls == null) {
            result.properties.put("sslMode", "PREFERRED");
            return result;
        }
        try {
            result.add(tls);
            return result;
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            result.close();
            throw new ConfigException(
                    "TR-A016",
                    "target-database.security: " + e.getMessage(),
                    "give PEM files: ssl-ca a certificate, ssl-cert a certificate, ssl-key an unencrypted key (convert with "
                            + "'openssl pkcs8 -topk8 -nocrypt -in old.pem -out key.pem')",
                    e);
        }
    }

    /** For the driver. */
    Map<String, String> properties() {
        return properties;
    }

    private void add(Tls tls) throws GeneralSecurityException, IOException {
        properties.put("sslMode", tls.caPem() == null ? "REQUIRED" : "VERIFY_CA");
        if (tls.caPem() != null) {
            KeyStore store = emptyStore();
            int number = 0;
            for (Certificate certificate : certificates(tls.caPem())) {
                store.setCertificateEntry("ca" + number++, certificate);
            }
            put("trustCertificateKeyStore", store);
        }
        Secret key = tls.keyPem();
        if (tls.certPem() != null && key != null) {
            KeyStore store = emptyStore();
            Certificate[] chain = certificates(tls.certPem()).toArray(new Certificate[0]);
            store.setKeyEntry("client", privateKey(key.value(), chain[0]), password.toCharArray(), chain);
            put("clientCertificateKeyStore", store);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private void put(String property, KeyStore store) throws GeneralSecurityException, IOException {
        Path file = Files.createTempFile("tiderace", ".p12");
        files.add(file);
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        properties.put(property + "Url", file.toUri().toString());
        properties.put(property + "Type", "PKCS12");
        properties.put(property + "Password", password);
    }

    private static List<Certificate> certificates(@Nullable String pem) throws GeneralSecurityException {
        byte[] bytes = String.valueOf(pem).getBytes(StandardCharsets.US_ASCII);
        List<Certificate> result = List.copyOf(
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes)));
        if (result.isEmpty()) {
            throw new IllegalArgumentException("there is no certificate in the PEM text");
        }
        return result;
    }

    private static PrivateKey privateKey(String pem, Certificate certificate) throws GeneralSecurityException {
        byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        String algorithm = certificate.getPublicKey().getAlgorithm();
        byte[] wrapped = pem.contains("BEGIN RSA PRIVATE KEY") ? wrapped(key) : key;
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(wrapped));
    }

    /** PKCS#8 around PKCS#1, the older form that openssl and mysqld still write: version 0, rsaEncryption, the key (RFC 5208, RFC 8017). */
    private static byte[] wrapped(byte[] key) {
        byte[] version = {2, 1, 0};
        byte[] algorithm = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
        return der(0x30, version, algorithm, der(0x04, key));
    }

    private static byte[] der(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer result = ByteBuffer.allocate(length + 4);
        result.put((byte) tag).put((byte) 0x82).putShort((short) length); // a key has 256 bytes or more
        for (byte[] part : parts) {
            result.put(part);
        }
        return result.array();
    }

    @Override
    public void close() {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                file.toFile().deleteOnExit();
            }
        }
    }
}
