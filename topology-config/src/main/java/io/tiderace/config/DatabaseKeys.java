package io.tiderace.config;

import java.util.List;

import static io.tiderace.config.Key.ignored;
import static io.tiderace.config.Key.refused;
import static io.tiderace.config.Key.required;
import static io.tiderace.config.Key.supported;
import static io.tiderace.config.KeyTypes.MAPPING_OF_TEXTS;
import static io.tiderace.config.KeyTypes.SECRET;
import static io.tiderace.config.KeyTypes.TEXT;
import static io.tiderace.config.KeyTypes.TEXTS;
import static io.tiderace.config.KeyTypes.mapping;
import static io.tiderace.config.KeyTypes.whole;

/** Keys of DM's database object: {@code from} in a source file, {@code target-database} in a task file. */
final class DatabaseKeys {
    static final KeyTable SECURITY = KeyTable.of(
            "security",
            List.of(
                    supported(
                            "ssl-ca",
                            TEXT,
                            "",
                            "PEM file of the certificate authority to trust; a path relative to this file"),
                    supported("ssl-cert", TEXT, "", "PEM file of the client's certificate"),
                    supported("ssl-key", TEXT, "", "PEM file of the client's private key"),
                    supported("ssl-ca-base64", TEXT, "", "the authority's PEM in base64; goes before `ssl-ca`"),
                    supported("ssl-cert-base64", TEXT, "", "the certificate's PEM in base64; goes before `ssl-cert`"),
                    supported("ssl-key-base64", SECRET, "", "the key's PEM in base64; goes before `ssl-key`"),
                    supported("ssl-ca-bytes", TEXT, "", "the authority's PEM itself; goes before both"),
                    supported("ssl-cert-bytes", TEXT, "", "the certificate's PEM itself; goes before both"),
                    supported("ssl-key-bytes", SECRET, "", "the key's PEM itself; goes before both"),
                    refused(
                            "cert-allowed-cn",
                            TEXTS,
                            "the server's certificate is not checked against a list of names")));

    static final KeyTable DATABASE = KeyTable.of(
            "database",
            List.of(
                    required("host", TEXT, "name or address of the server"),
                    supported("port", whole(1, 65_535), "3306", "its port"),
                    required("user", TEXT, "user to log in as"),
                    supported(
                            "password",
                            SECRET,
                            "",
                            "its password: plain, encrypted by `dmctl encrypt`, `${env:NAME}` or `${file:path}`"),
                    ignored(
                            "max-allowed-packet",
                            whole(0, 1L << 40),
                            "deprecated in DM too; the server is asked for its limit"),
                    supported("session", MAPPING_OF_TEXTS, "", "session variables to set on every connection"),
                    supported("security", mapping(SECURITY), "", "TLS; its presence means that TLS is used")));

    private DatabaseKeys() {}
}
