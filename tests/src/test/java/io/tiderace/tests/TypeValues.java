package io.tiderace.tests;

import io.tiderace.schemas.MySqlType;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A column type with values at its limits, as SQL expressions, to be inserted under {@code sql_mode=ALLOW_INVALID_DATES}.
 *
 * @param read how to select the column so that nothing of the value is lost; {@code v} is the column
 */
record TypeValues(String type, String read, List<String> values) {
    private static final String TEXT = "HEX(CONVERT(v USING utf8mb4))";
    private static final String PRINTED = "CAST(v AS CHAR)";
    /** TiDB's CAST cuts off what has no digit before the point. */
    private static final String DIGITS = "CONCAT(v)";

    private static final String EXACT = "CAST(v AS DOUBLE)";

    private static TypeValues of(String type, String read, String... values) {
        return new TypeValues(type, read, List.of(values));
    }

    /** What {@link #read} gives for a value of the wire, null for null. */
    static String printed(MySqlType type, String read, Object value) {
        if (value == null) {
            return null;
        }
        if (type.name().equals("bit")) {
            return new BigInteger(1, (byte[]) value).toString(16).toUpperCase(Locale.ROOT);
        }
        if (value instanceof byte[] bytes) {
            return HexFormat.of().withUpperCase().formatHex(bytes);
        }
        if (read.startsWith("HEX")) {
            return HexFormat.of().withUpperCase().formatHex(value.toString().getBytes(StandardCharsets.UTF_8));
        }
        if (value instanceof Float || value instanceof Double) {
            return bits(((Number) value).doubleValue());
        }
        return value.toString();
    }

    /** The same form for what the server printed. */
    static String normal(String read, String text) {
        return text != null && read.equals(EXACT) ? bits(Double.parseDouble(text)) : text;
    }

    private static String bits(double value) {
        return Long.toHexString(Double.doubleToLongBits(value));
    }

    /** Types with one are shown together. */
    String family() {
        int charset = type.indexOf(" CHARACTER SET ");
        return charset > 0 && !type.endsWith(" binary")
                ? type.substring(0, charset)
                : type.matches("(BIT|DATETIME|TIMESTAMP|TIME)\\(\\d+\\).*")
                        ? type.substring(0, type.indexOf('('))
                        : type;
    }

    /** What stands for the type where a target has nothing like it. */
    String substitute() {
        return read.equals(TEXT) ? "LONGTEXT CHARACTER SET utf8mb4" : "LONGBLOB";
    }

    /** The value that the row with this id holds. */
    String name(int id) {
        return id == 0 ? "NULL" : id <= values.size() ? values.get(id - 1) : "characters, row " + id;
    }

    /** With as many characters of each character set as a server converts without an error. */
    static List<TypeValues> all() {
        return all(TypeValues::charsets);
    }

    /** With every character set, for whose characters there are {@link CharacterCodes}. */
    static List<TypeValues> matrix() {
        return all(result -> {
            characterSets(result);
            result.add(of("ENUM('x','y') NULL", "CONCAT(v, ' ', v + 0)", "'x'", "'y'", "'nope'", "0"));
        });
    }

    private static List<TypeValues> all(Consumer<List<TypeValues>> texts) {
        List<TypeValues> result = new ArrayList<>();
        integers(result);
        numbers(result);
        bits(result);
        times(result);
        strings(result);
        texts.accept(result);
        members(result);
        json(result);
        geometry(result);
        return result;
    }

    private static void integers(List<TypeValues> result) {
        String[] names = {"TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT"};
        int[] bits = {8, 16, 24, 32, 64};
        for (int i = 0; i < names.length; i++) {
            BigInteger half = BigInteger.ONE.shiftLeft(bits[i] - 1);
            result.add(of(
                    names[i],
                    PRINTED,
                    "0",
                    "1",
                    "-1",
                    half.negate().toString(),
                    half.subtract(BigInteger.ONE).toString()));
            String max = half.shiftLeft(1).subtract(BigInteger.ONE).toString();
            result.add(of(names[i] + " UNSIGNED", PRINTED, "0", "1", half.toString(), max));
            result.add(of(names[i] + "(3) ZEROFILL", "CAST(v + 0 AS CHAR)", "0", "7", max));
        }
        result.add(of("BOOL", PRINTED, "TRUE", "FALSE", "-128", "127"));
        result.add(of("YEAR", "CAST(v + 0 AS CHAR)", "0", "1901", "2155", "1970", "2024"));
    }

    private static void numbers(List<TypeValues> result) {
        result.add(of(
                "DECIMAL(65,30)",
                PRINTED,
                "0",
                "-0.000000000000000000000000000001",
                "9".repeat(35) + "." + "9".repeat(30),
                "-" + "9".repeat(35) + "." + "9".repeat(30),
                "1",
                "-1",
                "123456789.987654321"));
        result.add(of("DECIMAL(65,0)", PRINTED, "9".repeat(65), "-" + "9".repeat(65), "0", "100000000"));
        result.add(of("DECIMAL(30,30)", DIGITS, "0", "0." + "9".repeat(30), "-0." + "0".repeat(29) + "1"));
        result.add(of("DECIMAL", PRINTED, "0", "9999999999", "-9999999999"));
        result.add(of("DECIMAL(1,1)", DIGITS, "0", "0.9", "-0.9"));
        result.add(of("DECIMAL(10,2) UNSIGNED", PRINTED, "0", "99999999.99"));
        result.add(of("DECIMAL(10,2) ZEROFILL", "CAST(v + 0 AS CHAR)", "0", "1.5", "99999999.99"));
        result.add(of("NUMERIC(18,9)", PRINTED, "0.000000001", "-123456789.123456789"));
        result.add(of(
                "FLOAT",
                EXACT,
                "0",
                "-0e0",
                "3.4028234e38",
                "-3.4028234e38",
                "1.17549435e-38",
                "1.4e-45",
                "0.1",
                "16777217"));
        result.add(of("FLOAT(7,3)", EXACT, "1234.567", "-0.001"));
        result.add(of("FLOAT(30)", EXACT, "0.1", "1.7976931348623157e308"));
        result.add(of(
                "DOUBLE",
                EXACT,
                "0",
                "-0e0",
                "1.7976931348623157e308",
                "-1.7976931348623157e308",
                "2.2250738585072014e-308",
                "4.9e-324",
                "0.1",
                "9007199254740993",
                "1e22",
                "1e23"));
        result.add(of("DOUBLE(20,5) UNSIGNED", EXACT, "0", "123456789012345.12345"));
        result.add(of("REAL", EXACT, "0.3"));
    }

    private static void bits(List<TypeValues> result) {
        for (int bits = 1; bits <= 64; bits++) {
            result.add(of(
                    "BIT(" + bits + ")",
                    "HEX(v + 0)",
                    "0",
                    "1",
                    "b'" + "1".repeat(bits) + "'",
                    "b'1" + "0".repeat(bits - 1) + "'"));
        }
    }

    private static void times(List<TypeValues> result) {
        result.add(of(
                "DATE",
                PRINTED,
                "'0000-00-00'",
                "'2024-00-15'",
                "'2024-01-00'",
                "'2024-02-30'",
                "'2023-02-29'",
                "'0024-01-01'",
                "'0000-01-01'",
                "'1000-01-01'",
                "'9999-12-31'",
                "'1582-10-10'",
                "'1969-12-31'"));
        for (int fsp = 0; fsp <= 6; fsp++) {
            String fraction = fsp == 0 ? "" : "." + "9".repeat(fsp);
            String one = fsp == 0 ? "" : "." + "0".repeat(fsp - 1) + "1";
            result.add(of(
                    "DATETIME(" + fsp + ")",
                    PRINTED,
                    "'0000-00-00 00:00:00'",
                    "'2024-00-15 01:02:03" + one + "'",
                    "'2024-02-30 23:59:59" + fraction + "'",
                    "'0024-01-01 00:00:00'",
                    "'9999-12-31 23:59:59" + fraction + "'",
                    "'1000-01-01 00:00:00'",
                    "'1970-01-01 00:00:00" + one + "'"));
            result.add(of(
                    "TIMESTAMP(" + fsp + ") NULL",
                    PRINTED,
                    "'0000-00-00 00:00:00'",
                    "'1970-01-01 00:00:01'",
                    "'2038-01-19 03:14:07" + fraction + "'",
                    "'2024-02-29 12:34:56" + one + "'",
                    "'2024-10-27 00:30:00" + fraction + "'"));
            result.add(of(
                    "TIME(" + fsp + ")",
                    PRINTED,
                    "'00:00:00'",
                    "'838:59:59'",
                    "'-838:59:59'",
                    "'-00:00:00" + one + "'",
                    "'-00:00:01" + fraction + "'",
                    "'-00:00:01" + one + "'",
                    "'23:59:59" + fraction + "'",
                    "'-100:00:00" + one + "'",
                    "'-00:00:01'",
                    "'837:59:59" + fraction + "'",
                    "'-01:02:03" + fraction + "'"));
        }
    }

    private static void strings(List<TypeValues> result) {
        String hex = "HEX(v)";
        result.add(of(
                "BINARY(8)", hex, "''", "'a'", "X'0000000000000000'", "X'6100620000'", "X'FFFFFFFFFFFFFFFF'", "'  '"));
        result.add(of("BINARY(255)", hex, "''", "REPEAT(X'FF', 255)"));
        result.add(of("BINARY", hex, "''", "X'00'", "X'FF'"));
        result.add(of("VARBINARY(8)", hex, "''", "X'00'", "X'610000'", "'  '"));
        result.add(of("VARBINARY(1000)", hex, "''", "REPEAT(X'00', 1000)"));
        result.add(of("TINYBLOB", hex, "''", "REPEAT(X'FE', 255)"));
        result.add(of("BLOB", hex, "''", "REPEAT(X'00FF', 30000)"));
        result.add(of("BLOB(100)", hex, "''", "X'00'"));
        result.add(of("MEDIUMBLOB", hex, "''", "REPEAT(X'80', 70000)"));
        result.add(of("LONGBLOB", hex, "''", "REPEAT(X'80', 70000)", "RANDOM_BYTES(1000)"));
        result.add(of("CHAR(10) CHARACTER SET binary", hex, "''", "X'6100'"));
        result.add(of("VARCHAR(10) CHARACTER SET binary", hex, "''", "X'6100'"));
        result.add(of("TEXT CHARACTER SET binary", hex, "''", "X'FF00'"));
        result.add(of("LONG VARBINARY", hex, "''", "X'6100'"));
        result.add(of("CHAR", TEXT, "''", "'a'"));
        result.add(of("CHAR(0)", TEXT, "''"));
        result.add(of("CHAR(255)", TEXT, "''", "REPEAT('😀', 255)", "'a   '", "'   a'"));
        result.add(of("CHAR(63)", TEXT, "REPEAT('😀', 63)"));
        result.add(of("CHAR(64)", TEXT, "REPEAT('😀', 64)"));
        result.add(of(
                "VARCHAR(10)",
                TEXT,
                "''",
                "'a   '",
                "'\\0\\n\\r\\t\\\\'''",
                "'İßœ'",
                "_utf8mb4 X'F48FBFBF'",
                "_utf8mb4 X'EFBFBF'"));
        result.add(of("VARCHAR(255) CHARACTER SET latin1", TEXT, "''", "REPEAT('é', 255)"));
        result.add(of("VARCHAR(256) CHARACTER SET latin1", TEXT, "''", "REPEAT('é', 256)"));
        result.add(of("VARCHAR(16000)", TEXT, "''", "REPEAT('字', 16000)"));
        result.add(of("NCHAR(5)", TEXT, "'é字'"));
        result.add(of("NVARCHAR(5)", TEXT, "'é字'"));
        result.add(of("NATIONAL CHARACTER VARYING(5)", TEXT, "'é字'"));
        result.add(of("CHARACTER VARYING(5)", TEXT, "'é字'"));
        result.add(of("LONG", TEXT, "'é字'"));
        result.add(of("LONG VARCHAR", TEXT, "'é字'"));
        result.add(of("TEXT(50)", TEXT, "'é字'"));
        result.add(of("TEXT(300)", TEXT, "'é字'"));
        result.add(of("TINYTEXT", TEXT, "''", "REPEAT('a', 255)"));
        result.add(of("MEDIUMTEXT", TEXT, "''", "REPEAT('é', 70000)"));
        result.add(of("VARCHAR(10) COLLATE utf8mb4_bin", TEXT, "'aÄ'"));
        result.add(of("VARCHAR(10) COLLATE latin1_swedish_ci", TEXT, "'aÄ'"));
    }

    private static void characterSets(List<TypeValues> result) {
        String[] names = {
            "utf8mb4",
            "utf8mb3",
            "latin1",
            "ascii",
            "gbk",
            "gb18030",
            "gb2312",
            "big5",
            "ucs2",
            "utf16",
            "utf16le",
            "utf32",
            "koi8r",
            "koi8u",
            "cp1250",
            "cp1251",
            "cp1256",
            "cp1257",
            "latin2",
            "latin5",
            "latin7",
            "greek",
            "hebrew",
            "cp850",
            "cp852",
            "cp866",
            "tis620",
            "sjis",
            "cp932",
            "ujis",
            "eucjpms",
            "euckr",
            "armscii8",
            "dec8",
            "geostd8",
            "hp8",
            "keybcs2",
            "macce",
            "macroman",
            "swe7"
        };
        for (String name : names) {
            List<String> pages = new ArrayList<>(List.of("'az'"));
            boolean isUnicode = name.startsWith("u") && !name.equals("ujis");
            for (int page = 0; page < (isUnicode ? 0x100 : 0); page++) {
                if (page < 0xd8 || page > 0xdf) {
                    pages.add("CONVERT(_utf16 X'" + page(page) + "' USING " + name + ")");
                }
            }
            if (List.of("utf8mb4", "gb18030", "utf16", "utf16le", "utf32").contains(name)) {
                pages.add("'😀𠀀𪛖'");
                pages.add("_utf8mb4 X'F0908080F48FBFBF'");
            }
            result.add(new TypeValues("TEXT CHARACTER SET " + name, TEXT, pages));
        }
        for (String type : List.of("CHAR(20)", "VARCHAR(20)", "ENUM('az','09')", "SET('az','09')")) {
            for (String name : List.of("utf8mb4", "latin1", "gbk", "ucs2", "utf32", "sjis")) {
                result.add(of(type + " CHARACTER SET " + name, TEXT, "'az'", "'09'"));
            }
        }
    }

    private static void charsets(List<TypeValues> result) {
        String[] names = {
            "utf8mb4", "utf8mb3", "utf8", "latin1", "gbk", "gb18030", "gb2312", "big5", "ucs2", "utf16", "utf16le",
            "utf32", "ascii", "koi8r", "koi8u", "cp1250", "cp1251", "cp1256", "cp1257", "latin2", "latin5", "latin7",
            "greek", "hebrew", "cp850", "cp852", "cp866", "tis620", "sjis", "cp932", "ujis", "eucjpms", "euckr"
        };
        for (String name : names) {
            List<String> pages = new ArrayList<>(List.of("'az'"));
            // of the others some characters are refused, with an error
            boolean isWhole = !List.of("big5", "tis620", "ujis", "eucjpms").contains(name);
            for (int page = 0; page < (isWhole ? 0x100 : 1); page++) {
                if (isWhole && page < 0xd8 || page > 0xdf) {
                    pages.add("CONVERT(_utf16 X'" + page(page) + "' USING " + name + ")");
                }
            }
            if (List.of("utf8mb4", "gb18030", "utf16", "utf16le", "utf32").contains(name)) {
                pages.add("'😀𠀀𪛖'");
                pages.add("_utf8mb4 X'F0908080F48FBFBF'");
            }
            result.add(new TypeValues("TEXT CHARACTER SET " + name, TEXT, pages));
            result.add(of("CHAR(20) CHARACTER SET " + name, TEXT, "''", "'az09'"));
            result.add(of("VARCHAR(20) CHARACTER SET " + name, TEXT, "''", "'az09  '"));
            result.add(of("ENUM('az','09') CHARACTER SET " + name, TEXT, "'az'", "'09'"));
        }
    }

    private static String page(int high) {
        StringBuilder hex = new StringBuilder();
        for (int low = 0; low < 256; low++) {
            hex.append(String.format(Locale.ROOT, "%02X%02X", high, low));
        }
        return hex.toString();
    }

    private static void members(List<TypeValues> result) {
        String members = "('a','b,c','it''s','back\\\\slash','quo\"te','','é字','x y','(1)')";
        result.add(of(
                "ENUM" + members,
                TEXT,
                "'a'",
                "'b,c'",
                "'it''s'",
                "'back\\\\slash'",
                "'quo\"te'",
                "''",
                "'é字'",
                "'x y'",
                "'(1)'",
                "'nope'",
                "0"));
        result.add(of(
                "SET('a','it''s','back\\\\slash','quo\"te','é字','(1)')",
                TEXT,
                "''",
                "'a'",
                "'a,it''s'",
                "63",
                "'é字,(1)'",
                "'back\\\\slash'"));
        StringBuilder many = new StringBuilder("ENUM(");
        for (int i = 0; i < 300; i++) {
            many.append(i == 0 ? "" : ",").append("'m").append(i).append('\'');
        }
        result.add(of(many.append(')').toString(), TEXT, "'m0'", "'m254'", "'m255'", "'m256'", "'m299'"));
        StringBuilder wide = new StringBuilder("SET(");
        for (int i = 0; i < 64; i++) {
            wide.append(i == 0 ? "" : ",").append("'m").append(i).append('\'');
        }
        result.add(of(wide.append(')').toString(), TEXT, "''", "18446744073709551615", "'m0,m63'", "'m31,m32'"));
        result.add(of("ENUM(\"dq\",'a''b') COLLATE utf8mb4_bin", TEXT, "'dq'", "'a''b'"));
    }

    private static void json(List<TypeValues> result) {
        StringBuilder large = new StringBuilder("'[");
        for (int i = 0; i < 9000; i++) {
            large.append(i == 0 ? "" : ",").append(i * 7919L);
        }
        List<String> values = new ArrayList<>(List.of(
                "'null'",
                "'true'",
                "'false'",
                "'0'",
                "'-1'",
                "'32767'",
                "'32768'",
                "'-32768'",
                "'-32769'",
                "'65535'",
                "'65536'",
                "'2147483647'",
                "'-2147483648'",
                "'2147483648'",
                "'4294967295'",
                "'9223372036854775807'",
                "'-9223372036854775808'",
                "'18446744073709551615'",
                "'18446744073709551616'",
                "'\"\"'",
                "'\"é😀\\\\u0000\\\\u001f\\\\n\\\\\"\\\\\\\\/\\\\b\\\\f\\\\u007f\"'",
                "'[]'",
                "'{}'",
                "'[[[[{\"a\":[{}]}]]]]'",
                "'{\"b\":1,\"aa\":2,\"a\":3,\"\":4}'",
                "'{\"k\":70000,\"l\":-70000,\"m\":1.5,\"n\":null,\"o\":true}'",
                large.append("]'").toString(),
                "CONCAT('\"', REPEAT('x', 70000), '\"')",
                "CONCAT('{\"', REPEAT('k', 60000), '\":[\"', REPEAT('y', 130), '\"]}')",
                "CONCAT(REPEAT('[', 100), REPEAT(']', 100))",
                "CAST(1.10 AS JSON)",
                "CAST(CAST('-12345678901234567890.123456789' AS DECIMAL(40,10)) AS JSON)",
                "CAST(CAST('2024-02-29' AS DATE) AS JSON)",
                "CAST(CAST('2024-02-29 01:02:03.456789' AS DATETIME(6)) AS JSON)",
                "CAST(CAST('-838:59:59.000000' AS TIME(6)) AS JSON)",
                "CAST(TIMESTAMP'1999-12-31 23:59:59.1' AS JSON)",
                "CAST(CAST('-00:00:00.5' AS TIME(6)) AS JSON)",
                "CAST(X'CAFE00' AS JSON)",
                "CAST(b'101' AS JSON)",
                "JSON_OBJECT('d', 1.5, 't', TIME'10:00:00', 'b', X'00FF')",
                "JSON_ARRAY(CAST(1 AS UNSIGNED), 0.1e0, 1.0)",
                "JSON_ARRAY(REPEAT('a',127), REPEAT('a',128), REPEAT('a',16384))",
                "CAST(ST_GeomFromText('POINT(1 2)') AS JSON)"));
        for (String number : List.of(
                "0.0",
                "-0.0",
                "1.0",
                "0.1",
                "1e15",
                "1e14",
                "123456789012345678",
                "1e16",
                "1e17",
                "1e20",
                "1e21",
                "1e22",
                "1e100",
                "-1.5e-7",
                "1e-5",
                "1e-6",
                "0.0001",
                "0.00001",
                "1.7976931348623157e308",
                "4.9e-324",
                "2.2250738585072014e-308",
                "123456.789e3",
                "1.1e15",
                "1.1e16",
                "12345678901234567e0",
                "1234567890123456e0",
                "999999999999999e0",
                "0.3",
                "2e-3",
                "5e-324",
                "9007199254740993e0",
                "1e23",
                "1.2345678901234567e-10",
                "0.000123456789012345678",
                "-1e15")) {
            values.add("'" + number + "'");
            values.add("CAST(" + number + (number.contains("e") ? "" : "e0") + " AS JSON)");
        }
        result.add(new TypeValues("JSON", PRINTED, values));
    }

    private static void geometry(List<TypeValues> result) {
        String hex = "HEX(v)";
        result.add(of(
                "GEOMETRY",
                hex,
                "ST_GeomFromText('POINT(1 2)')",
                "ST_GeomFromText('POINT(1 2)', 4326)",
                "ST_GeomFromText('LINESTRING(0 0,1 1)')",
                "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')",
                "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"));
        result.add(of("POINT", hex, "ST_GeomFromText('POINT(-1.5 1e300)')"));
        result.add(of("LINESTRING", hex, "ST_GeomFromText('LINESTRING(0 0,1 1,2 2)')"));
        result.add(of("POLYGON", hex, "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"));
        result.add(of("MULTIPOINT", hex, "ST_GeomFromText('MULTIPOINT(0 0,1 1)')"));
        result.add(of("MULTILINESTRING", hex, "ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')"));
        result.add(of("MULTIPOLYGON", hex, "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')"));
        result.add(of("GEOMETRYCOLLECTION", hex, "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')"));
        result.add(of("GEOMCOLLECTION", hex, "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')"));
        result.add(of("POINT SRID 4326", hex, "ST_GeomFromText('POINT(10 20)', 4326)"));
    }
}
