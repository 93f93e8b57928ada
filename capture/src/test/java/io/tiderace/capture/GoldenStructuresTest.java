package io.tiderace.capture;

import io.debezium.connector.mysql.charset.MySqlCharsetRegistry;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.tiderace.schemas.Column;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: every way that MySQL takes to declare a column gives the structure that the server has. Method: declarations and statements with what a
 * server's information_schema said afterwards. Display widths are left out (the server drops most of them), and so is how much wider CONVERT TO makes
 * a TEXT.
 */
class GoldenStructuresTest {
    @TestFactory
    Stream<DynamicTest> columns() {
        return lines("columns.txt").stream().map(line -> {
            int arrow = line.lastIndexOf(" -> ");
            String declared = line.substring(0, arrow);
            String expected = line.substring(arrow + 4).replace(" | ", " ").replaceFirst(" (YES|NO) generated", " $1G");
            return DynamicTest.dynamicTest(declared, () -> {
                String found = after("CREATE TABLE u (id INT PRIMARY KEY);CREATE TABLE z (k INT, v " + declared + ")");
                assertThat(found).isEqualTo("k int - YES; v " + normal(expected) + ";");
            });
        });
    }

    @TestFactory
    Stream<DynamicTest> statements() {
        String all = String.join("\n", lines("structures.txt"));
        return Stream.of(all.split("\n(?=CREATE)")).map(golden -> {
            int arrow = golden.lastIndexOf("\n-> ");
            String statements = golden.substring(0, arrow);
            return DynamicTest.dynamicTest(statements, () -> {
                boolean isConverted = statements.contains("CONVERT TO");
                String expected = normal(golden.substring(arrow + 4).strip());
                assertThat(isConverted ? after(statements).replaceAll("\\w*text", "text") : after(statements))
                        .isEqualTo(isConverted ? expected.replaceAll("\\w*text", "text") : expected);
            });
        });
    }

    private static String after(String statements) {
        Tables tables = new Tables();
        StructureParser parser =
                new StructureParser(Tables.TableFilter.includeAll(), new MySqlCharsetRegistry(), false);
        parser.setCurrentDatabase("d");
        parser.setCurrentSchema("d");
        parser.parse("CREATE DATABASE d CHARACTER SET utf8mb4", tables);
        for (String sql : statements.split(";(?! --)")) {
            if (!sql.isBlank()) {
                parser.parse(sql, tables);
            }
        }
        return Structures.of(tables.forTable(new TableId("d", null, "z"))).columns().stream()
                .map(GoldenStructuresTest::described)
                .collect(Collectors.joining(" "));
    }

    private static String described(Column column) {
        return column.name() + " " + normal(column.type().toString()) + " "
                + (column.charset() == null ? "-" : column.charset()) + " " + (column.nullable() ? "YES" : "NO")
                + (column.generated() ? "G" : "") + ";";
    }

    private static String normal(String type) {
        return type.replaceAll("\\b(tinyint|smallint|mediumint|int|bigint)\\(\\d+\\)", "$1")
                .replaceAll("\\b(float|double)\\(\\d+,\\d+\\)", "$1")
                .replace("geomcollection", "geometrycollection");
    }

    private static List<String> lines(String file) {
        try (InputStream in = GoldenStructuresTest.class.getResourceAsStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
