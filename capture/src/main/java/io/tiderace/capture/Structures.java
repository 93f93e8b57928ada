package io.tiderace.capture;

import io.debezium.relational.Table;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableStructure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's table model to ours. Types are written as {@code information_schema} would: synonyms resolved, sizes of TEXT and BLOB decided, so
 * that the same column has the same type text whichever statement it came from. Source: MySQL manual, 13.1 to 13.4.
 */
final class Structures {
    private static final Set<String> CHARACTER =
            Set.of("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set");

    private Structures() {}

    /** @throws IllegalArgumentException for a type that MySQL 8.0 does not have */
    static TableStructure of(Table table) {
        List<Column> columns = new ArrayList<>();
        for (io.debezium.relational.Column column : table.columns()) {
            columns.add(column(table, column));
        }
        boolean primary = table.attributeWithName(StructureParser.PRIMARY_KEY) != null;
        List<String> key = primary ? table.primaryKeyColumnNames() : List.of();
        return new TableStructure(CaptureSchema.name(table.id()), columns, names(columns, key));
    }

    /** Key columns as the columns are spelt: MySQL lets a key say them in another case. */
    private static List<String> names(List<Column> columns, List<String> key) {
        return key.stream()
                .map(name -> columns.stream()
                        .map(Column::name)
                        .filter(name::equalsIgnoreCase)
                        .findFirst()
                        .orElse(name))
                .toList();
    }

    private static Column column(Table table, io.debezium.relational.Column column) {
        String charset = canonicalCharset(column.charsetName());
        MySqlType type = MySqlType.parse(typeText(column, charset));
        boolean isCharacter = CHARACTER.contains(type.name());
        boolean isGenerated = table.attributeWithName(StructureParser.generatedAttribute(column.name())) != null;
        boolean isKey = table.attributeWithName(StructureParser.PRIMARY_KEY) != null
                && table.primaryKeyColumnNames().stream().anyMatch(column.name()::equalsIgnoreCase);
        boolean isNullable = column.isOptional() && !isKey && !column.isAutoIncremented();
        // members in the character set binary are written as they stand in the statement
        boolean hasCharset = isCharacter && !"binary".equals(charset);
        return new Column(column.name(), type, hasCharset ? charset : null, null, isNullable, isGenerated);
    }

    private static @Nullable String canonicalCharset(@Nullable String charset) {
        if (charset == null) {
            return null;
        }
        String lower = charset.toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "utf8" -> "utf8mb3";
            default -> lower;
        };
    }

    private static String typeText(io.debezium.relational.Column column, @Nullable String charset) {
        String[] words = column.typeName().toLowerCase(Locale.ROOT).trim().split("\\s+");
        String all = String.join(" ", words);
        String suffix = all.contains("zerofill") ? " unsigned zerofill" : all.contains("unsigned") ? " unsigned" : "";
        int length = column.length();
        int scale = column.scale().orElse(-1);
        boolean isBinary = "binary".equals(charset);
        return switch (words[0]) {
            case "tinyint", "int1" -> sized("tinyint", length, -1) + suffix;
            case "bool", "boolean" -> "tinyint(1)";
            case "smallint", "int2" -> sized("smallint", length, -1) + suffix;
            case "mediumint", "int3", "middleint" -> sized("mediumint", length, -1) + suffix;
            case "int", "integer", "int4" -> sized("int", length, -1) + suffix;
            case "bigint", "int8" -> sized("bigint", length, -1) + suffix;
            case "serial" -> "bigint unsigned";
            case "float", "float4" -> floating(length, scale) + suffix;
            case "double", "real", "float8" -> sized("double", scale < 0 ? -1 : length, scale) + suffix;
            case "decimal", "dec", "numeric", "fixed" ->
                "decimal(" + (length <= 0 ? 10 : length) + "," + Math.max(scale, 0) + ")" + suffix;
            case "bit" -> "bit(" + Math.max(length, 1) + ")";
            case "year" -> "year";
            case "datetime", "timestamp", "time" -> length > 0 ? words[0] + "(" + length + ")" : words[0];
            case "binary" -> "binary(" + (length < 0 ? 1 : length) + ")";
            case "blob" -> length <= 0 ? "blob" : bySize(length, "blob");
            case "text" -> text(length, isBinary ? "blob" : "text", charset);
            case "tinytext", "mediumtext", "longtext" -> isBinary ? words[0].replace("text", "blob") : words[0];
            case "long" -> all.contains("varbinary") || isBinary ? "mediumblob" : "mediumtext";
            case "enum", "set" -> words[0] + members(column.enumValues());
            case "national", "nchar", "nvarchar", "char", "character", "varchar" -> characters(all, length, isBinary);
            case "geomcollection" -> "geometrycollection";
            default -> length > 0 ? words[0] + "(" + length + ")" : words[0];
        };
    }

    private static String sized(String name, int length, int scale) {
        return length < 0 ? name : name + "(" + length + (scale < 0 ? "" : "," + scale) + ")";
    }

    /** FLOAT(p) is a FLOAT up to 24 and a DOUBLE from 25. */
    private static String floating(int length, int scale) {
        if (scale >= 0) {
            return sized("float", length, scale);
        }
        return length > 24 ? "double" : "float";
    }

    private static String characters(String words, int length, boolean isBinary) {
        boolean isVarying = words.contains("var");
        int size = length < 0 ? 1 : length;
        if (isBinary || words.contains("byte")) {
            return (isVarying ? "varbinary(" : "binary(") + size + ")";
        }
        return (isVarying ? "varchar(" : "char(") + size + ")";
    }

    /** TEXT(n) is the smallest text type that holds n characters. */
    private static String text(int length, String base, @Nullable String charset) {
        if (length <= 0) {
            return base;
        }
        return bySize((long) length * (charset == null ? 4 : bytesMax(charset)), base);
    }

    /** How many bytes a character takes at most. */
    static int bytesMax(String charset) {
        return switch (charset) {
            case "utf8mb4", "gb18030", "utf16", "utf16le", "utf32" -> 4;
            case "utf8mb3", "utf8", "eucjpms", "ujis" -> 3;
            case "gbk", "gb2312", "big5", "ucs2", "sjis", "cp932", "euckr" -> 2;
            default -> 1;
        };
    }

    private static String bySize(long bytes, String base) {
        return bytes < 1 << 8
                ? "tiny" + base
                : bytes < 1 << 16 ? base : bytes < 1 << 24 ? "medium" + base : "long" + base;
    }

    private static String members(List<String> literals) {
        StringBuilder result = new StringBuilder("(");
        for (String literal : literals) {
            result.append(result.length() > 1 ? "," : "")
                    .append('\'')
                    .append(escaped(unquoted(literal)))
                    .append('\'');
        }
        return result.append(')').toString();
    }

    /** As the server writes members: MySQL sources, {@code append_unescaped}. */
    private static String escaped(String member) {
        return member.replace("\\", "\\\\")
                .replace("'", "''")
                .replace("\0", "\\0")
                .replace("\n", "\\n")
                .replace("\r", "\\r");
    }

    /** A string literal's content; Debezium keeps the members of ENUM and SET as they stand in the statement. */
    static String unquoted(String literal) {
        int open = Math.max(literal.indexOf('\''), -1);
        if (open < 0 || (literal.indexOf('"') >= 0 && literal.indexOf('"') < open)) {
            open = literal.indexOf('"');
        }
        if (open < 0 || literal.length() < open + 2) {
            return literal;
        }
        char quote = literal.charAt(open);
        StringBuilder text = new StringBuilder();
        for (int i = open + 1; i < literal.length() - 1; i++) {
            char c = literal.charAt(i);
            if (c == '\\') {
                i++;
                text.append(escaped(literal.charAt(i)));
            } else {
                text.append(c);
                i += c == quote && literal.charAt(i + 1) == quote ? 1 : 0;
            }
        }
        return text.toString();
    }

    private static char escaped(char c) {
        return switch (c) {
            case '0' -> '\0';
            case 'b' -> '\b';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'Z' -> 26;
            default -> c;
        };
    }
}
