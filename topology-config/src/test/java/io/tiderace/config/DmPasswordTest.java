package io.tiderace.config;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: DM's encrypted passwords are read, and nothing else is taken for one. Method: samples of DM's documentation, and our own. */
class DmPasswordTest {
    private static final byte[] OWN_KEY = HexFormat.of().parseHex("00112233445566778899aabbccddeeff".repeat(2));

    @Test
    void publishedSample() {
        assertThat(DmPassword.decrypt("MKxn0Qo3m3XOyjCnhEMtsUCm83EhGQDZ/T4=", List.of()))
                .isEqualTo("abc!@#123");
        assertThat(DmPassword.decrypt("/Q7B9DizNLLTTfiZHv9WoEAKamfpIUs=", List.of()))
                .isEqualTo("123456");
    }

    @Test
    void operatorsKeyGoesFirst() throws Exception {
        String text = encrypt("pässword", OWN_KEY);
        assertThat(DmPassword.decrypt(text, List.of(OWN_KEY))).isEqualTo("pässword");
        assertThat(DmPassword.decrypt(encrypt("old", DmPassword.LEGACY_KEY), List.of(OWN_KEY)))
                .isEqualTo("old");
    }

    @Test
    void withTheWrongKeyTheTextStays() throws Exception {
        String text = encrypt("a password that is long enough to decrypt to something unprintable", OWN_KEY);
        assertThat(DmPassword.decrypt(text, List.of())).isEqualTo(text);
    }

    @Test
    void plainPasswordsStay() {
        for (String plain :
                List.of("", "123456", "p@ssw0rd", "c2VjcmV0", "not base64!", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")) {
            assertThat(DmPassword.decrypt(plain, List.of(OWN_KEY))).isEqualTo(plain);
        }
    }

    private static String encrypt(String password, byte[] key) throws Exception {
        byte[] vector = HexFormat.of().parseHex("0102030405060708090a0b0c0d0e0f10");
        Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(vector));
        byte[] encrypted = cipher.doFinal(password.getBytes(StandardCharsets.UTF_8));
        byte[] all = new byte[vector.length + 1 + encrypted.length];
        System.arraycopy(vector, 0, all, 0, vector.length);
        all[vector.length] = '@';
        System.arraycopy(encrypted, 0, all, vector.length + 1, encrypted.length);
        return Base64.getEncoder().encodeToString(all);
    }
}
