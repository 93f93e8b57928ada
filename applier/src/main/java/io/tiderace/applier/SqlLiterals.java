package io.tiderace.applier;

import io.tiderace.schemas.MySqlType;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * Values as SQL literals. They hold for a session with the character set utf8mb4, the time zone +00:00 and without
 * NO_BACKSLASH_ESCAPES (MySQL manual 11.1). Numbers are never quoted: a quoted one would be compared as a double.
 */
final class SqlLiterals {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private SqlLiterals() {}

    /** A value to be stored. */
    static void append(StringBuilder sql, MySqlType type, @Nullable Object value) {
        if (value == null) {
            sql.append("NULL");
        } else if (value instanceof String text) {
            appendString(sql, type, text);
        } else if (value instanceof byte[] bytes) {
            appendBytes(sql, type, bytes, bytes.length);
        } else if (value instanceof Float || value instanceof Double) {
            // a float is exactly a double; its short form is not
            double number = ((Number) value).doubleValue();
            sql.append(number);
            if (sql.charAt(sql.length() - 1) == '0' && number == 0) {
                sql.append("e0"); // else a decimal, which has no negative zero
            }
        } else {
            sql.append(value);
        }
    }

    /** A value to be compared with a column: BINARY is padded as it is stored. */
    static void appendCompared(StringBuilder sql, MySqlType type, @Nullable Object value) {
        if (value instanceof byte[] bytes && type.name().equals("binary")) {
            appendBytes(sql, type, bytes, Math.max(bytes.length, Math.max(1, type.length())));
        } else if (value instanceof String text && type.name().equals("json") && !JsonDecimals.isIn(text)) {
            sql.append("CAST(");
            quote(sql, text);
            sql.append(" AS JSON)");
        } else {
            append(sql, type, value);
        }
    }

    static void quote(StringBuilder sql, String text) {
        sql.append('\'');
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\'' || c == '\\' || c == 0) {
                sql.append(text, from, i).append('\\').append(c == 0 ? '0' : c);
                from = i + 1;
            }
        }
        sql.append(text, from, text.length()).append('\'');
    }

    private static void appendString(StringBuilder sql, MySqlType type, String text) {
        if (type.name().equals("decimal") || type.name().equals("bigint")) {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if ((c < '0' || c > '9') && c != '.' && c != '-') {
                    throw new IllegalArgumentException("not a number in a column of type " + type);
                }
            }
            sql.append(text);
        } else if (type.name().equals("json") && JsonDecimals.isIn(text)) {
            JsonDecimals.append(sql, text);
        } else {
            quote(sql, text);
        }
    }

    private static void appendBytes(StringBuilder sql, MySqlType type, byte[] bytes, int length) {
        if (type.name().equals("bit")) {
            sql.append(bytes.length == 0 ? BigInteger.ZERO : new BigInteger(1, bytes));
            return;
        }
        sql.ensureCapacity(sql.length() + length * 2 + 3);
        sql.append("x'");
        for (byte b : bytes) {
            sql.append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
        }
        sql.append("0".repeat((length - bytes.length) * 2)).append('\'');
    }
}
