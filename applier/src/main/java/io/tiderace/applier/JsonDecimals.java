package io.tiderace.applier;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Numbers in JSON that a source keeps as DECIMAL. Parsed as JSON they would become DOUBLE, with fewer digits, so the document is written with each of
 * them put in its place as an SQL number. What is not plainly a DECIMAL is left: it reads the same as a DOUBLE. Source: MySQL manual 11.5, "Comparison
 * and ordering of JSON values", and how a server prints the two.
 */
final class JsonDecimals {
    /** Any number of as many digits is the same as a DOUBLE. */
    private static final int DOUBLE_DIGITS = 15;

    private static final BigInteger INTEGER_MIN = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger INTEGER_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private final StringBuilder sql;
    private final String json;
    private final StringBuilder path = new StringBuilder("$");
    private int at;

    private JsonDecimals(StringBuilder sql, String json) {
        this.sql = sql;
        this.json = json;
    }

    /** True when the document, as MySQL prints it, has such a number. */
    static boolean isIn(String json) {
        int i = 0;
        while (i < json.length()) {
            char c = json.charAt(i);
            if (c == '"') {
                i = stringEnd(json, i);
            } else if (c == '-' || isDigit(c)) {
                int end = numberEnd(json, i);
                if (isDecimal(json, i, end)) {
                    return true;
                }
                i = end;
            } else {
                i++;
            }
        }
        return false;
    }

    /** Writes a document in which there is one as an SQL expression. */
    static void append(StringBuilder sql, String json) {
        sql.append("JSON_REPLACE(");
        SqlLiterals.quote(sql, json);
        new JsonDecimals(sql, json).value();
        sql.append(')');
    }

    private void value() {
        skipBlanks();
        char c = json.charAt(at);
        if (c == '{' || c == '[') {
            members(c == '{');
        } else if (c == '"') {
            at = stringEnd(json, at);
        } else if (c == '-' || isDigit(c)) {
            int end = numberEnd(json, at);
            if (isDecimal(json, at, end)) {
                SqlLiterals.quote(sql.append(", "), path.toString());
                sql.append(", ").append(json, at, end);
            }
            at = end;
        } else {
            while (at < json.length() && Character.isLetter(json.charAt(at))) {
                at++;
            }
        }
        skipBlanks();
    }

    private void members(boolean isObject) {
        int here = path.length();
        int index = 0;
        at++;
        skipBlanks();
        while (json.charAt(at) != '}' && json.charAt(at) != ']') {
            if (isObject) {
                int end = stringEnd(json, at);
                path.append('.').append(json, at, end);
                at = json.indexOf(':', end) + 1;
            } else {
                path.append('[').append(index++).append(']');
            }
            value();
            path.setLength(here);
            at += json.charAt(at) == ',' ? 1 : 0;
            skipBlanks();
        }
        at++;
    }

    private void skipBlanks() {
        while (at < json.length() && json.charAt(at) <= ' ') {
            at++;
        }
    }

    private static int stringEnd(String json, int from) {
        int i = from + 1;
        while (json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    private static int numberEnd(String json, int from) {
        int i = from + 1;
        while (i < json.length() && (isDigit(json.charAt(i)) || "+-.eE".indexOf(json.charAt(i)) >= 0)) {
            i++;
        }
        return i;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isDecimal(String json, int from, int to) {
        int point = -1;
        for (int i = from; i < to; i++) {
            char c = json.charAt(i);
            if (c == 'e' || c == 'E') {
                return false; // only a DOUBLE is printed like that
            }
            point = c == '.' ? i : point;
        }
        if (point < 0) {
            return to - from > DOUBLE_DIGITS && isNoInteger(new BigInteger(json.substring(from, to)));
        }
        boolean hasMoreZeros = json.charAt(to - 1) == '0' && to - point > 2;
        boolean isPrintedWithExponent = json.startsWith("0.0000", point - 1) && to - point > 5;
        return hasMoreZeros
                || isPrintedWithExponent
                || (to - from > DOUBLE_DIGITS + 1 && isNoDouble(json.substring(from, to)));
    }

    private static boolean isNoInteger(BigInteger number) {
        return number.compareTo(INTEGER_MIN) < 0 || number.compareTo(INTEGER_MAX) > 0;
    }

    private static boolean isNoDouble(String number) {
        BigDecimal exact = new BigDecimal(number);
        return exact.precision() - exact.scale() > DOUBLE_DIGITS
                || new BigDecimal(Double.toString(exact.doubleValue())).compareTo(exact) != 0;
    }
}
