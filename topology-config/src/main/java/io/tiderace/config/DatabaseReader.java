package io.tiderace.config;

import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.DatabaseConfig.Tls;
import io.tiderace.config.Problems.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes {@link DatabaseConfig} of DM's database objects. */
record DatabaseReader(Problems problems, Path folder, List<byte[]> passwordKeys) {
    /** The source; {@code section} is null when it is missing, which has then been reported. */
    DatabaseConfig source(@Nullable Section section) {
        return read(section, session(section));
    }

    /** The target, whose session gets {@code foreign_key_checks=0} unless told otherwise, as DM's does: rows of a transaction arrive in another order. */
    DatabaseConfig target(@Nullable Section section) {
        Map<String, String> session = session(section);
        session.putIfAbsent(DatabaseConfig.FOREIGN_KEYS, "0");
        return read(section, session);
    }

    private static Map<String, String> session(@Nullable Section section) {
        Map<String, String> session = new LinkedHashMap<>();
        if (section != null) {
            section.textMap("session").forEach((name, value) -> session.put(name.toLowerCase(Locale.ROOT), value));
        }
        return session;
    }

    private DatabaseConfig read(@Nullable Section section, Map<String, String> session) {
        if (section == null) {
            return new DatabaseConfig("", 0, "", new Secret(""), session, null);
        }
        Section security = section.section("security");
        return new DatabaseConfig(
                section.text("host"),
                (int) section.whole("port"),
                section.text("user"),
                new Secret(DmPassword.decrypt(section.text("password"), passwordKeys)),
                session,
                security == null ? null : tls(security));
    }

    private Tls tls(Section security) {
        String key = pem(security, "ssl-key");
        String cert = pem(security, "ssl-cert");
        if ((key == null) != (cert == null)) {
            problems.error(
                    security.place(),
                    "has " + (key == null ? "ssl-cert without ssl-key" : "ssl-key without ssl-cert"),
                    "give both or neither");
        }
        return new Tls(pem(security, "ssl-ca"), cert, key == null ? null : new Secret(key));
    }

    private @Nullable String pem(Section security, String key) {
        String bytes = security.text(key + "-bytes");
        if (!bytes.isEmpty()) {
            return bytes;
        }
        String base64 = security.text(key + "-base64");
        if (!base64.isEmpty()) {
            return fromBase64(base64, security.place(key + "-base64"));
        }
        String file = security.text(key);
        return file.isEmpty() ? null : fromFile(file, security.place(key));
    }

    private @Nullable String fromBase64(String text, Place place) {
        try {
            return new String(Base64.getMimeDecoder().decode(text), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            problems.error(place, "is not base64", "encode the PEM file with `base64 -w0`");
            return null;
        }
    }

    private @Nullable String fromFile(String name, Place place) {
        Path path = folder.resolve(name);
        try {
            return Files.readString(path);
        } catch (IOException e) {
            problems.error(
                    place,
                    "the file " + path + " cannot be read (" + Substitution.reason(e) + ")",
                    "create it or allow reading it");
            return null;
        }
    }
}
