package io.tiderace.tests;

import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: every type arrives as MySQL has it. Method: each type's boundary values, copied, inserted, updated and deleted, compared with SELECT. */
class CaptureStreamIT {
    /** Column type, and literals that it must carry. */
    private static final Map<String, List<String>> TYPES = types();

    private static Map<String, List<String>> types() {
        Map<String, List<String>> types = new TreeMap<>();
        types.put("tinyint", List.of("-128", "0", "127"));
        types.put("tinyint unsigned", List.of("0", "255"));
        types.put("smallint", List.of("-32768", "32767"));
        types.put("smallint unsigned zerofill", List.of("0", "65535"));
        types.put("mediumint", List.of("-8388608", "8388607"));
        types.put("mediumint unsigned", List.of("16777215"));
        types.put("int", List.of("-2147483648", "2147483647"));
        types.put("int unsigned", List.of("4294967295"));
        types.put("bigint", List.of("-9223372036854775808", "9223372036854775807"));
        types.put("bigint unsigned", List.of("0", "18446744073709551615"));
        types.put("bigint unsigned zerofill", List.of("7"));
        types.put(
                "decimal(65,30)",
                List.of("-12345678901234567890123456789012345.123456789012345678901234567890", "0", "0.1"));
        types.put("decimal(10,2)", List.of("-0.01", "99999999.99", "5"));
        types.put("decimal(5,0) zerofill", List.of("12"));
        types.put("decimal(9,9)", List.of("0.123456789", "-0.000000001"));
        types.put("float", List.of("1.1", "-0.0", "3.4028234e38", "1.17549e-38", "1e-45", "16777217"));
        types.put("float(7,2)", List.of("12345.68"));
        types.put("double", List.of("0.1", "-0.0", "1.7976931348623157e308", "4.9e-324", "2e-3", "1e22"));
        types.put("double(10,3)", List.of("1234.567"));
        types.put("bit(1)", List.of("b'1'", "b'0'"));
        types.put("bit(10)", List.of("b'1000000001'"));
        types.put("bit(64)", List.of("0xFFFFFFFFFFFFFFFE"));
        types.put("char(10)", List.of("'a'", "''", "'grün'"));
        types.put("varchar(300)", List.of("'" + "x".repeat(300) + "'", "' a '"));
        types.put("varchar(20) character set latin1", List.of("'é€ß'", "_latin1 0x818d8f909d"));
        types.put("varchar(20) character set gbk", List.of("'中文'"));
        types.put("varchar(20) character set gb18030", List.of("'中文😀'"));
        types.put("varchar(20) character set ucs2", List.of("'中文a'"));
        types.put("varchar(20) character set utf16", List.of("'中😀'"));
        types.put("varchar(20) character set utf8mb3", List.of("'é中'"));
        types.put("varchar(20) character set binary", List.of("0x00ff10"));
        types.put("text", List.of("'t😀'"));
        types.put("mediumtext character set latin1", List.of("'ÿ'"));
        types.put("longtext", List.of("repeat('lang', 50000)"));
        types.put("binary(4)", List.of("0x01", "0x00000000", "0x20202020", "0x01020000"));
        types.put("varbinary(300)", List.of("0x0100", "''", "repeat(0xff, 300)"));
        types.put("tinyblob", List.of("0x00"));
        types.put("longblob", List.of("repeat(0x0001, 70000)"));
        types.put("date", List.of("'0000-00-00'", "'2024-00-15'", "'2024-02-30'", "'0024-01-01'", "'9999-12-31'"));
        types.put("datetime", List.of("'0000-00-00 00:00:00'", "'2024-01-00 23:59:59'"));
        types.put("datetime(3)", List.of("'2024-12-31 23:59:59.999'"));
        types.put("datetime(6)", List.of("'1000-01-01 00:00:00.000001'"));
        types.put("timestamp null", List.of("'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"));
        types.put("timestamp(1) null", List.of("'2000-01-01 00:00:00.9'"));
        types.put("timestamp(6) null", List.of("'2001-01-01 00:00:00.123456'"));
        types.put("time", List.of("'-838:59:59'", "'838:59:59'", "'00:00:00'"));
        types.put("time(1)", List.of("'-00:00:00.1'", "'-01:02:03.9'"));
        types.put("time(3)", List.of("'-00:00:01.001'", "'12:34:56.789'"));
        types.put("time(6)", List.of("'-838:59:58.999999'", "'00:00:00.000001'"));
        types.put("year", List.of("0", "1901", "2155"));
        types.put("enum('a','b,c','it''s','\\\\')", List.of("'a'", "'b,c'", "'it''s'", "'\\\\'", "0"));
        types.put("set('x','y z','q')", List.of("''", "'x,q'", "'y z'"));
        types.put(
                "json",
                List.of(
                        "'{\"b\": [1, -2.5, 1e20, true, null, \"q\\\\\"\\\\n\"], \"a\": {}}'",
                        "'18446744073709551615'",
                        "'-9223372036854775808'",
                        "'\"\"'",
                        "cast(cast(1.50 as decimal(5,2)) as json)",
                        "cast(cast('2024-01-02 03:04:05.6' as datetime(6)) as json)",
                        "cast(cast('-11:12:13' as time) as json)",
                        "cast(cast('2024-01-02' as date) as json)",
                        "cast(x'01ff' as json)",
                        "'0.1'",
                        "'123456789012345680000'",
                        "'[1.0, 100000000000000.0, 1e-7, 5e-324]'",
                        "json_array(repeat('z', 70000), 40000, -40000, 3000000000)"));
        types.put("geometry", List.of("ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('LINESTRING(0 0,1 1)')"));
        types.put("point", List.of("ST_GeomFromText('POINT(3 4)')"));
        return types;
    }

    @Test
    void everyTypeArrivesAsMySqlHasIt() throws Exception {
        String schema = Servers.freshName("types");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + schema + " CHARACTER SET utf8mb4");
            }
            List<String> types = new ArrayList<>(TYPES.keySet());
            StringBuilder columns = new StringBuilder();
            for (int i = 0; i < types.size(); i++) {
                columns.append(", c").append(i).append(' ').append(types.get(i));
            }
            String mode = "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'";
            source.execute(
                    mode,
                    "CREATE TABLE t (id int primary key" + columns + ", g int as (id + 1), s int as (id + 2) stored)");
            List<String> inserts = inserts(types, 0);
            List<String> all = new ArrayList<>();
            all.add(mode);
            all.addAll(inserts);
            source.execute(all.toArray(new String[0]));
            source.begin();
            source.readUntil(event -> event instanceof ChangeEvent.SnapshotProgress progress
                    && progress.progress() == ChangeEvent.Progress.COPY_END);
            List<String> stream = new ArrayList<>();
            stream.add(mode);
            stream.addAll(inserts(types, 1000));
            stream.add("UPDATE t SET id = id + 1000 WHERE id >= 1000");
            stream.add("DELETE FROM t WHERE id = 2000");
            stream.add("CREATE TABLE done (id int)");
            source.execute(stream.toArray(new String[0]));
            List<ChangeEvent> events = source.readUntil(event -> event instanceof ChangeEvent.SchemaChange change
                    && change.statement().contains("TABLE done"));
            check(source, types, events);
        }
    }

    private static List<String> inserts(List<String> types, int offset) {
        List<String> result = new ArrayList<>();
        int id = offset;
        for (int i = 0; i < types.size(); i++) {
            for (String literal : TYPES.get(types.get(i))) {
                result.add("INSERT INTO t (id, c" + i + ") VALUES (" + id++ + ", " + literal + ")");
            }
        }
        return result;
    }

    private static void check(Captured source, List<String> types, List<ChangeEvent> events) throws Exception {
        Map<Integer, Object[]> copied = new TreeMap<>();
        Map<Integer, Object[]> inserted = new TreeMap<>();
        Map<Integer, Object[]> updated = new TreeMap<>();
        for (ChangeEvent event : events) {
            if (event instanceof RowChange row && row.table().name().table().equals("t")) {
                Object[] image = row.op() == Op.DELETE ? row.before() : row.after();
                int id = (Integer) image[0];
                switch (row.op()) {
                    case READ -> copied.put(id, image);
                    case INSERT -> inserted.put(id - 1000, image);
                    case UPDATE -> updated.put(id - 2000, image);
                    case DELETE -> assertThat(id).isEqualTo(2000);
                }
            }
        }
        assertThat(inserted.keySet()).isEqualTo(copied.keySet());
        assertThat(updated.keySet()).isEqualTo(copied.keySet());
        List<String> problems = new ArrayList<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + source.config().topics().prefix().replace(".", ""));
            statement.execute("SET time_zone = '+00:00'");
            int id = 0;
            for (int i = 0; i < types.size(); i++) {
                for (String literal : TYPES.get(types.get(i))) {
                    String shown = types.get(i) + " " + literal.substring(0, Math.min(60, literal.length()));
                    Object copy = copied.get(id)[i + 1];
                    compare(problems, shown + " insert", copy, inserted.get(id)[i + 1]);
                    compare(problems, shown + " update", copy, updated.get(id)[i + 1]);
                    try (ResultSet rows = statement.executeQuery(
                            "SELECT " + expression(types.get(i), "c" + i) + " FROM t WHERE id = " + id)) {
                        rows.next();
                        compare(problems, shown + " select", rows.getString(1), text(copy));
                    }
                    id++;
                }
            }
        }
        assertThat(problems).isEmpty();
    }

    /** The value as text that tells any two values apart. */
    private static String expression(String type, String column) {
        if (type.startsWith("float") || type.startsWith("double")) {
            return column + " * 1e0";
        }
        boolean isBinary = type.startsWith("bit")
                || type.contains("bin")
                || type.contains("blob")
                || type.equals("geometry")
                || type.equals("point");
        if (isBinary) {
            return "LOWER(HEX(" + (type.startsWith("bit") ? "CAST(" + column + " AS BINARY)" : column) + "))";
        }
        boolean isFilled = type.contains("zerofill");
        return isFilled ? column + " + 0" : "CAST(" + column + " AS CHAR CHARACTER SET utf8mb4)";
    }

    private static String text(Object value) {
        if (value instanceof byte[] bytes) {
            return java.util.HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Float || value instanceof Double) {
            return new java.math.BigDecimal(((Number) value).doubleValue()).signum() == 0
                    ? value.toString()
                    : value.toString();
        }
        return String.valueOf(value);
    }

    private static void compare(List<String> problems, String what, Object expected, Object actual) {
        boolean same = expected instanceof byte[] bytes
                ? actual instanceof byte[] others && Arrays.equals(bytes, others)
                : String.valueOf(expected).equals(String.valueOf(actual));
        if (!same && isNumber(expected, actual)) {
            // a FLOAT is a double in MySQL's text
            same = (float) Double.parseDouble(expected.toString()) == Float.parseFloat(actual.toString())
                    && (what.startsWith("float")
                            || Double.parseDouble(expected.toString()) == Double.parseDouble(actual.toString()));
        }
        if (!same) {
            problems.add(what + ": " + shortened(expected) + " <> " + shortened(actual));
        }
    }

    private static boolean isNumber(Object expected, Object actual) {
        return expected instanceof String text
                && text.matches("-?[0-9.Ee+-]+")
                && actual != null
                && actual.toString().matches("-?[0-9.Ee+-]+");
    }

    private static String shortened(Object value) {
        String text = text(value);
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }
}
