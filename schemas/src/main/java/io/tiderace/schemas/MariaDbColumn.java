package io.tiderace.schemas;

import io.tiderace.schemas.SqlTokens.Kind;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A column's definition in a statement of MariaDB, from its type on, put into the words of MySQL and TiDB. */
final class MariaDbColumn {
    private static final String ASCII = " CHARACTER SET ascii COLLATE ascii_bin";
    private static final Set<String> WITHOUT_DEFAULT = Set.of(
            "TINYTEXT",
            "TEXT",
            "MEDIUMTEXT",
            "LONGTEXT",
            "LONG",
            "JSON",
            "TINYBLOB",
            "BLOB",
            "MEDIUMBLOB",
            "LONGBLOB",
            "GEOMETRY",
            "POINT",
            "LINESTRING",
            "POLYGON",
            "MULTIPOINT",
            "MULTILINESTRING",
            "MULTIPOLYGON",
            "GEOMETRYCOLLECTION");
    private static final Set<String> NOW = Set.of("CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP");
    private static final Set<String> LITERALS = Set.of("NULL", "TRUE", "FALSE");

    /** MariaDB's collations that TiDB has under the same name, beside those of utf8mb4 that only MySQL 8.0 has. */
    private static final Set<String> SAME = Set.of(
            "ascii_bin",
            "binary",
            "gbk_bin",
            "gbk_chinese_ci",
            "latin1_bin",
            "utf8_bin",
            "utf8_general_ci",
            "utf8_unicode_ci",
            "utf8mb3_bin",
            "utf8mb3_general_ci",
            "utf8mb3_unicode_ci",
            "utf8mb4_bin",
            "utf8mb4_general_ci",
            "utf8mb4_unicode_ci");

    private final SqlTokens tokens;
    private final int type;
    private final int to;
    private boolean isRowEnd;
    private boolean isVersioned;

    MariaDbColumn(SqlTokens tokens, int type, int to) {
        this.tokens = tokens;
        this.type = type;
        this.to = to;
    }

    boolean isRowEnd() {
        return isRowEnd;
    }

    /** True when the column alone asks for system versioning. */
    boolean isVersioned() {
        return isVersioned;
    }

    /** Gives the type's name when MySQL has none like it. */
    @Nullable
    String translate() {
        String name = tokens.isOf(type, Kind.WORD) ? tokens.text(type) : "";
        for (int i = type + 1; i < to; i++) {
            if (tokens.is(i, "(")) {
                i = tokens.behindClosing(i) - 1;
            } else if (tokens.is(i, "DEFAULT")) {
                i = defaultValue(i, WITHOUT_DEFAULT.contains(name)) - 1;
            } else if (tokens.isOf(i, Kind.WORD)) {
                i = attribute(i) - 1;
            }
        }
        String mapped =
                switch (name) {
                    case "UUID" -> "char(36)" + ASCII;
                    case "INET6" -> "varchar(39)" + ASCII;
                    case "INET4" -> "varchar(15)" + ASCII;
                    case "JSON" -> "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
                    default -> null;
                };
        if (mapped == null) {
            return null;
        }
        tokens.replace(type, mapped);
        return name.equals("JSON") ? null : name.toLowerCase(Locale.ROOT);
    }

    /** Leaves out what TiDB has no word for; gives the index behind. */
    private int attribute(int i) {
        if (tokens.is(i, "COMPRESSED")) {
            return cut(i, tokens.is(i + 1, "=") ? i + 3 : i + 1);
        }
        if (tokens.is(i, "INVISIBLE")) {
            return cut(i, i + 1);
        }
        if (tokens.is(i, "PERSISTENT")) {
            tokens.replace(i, "STORED");
            return i + 1;
        }
        if (tokens.is(i, "REF_SYSTEM_ID", "=")) {
            return cut(i, i + 3);
        }
        if (tokens.is(i, "GENERATED", "ALWAYS", "AS", "ROW")) {
            isRowEnd = tokens.is(i + 4, "END");
            return cut(i, i + 5);
        }
        if (tokens.is(i + 1, "SYSTEM", "VERSIONING")) {
            isVersioned = tokens.is(i, "WITH");
            return cut(i, i + 3);
        }
        return tokens.is(i, "COMMENT") ? i + 2 : i + 1;
    }

    private int cut(int from, int end) {
        tokens.cut(from, end);
        return end;
    }

    /** Rows bring every value, so a default that TiDB cannot have is left out. */
    private int defaultValue(int at, boolean mustNotBe) {
        int value = at + 1;
        if (NOW.contains(tokens.text(value)) && tokens.isOf(value, Kind.WORD)) {
            return tokens.is(value + 1, "(") ? tokens.behindClosing(value + 1) : value + 1;
        }
        int end = literalEnd(value);
        boolean isNull = tokens.is(value, "NULL");
        if (end > value) {
            return mustNotBe && !isNull ? cut(at, end) : end;
        }
        if (tokens.is(value, "UUID", "(", ")")) {
            tokens.replace(value, "(" + tokens.raw(value));
            tokens.replace(value + 2, "))");
            return value + 3;
        }
        return cut(at, expressionEnd(value));
    }

    /** Behind a literal, at its begin when there is none. */
    private int literalEnd(int at) {
        int sign = tokens.is(at, "-") || tokens.is(at, "+") ? 1 : 0;
        if (tokens.isOf(at + sign, Kind.NUMBER)) {
            return at + sign + 1;
        }
        boolean isDigit =
                !tokens.text(at).isEmpty() && Character.isDigit(tokens.text(at).charAt(0)); // 0x1F, 1e3
        if (tokens.isOf(at, Kind.STRING) || isDigit || LITERALS.contains(tokens.text(at))) {
            return at + 1;
        }
        boolean isPrefixed = tokens.isOf(at, Kind.WORD) && tokens.isOf(at + 1, Kind.STRING);
        return isPrefixed ? at + 2 : at + sign > at ? at + sign : at;
    }

    private int expressionEnd(int at) {
        if (tokens.is(at, "NEXT", "VALUE", "FOR")) {
            return tokens.is(at + 4, ".") ? at + 6 : at + 4;
        }
        int open = at;
        while (open < to && !tokens.is(open, "(")) {
            boolean isCall = tokens.is(open + 1, "(") || tokens.is(open + 1, ".") || tokens.is(open, ".");
            if (!isCall) {
                return open + 1;
            }
            open++;
        }
        return tokens.behindClosing(open);
    }

    /**
     * The collation of TiDB's that is nearest and tells apart whatever the given one does: no two keys of the source become one. What is of a
     * character set that TiDB does not have stays as it is.
     */
    static String collation(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (SAME.contains(lower)) {
            return name;
        }
        boolean isWithoutPadding = lower.contains("nopad");
        if (lower.startsWith("utf8mb4_") || lower.startsWith("uca1400_")) {
            return lower.endsWith("uca1400_ai_ci")
                    ? "utf8mb4_0900_ai_ci"
                    : isWithoutPadding ? "utf8mb4_0900_bin" : "utf8mb4_bin";
        }
        for (String charset : new String[] {"utf8mb3", "utf8", "latin1", "ascii", "gbk"}) {
            if (lower.startsWith(charset + "_")) {
                return charset + "_bin";
            }
        }
        return name;
    }
}
