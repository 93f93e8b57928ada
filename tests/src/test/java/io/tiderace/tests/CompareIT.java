package io.tiderace.tests;

import io.tiderace.tests.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The comparison says equal for equal tables of every type on both kinds of target, and names exactly the rows that are not. */
class CompareIT {
    private static final String ALL_TYPES =
            "CREATE TABLE types (id BIGINT UNSIGNED PRIMARY KEY, i INT, t TINYINT UNSIGNED, de DECIMAL(30,10),"
                    + " f FLOAT, d DOUBLE, c CHAR(5), v VARCHAR(50), l VARCHAR(20) CHARACTER SET latin1, b VARBINARY(20), bb BINARY(4), bl BLOB,"
                    + " tx TEXT, e ENUM('x','y'), s SET('p','q'), bi BIT(10), j JSON, da DATE, dt DATETIME(6), ts TIMESTAMP(3) NULL, ti TIME(2), y YEAR)";
    private static final String ALL_VALUES = "INSERT INTO types VALUES"
            + " (1, -5, 200, 1.5, 1.1, 1e100, 'a ', 'Zoë', 'Málaga', 0x00ff, 0x01, 0xdeadbeef, 'long', 'y', 'p,q', b'1010101010',"
            + " '{\"bb\": 1.0, \"a\": [1, null, \"x\"], \"ccc\": {\"z\": 1, \"y\": 2}}', '2024-02-29', '2024-01-01 12:00:00.123456',"
            + " '2024-01-01 00:00:01.500', '-12:30:00.25', 2024),"
            + " (18446744073709551615, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
            + " NULL, NULL, NULL, NULL),"
            + " (3, 0, 0, -0.0000000001, 3.4e38, -2.5e-300, '', '', '', '', '', '', '', 'x', '', b'0', '[]', '1000-01-01',"
            + " '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '838:59:59', 1901),"
            + " (4, 1, 1, 123456789012345678.9, 0.1, 0.1, 'x', 'tab\\tnl\\n', '€', 0x7c, 0x7c7c, 0x00, '\\\\', 'x', 'q', b'1', '1.5e10',"
            + " '2024-01-01', '2024-01-01', '2024-01-01', '00:00:00', 2155)";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "tidb"})
    void equalTablesAreEqualAndEveryDifferenceIsNamedByItsKey(String kind) throws Exception {
        String target = kind.equals("mysql")
                ? Servers.mysqlTarget().jdbcUrl()
                : Servers.tidb().jdbcUrl();
        int port = kind.equals("mysql")
                ? Servers.mysqlTarget().port()
                : Servers.tidb().port();
        String schema = Servers.freshName("cmp");
        for (String server : new String[] {Servers.source().jdbcUrl(), target}) {
            Command.sql(server, fill(schema));
        }
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Command.task(folder, "t1", "s1", schema, "all", port);

        Result equal = Command.run("compare", "--source", source, "--task", task, "--retry-for", 0);
        assertThat(equal.err()).isEmpty();
        assertThat(equal.out()).contains("equal: 4 tables").doesNotContain("DIFF");
        assertThat(equal.exitCode()).isZero();

        Command.sql(
                target,
                "USE " + schema,
                "DELETE FROM many WHERE id = 41234",
                "UPDATE many SET v = 'changed' WHERE id = 3",
                "INSERT INTO many VALUES (70000, 'extra')",
                "UPDATE names SET v = 1 WHERE name = 'n77' AND part = 0",
                "UPDATE types SET j = '{}' WHERE id = 1",
                "UPDATE types SET d = 0.2 WHERE id = 4",
                "DELETE FROM nokey LIMIT 1");
        Result different = Command.run("compare", "--source", source, "--task", task, "--retry-for", 0);
        assertThat(different.exitCode()).isEqualTo(5);
        assertThat(different.out())
                .contains("missing in the target: id=41234")
                .contains("different: id=3\n")
                .contains("in the target only: id=70000")
                .contains("different: name=n77, part=0")
                .contains("different: id=1\n")
                .contains("different: id=4\n")
                .contains("the table has no key")
                .contains("different: 4 of 4 tables");
        Result json = Command.run("compare", "--source", source, "--task", task, "--retry-for", 0, "--json");
        assertThat(json.out()).contains("{\"kind\":\"missing\",\"key\":{\"id\":\"41234\"}}");
    }

    private static String[] fill(String schema) {
        return new String[] {
            "CREATE DATABASE " + schema,
            "USE " + schema,
            "SET time_zone = '+00:00', sql_mode = ''",
            ALL_TYPES,
            ALL_VALUES,
            "CREATE TABLE many (id INT PRIMARY KEY, v VARCHAR(20))",
            "INSERT INTO many VALUES " + rows(1, 25_000),
            "INSERT INTO many VALUES " + rows(25_001, 50_000),
            "CREATE TABLE names (name VARCHAR(20) COLLATE utf8mb4_bin, part INT, v INT, PRIMARY KEY (name, part))",
            "INSERT INTO names VALUES "
                    + IntStream.range(0, 25_000)
                            .mapToObj(i -> "('n" + i + "', " + i % 2 * 0 + ", " + i + ")")
                            .collect(Collectors.joining(",")),
            "CREATE TABLE nokey (v INT, w VARCHAR(10))",
            "INSERT INTO nokey VALUES (1, 'a'), (1, 'a'), (2, NULL)"
        };
    }

    private static String rows(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(i -> "(" + i + ", 'v" + i + "')")
                .collect(Collectors.joining(","));
    }

    @Test
    void mergedTablesAreComparedAsTheUnionOfTheirSources() throws Exception {
        String schema = Servers.freshName("merge");
        Command.sql(
                Servers.source().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".t_1 (id INT PRIMARY KEY, v INT)",
                "CREATE TABLE " + schema + ".t_2 (id INT PRIMARY KEY, v INT)",
                "INSERT INTO " + schema + ".t_1 VALUES (1, 1), (2, 2)",
                "INSERT INTO " + schema + ".t_2 VALUES (3, 3)");
        Command.sql(
                Servers.mysqlTarget().jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".t (id BIGINT PRIMARY KEY, v INT, own INT DEFAULT 7)",
                "INSERT INTO " + schema + ".t (id, v) VALUES (1, 1), (2, 2), (3, 3)");
        Path source = Command.source(folder, "s1", Servers.source().port(), "root", "");
        Path task = Files.writeString(folder.resolve("merge.yaml"), """
                name: merge
                task-mode: incremental
                online-ddl: false
                target-database: {host: 127.0.0.1, port: %d, user: root, password: ""}
                mysql-instances:
                  - source-id: s1
                    block-allow-list: rules
                    route-rules: [all]
                block-allow-list:
                  rules: {do-dbs: [%s]}
                routes:
                  all: {schema-pattern: "%s", table-pattern: "t_*", target-schema: %s, target-table: t}
                """.formatted(
                        Servers.mysqlTarget().port(), schema, schema, schema));
        Result equal = Command.run("compare", "--source", source, "--task", task, "--retry-for", 0);
        assertThat(equal.err()).isEmpty();
        assertThat(equal.out())
                .contains("equal: 1 tables, 3 rows")
                .contains("column own of the target is not compared")
                .contains("column id is int");
        Command.sql(Servers.mysqlTarget().jdbcUrl(), "DELETE FROM " + schema + ".t WHERE id = 3");
        Result different = Command.run("compare", "--source", source, "--task", task, "--retry-for", 1);
        assertThat(different.out()).contains("missing in the target: id=3");
        assertThat(different.exitCode()).isEqualTo(5);
    }
}
