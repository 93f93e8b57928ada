package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A column type as MySQL writes it in {@code information_schema.columns.column_type}, and how its values look on the wire.
 *
 * @param name lower-case base name, {@code bigint}
 * @param unsigned true for {@code unsigned} and {@code zerofill} types
 * @param length display width, characters, bytes, bits, digits or fractional digits in parentheses; -1 when none is given
 * @param scale digits after the decimal point, -1 when none is given
 * @param members of ENUM and SET, unquoted, in order
 * @param text the type exactly as written
 */
public record MySqlType(String name, boolean unsigned, int length, int scale, List<String> members, String text) {
    /** The Avro type that carries a value (design: lossless first, legible second, compact third). */
    public enum Wire {
        /** Integers that fit 32 bits signed; YEAR. */
        INT,
        /** INT UNSIGNED and BIGINT. */
        LONG,
        FLOAT,
        DOUBLE,
        /** Text as MySQL prints it: characters, BIGINT UNSIGNED, DECIMAL, dates and times (TIMESTAMP in UTC), ENUM, SET, JSON. */
        STRING,
        /** Binary strings, BIT (big-endian, as many bytes as the bits need), geometry (SRID and WKB as MySQL stores it). */
        BYTES
    }

    private static final Set<String> BINARY = Set.of(
            "binary",
            "varbinary",
            "tinyblob",
            "blob",
            "mediumblob",
            "longblob",
            "bit",
            "geometry",
            "point",
            "linestring",
            "polygon",
            "multipoint",
            "multilinestring",
            "multipolygon",
            "geometrycollection",
            "geomcollection",
            "vector");
    private static final Set<String> TEXT = Set.of(
            "decimal",
            "char",
            "varchar",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
            "enum",
            "set",
            "json",
            "date",
            "datetime",
            "timestamp",
            "time",
            "uuid",
            "inet4",
            "inet6");

    public MySqlType {
        members = List.copyOf(members);
    }

    /**
     * Reads a column type.
     *
     * @throws IllegalArgumentException when the type is not one of MySQL 5.7 to 9 or MariaDB 10.6 to 11
     */
    public static MySqlType parse(String columnType) {
        String lower = columnType.toLowerCase(Locale.ROOT);
        int open = columnType.indexOf('(');
        int nameEnd = open >= 0 ? open : (lower.indexOf(' ') >= 0 ? lower.indexOf(' ') : lower.length());
        String name = canonicalName(lower.substring(0, nameEnd).trim());
        List<String> arguments =
                open < 0 ? List.of() : arguments(columnType.substring(open + 1, closing(columnType, open)));
        String rest = lower.substring(open < 0 ? nameEnd : closing(columnType, open) + 1);
        boolean unsigned = rest.contains("unsigned") || rest.contains("zerofill");
        boolean enumeration = name.equals("enum") || name.equals("set");
        int length = enumeration || arguments.isEmpty()
                ? -1
                : Integer.parseInt(arguments.get(0).trim());
        int scale = enumeration || arguments.size() < 2
                ? -1
                : Integer.parseInt(arguments.get(1).trim());
        MySqlType type = new MySqlType(name, unsigned, length, scale, enumeration ? arguments : List.of(), columnType);
        type.wire(); // refuses unknown names
        return type;
    }

    /** @throws IllegalArgumentException for a type name that is not known */
    public Wire wire() {
        return switch (name) {
            case "tinyint", "smallint", "mediumint", "year" -> Wire.INT;
            case "int" -> unsigned ? Wire.LONG : Wire.INT;
            case "bigint" -> unsigned ? Wire.STRING : Wire.LONG;
            case "float" -> Wire.FLOAT;
            case "double" -> Wire.DOUBLE;
            default -> {
                if (TEXT.contains(name)) {
                    yield Wire.STRING;
                }
                if (BINARY.contains(name)) {
                    yield Wire.BYTES;
                }
                throw new IllegalArgumentException("unknown column type '" + text + "'");
            }
        };
    }

    private static String canonicalName(String name) {
        return switch (name) {
            case "integer" -> "int";
            case "bool", "boolean" -> "tinyint";
            case "dec", "numeric", "fixed" -> "decimal";
            case "real", "double precision" -> "double";
            default -> name;
        };
    }

    private static char unescaped(char c) {
        return switch (c) {
            case '0' -> '\0';
            case 'n' -> '\n';
            case 'r' -> '\r';
            default -> c;
        };
    }

    private static int closing(String text, int open) {
        boolean quoted = false;
        for (int i = open + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\'') {
                quoted = !quoted; // a doubled quote toggles twice
            } else if (c == ')' && !quoted) {
                return i;
            }
        }
        throw new IllegalArgumentException("no closing parenthesis in column type '" + text + "'");
    }

    private static List<String> arguments(String inside) {
        List<String> result = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < inside.length(); i++) {
            char c = inside.charAt(i);
            if (c == '\'') {
                if (quoted && i + 1 < inside.length() && inside.charAt(i + 1) == '\'') {
                    current.append('\'');
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == '\\' && quoted && i + 1 < inside.length()) {
                current.append(unescaped(inside.charAt(++i)));
            } else if (c == ',' && !quoted) {
                result.add(current.toString());
                current.setLength(0);
            } else {
                current.append(c);
            }
        }
        result.add(current.toString());
        return result;
    }

    @Override
    public String toString() {
        return text;
    }
}
