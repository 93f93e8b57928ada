package io.tiderace.tests;

import io.tiderace.cli.MariaDbServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.Op;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: copy and stream of a MariaDB give the same bytes for the same value, the ones that the source prints. Method: values at the limits of every
 * type, copied, then inserted, moved and deleted; on the newest version unless {@code -Dtiderace.mariadb} names others.
 */
@ParameterizedClass(name = "MariaDB {0}")
@MethodSource("versions")
class CaptureMariaDbTypesIT {
    private static final List<String> OTHERS = List.of("JSON", "gb18030", "GEOMCOLLECTION", "SRID");

    @Parameter
    String version;

    private MariaDbServer server;

    static List<String> versions() {
        return CaptureMariaDbPlacesIT.versions();
    }

    @BeforeEach
    void begin() {
        server = MariaDbServer.start(version);
    }

    @AfterEach
    void end() {
        server.close();
    }

    private static TypeValues of(String type, String... values) {
        return new TypeValues(type, "CAST(v AS CHAR)", List.of(values));
    }

    private static TypeValues bytes(String type, String... values) {
        return new TypeValues(type, "HEX(v)", List.of(values));
    }

    private static List<TypeValues> ofMariaDb() {
        String[] texts = {"''", "'a'", "REPEAT('abc', 90)", "REPEAT('ü', 200)"};
        return List.of(
                of(
                        "UUID",
                        "'123e4567-e89b-12d3-a456-426655440000'",
                        "'00000000-0000-0000-0000-000000000000'",
                        "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                        "'018f3c2e-7b9a-7000-8000-000000000000'",
                        "UUID()"),
                of(
                        "INET6",
                        "'::'",
                        "'::1'",
                        "'1::'",
                        "'1:0:2:3:4:5:6:7'",
                        "'::1:0'",
                        "'0:0:0:0:0:1::'",
                        "'1:0:0:2:0:0:0:3'",
                        "'0:0:1:0:0:1:0:0'",
                        "'::ffff:1.2.3.4'",
                        "'::ffff:0:0'",
                        "'::1.2.3.4'",
                        "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'",
                        "'2001:db8::ff00:42:8300'"),
                of("INET4", "'0.0.0.0'", "'255.255.255.255'", "'10.1.0.0'"),
                of("VARCHAR(300) COMPRESSED CHARACTER SET utf8mb4", texts),
                of("VARCHAR(100) COMPRESSED CHARACTER SET latin1", "''", "'aü'", "REPEAT('b', 100)"),
                of("TEXT COMPRESSED CHARACTER SET utf8mb4", texts),
                of("LONGTEXT COMPRESSED CHARACTER SET utf8mb4", "''", "'a'", "REPEAT('0123456789', 30000)"),
                bytes("VARBINARY(300) COMPRESSED", "''", "x'00'", "REPEAT(x'0001', 150)"),
                bytes("TINYBLOB COMPRESSED", "''", "x'00'", "REPEAT(x'0001', 100)"),
                bytes("BLOB COMPRESSED", "''", "x'ff00'", "REPEAT(x'0001', 5000)"),
                of("JSON", "'{\"b\" : 1,  \"a\":[1.0,null,\"ü\"]}'", "'[]'", "'18446744073709551616'", "'\"x\"'"));
    }

    @Test
    void everyValueOfMariaDbsTypesIsWhatTheSourcePrints() throws Exception {
        compare(ofMariaDb());
    }

    @Test
    void everyValueOfTheCommonTypesIsWhatTheSourcePrints() throws Exception {
        compare(TypeValues.all().stream()
                // MariaDB's JSON is text, and the others it does not have
                .filter(values -> OTHERS.stream().noneMatch(values.type()::contains))
                .toList());
    }

    @Test
    void datesAndTimesOfTheOldFormatAreRead() throws Exception {
        server.close();
        server = MariaDbServer.start(version, "--mysql56-temporal-format=OFF");
        List<TypeValues> all = new ArrayList<>();
        for (String digits : new String[] {"", "(1)", "(2)", "(3)", "(4)", "(5)", "(6)"}) {
            all.add(of(
                    "DATETIME" + digits,
                    "'0000-00-00 00:00:00'",
                    "'2024-00-15 01:02:03.123456'",
                    "'9999-12-31 23:59:59.999999'",
                    "'1000-01-01 00:00:00'"));
            all.add(of(
                    "TIMESTAMP" + digits + " NULL",
                    "'1970-01-01 00:00:01.5'",
                    "'2038-01-19 03:14:07.999999'",
                    "'2024-02-29 12:00:00.000001'"));
            all.add(of(
                    "TIME" + digits,
                    "'00:00:00'",
                    "'-00:00:00.5'",
                    "'-838:59:59.999999'",
                    "'838:59:59.999999'",
                    "'12:34:56.789012'",
                    "'-00:00:01.000001'"));
        }
        compare(all);
    }

    /** Copies every value, then inserts, moves and deletes it in the stream: each time it is what the source printed, and always the same. */
    private void compare(List<TypeValues> all) throws Exception {
        String schema = Servers.freshName("values");
        try (Captured captured = new Captured(server, schema, TaskConfig.Mode.ALL);
                Connection connection = captured.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
            statement.execute("CREATE DATABASE " + schema);
            statement.execute("USE " + schema);
            List<Map<Integer, String>> printed = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                printed.add(write(statement, "t" + i, all.get(i)));
            }
            captured.begin()
                    .readUntil(event -> event instanceof SnapshotProgress copy && copy.progress() == Progress.COPY_END);
            for (int i = 0; i < all.size(); i++) {
                statement.execute("INSERT INTO t" + i + " SELECT id + 1000, v FROM t" + i);
                statement.execute("UPDATE t" + i + " SET id = id + 1000 WHERE id >= 1000");
                statement.execute("DELETE FROM t" + i);
            }
            statement.execute("CREATE TABLE done (id INT)");
            Map<String, List<RowChange>> rows = captured
                    .readUntil(event -> event instanceof SchemaChange change
                            && change.statement().contains("TABLE done"))
                    .stream()
                    .filter(RowChange.class::isInstance)
                    .map(RowChange.class::cast)
                    .collect(Collectors.groupingBy(row -> row.table().name().table()));
            List<String> wrong = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                List<RowChange> ofTable = rows.get("t" + i);
                int count = all.get(i).values().size() + 1;
                assertThat(ofTable).as(all.get(i).type()).hasSize(5 * count); // twice deleted
                assertThat(ofTable.subList(0, count)).extracting(RowChange::op).containsOnly(Op.READ);
                compare(all.get(i), printed.get(i), ofTable, wrong);
            }
            assertThat(wrong).isEmpty();
        }
    }

    private static void compare(
            TypeValues values, Map<Integer, String> printed, List<RowChange> rows, List<String> wrong) {
        Map<Integer, Object> copied = new HashMap<>();
        for (RowChange row : rows) {
            for (Object[] image : new Object[][] {row.before(), row.after()}) {
                if (image != null) {
                    int id = (Integer) image[0] % 1000;
                    String expected = printed.get(id);
                    String found =
                            TypeValues.printed(row.table().columns().get(1).type(), values.read(), image[1]);
                    Object first = copied.computeIfAbsent(id, any -> image[1]);
                    if (!Objects.equals(found, expected) || !Objects.deepEquals(first, image[1])) {
                        wrong.add(values.type() + " " + row.op() + " " + id + ": " + expected + " <> " + found);
                    }
                }
            }
        }
    }

    private static Map<Integer, String> write(Statement statement, String table, TypeValues values)
            throws SQLException {
        statement.execute("CREATE TABLE " + table + " (id INT PRIMARY KEY, v " + values.type() + ")");
        statement.execute("INSERT INTO " + table + " VALUES (0, NULL)");
        int id = 0;
        for (String value : values.values()) {
            statement.execute("INSERT INTO " + table + " VALUES (" + ++id + ", " + value + ")");
        }
        Map<Integer, String> printed = new HashMap<>();
        try (ResultSet row = statement.executeQuery("SELECT id, " + values.read() + " FROM " + table)) {
            while (row.next()) {
                byte[] bytes = row.getBytes(2);
                String text = bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
                printed.put(row.getInt(1), TypeValues.normal(values.read(), text));
            }
        }
        return printed;
    }
}
