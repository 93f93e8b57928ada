package io.tiderace.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Passwords as {@code dmctl encrypt} writes them: base64 of a 16-byte vector, {@code @}, and the password in AES-256-CFB. There is no
 * checksum, so whatever does not decrypt to printable text is taken as a plain password.
 */
final class DmPassword {
    /** DM's built-in key up to 7.x. It is public, so this hides a password from a glance only. */
    static final byte[] LEGACY_KEY =
            HexFormat.of().parseHex("a529b7665997f043a30ac8fadcb51d6aa032c226ab5b7750530b12b8c1a16a48");

    private static final int VECTOR_BYTES = 16;

    private DmPassword() {}

    /** The password behind the text, which may be one already; the operator's keys are tried first, then DM's old one. */
    static String decrypt(String text, List<byte[]> operatorKeys) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
        if (bytes.length <= VECTOR_BYTES || bytes[VECTOR_BYTES] != '@') {
            return text;
        }
        for (byte[] key : operatorKeys) {
            Optional<String> password = decrypt(bytes, key);
            if (password.isPresent()) {
                return password.get();
            }
        }
        return decrypt(bytes, LEGACY_KEY).orElse(text);
    }

    private static Optional<String> decrypt(byte[] bytes, byte[] key) {
        try {
            Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
            IvParameterSpec vector = new IvParameterSpec(Arrays.copyOf(bytes, VECTOR_BYTES));
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), vector);
            byte[] plain = cipher.doFinal(bytes, VECTOR_BYTES + 1, bytes.length - VECTOR_BYTES - 1);
            String password = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(plain))
                    .toString();
            return password.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(password);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES", e);
        }
    }
}
