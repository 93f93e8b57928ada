package io.tiderace.router;

import io.tiderace.config.BlockAllowList;
import io.tiderace.config.Routes;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: DDL arrives under the target's names and otherwise as written. Method: the statements of the ddl-*.txt files, each followed by
 * {@code ->} and what becomes of it: the statement, {@code skipped}, or the code of an error. A line that begins with {@code #} sets
 * the session: {@code default=, sql_mode=, tables=, dialect=, snapshot}.
 */
class GoldenDdlTest {
    private static final List<String> FILES = List.of(
            "ddl-tables.txt",
            "ddl-lists.txt",
            "ddl-names.txt",
            "ddl-databases.txt",
            "ddl-skipped.txt",
            "ddl-shown.txt",
            "ddl-gaps.txt",
            "ddl-mariadb.txt");

    @TestFactory
    Stream<DynamicTest> statements() {
        return FILES.stream()
                .flatMap(file -> cases(file).stream())
                .map(golden -> DynamicTest.dynamicTest(
                        golden.name, () -> assertThat(golden.outcome()).isEqualTo(golden.expected)));
    }

    @Test
    void thereAreAtLeastOneHundred() {
        assertThat(FILES.stream().mapToInt(file -> cases(file).size()).sum()).isGreaterThanOrEqualTo(100);
    }

    /** shop is renamed to store, two of its tables one by one; shard_1 and shard_2 become one schema; app keeps its names. */
    static Rules rules() {
        Set<String> schemas = Set.of("shop", "app", "shard_1", "shard_2", "Größe", "we`ird", "select");
        Set<TableName> blocked = Set.of(new TableName("shop", "secret"), new TableName("app", "hidden"));
        Map<TableName, TableName> tables = Map.of(
                new TableName("shop", "orders"), new TableName("store", "orders_all"),
                new TableName("shop", "a`b"), new TableName("st`ore", "a`b"));
        BlockAllowList list = BlockAllowList.compile(
                new BlockAllowList.Patterns(List.copyOf(schemas), List.of(), List.of(), List.copyOf(blocked)), true);
        Routes routes = new Routes() {
            @Override
            public TableName route(TableName source) {
                return tables.getOrDefault(source, new TableName(routeSchema(source.schema()), source.table()));
            }

            @Override
            public String routeSchema(String schema) {
                return switch (schema) {
                    case "shop" -> "store";
                    case "shard_1", "shard_2" -> "merged";
                    default -> schema;
                };
            }
        };
        return new Rules(list, routes);
    }

    private static List<Golden> cases(String file) {
        String text;
        try (InputStream in = GoldenDdlTest.class.getResourceAsStream(file)) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        List<Golden> cases = new ArrayList<>();
        Map<String, String> session = new HashMap<>();
        for (String block : text.split("\n\n+")) {
            StringBuilder sql = new StringBuilder();
            for (String line : block.strip().split("\n")) {
                if (line.startsWith("# ")) {
                    session = session(line.substring(2));
                } else {
                    sql.append(line).append('\n');
                }
            }
            if (!sql.isEmpty()) {
                String[] sides = sql.toString().split("\n->\n");
                cases.add(new Golden(file + ": " + sides[0], sides[0], sides[1].strip(), session));
            }
        }
        return cases;
    }

    private static Map<String, String> session(String line) {
        Map<String, String> session = new HashMap<>();
        for (String setting : line.strip().split("\\s+")) {
            String[] pair = setting.split("=", 2);
            session.put(pair[0], pair.length > 1 ? pair[1] : "");
        }
        return session;
    }

    private record Golden(String name, String sql, String expected, Map<String, String> session) {
        String outcome() {
            try {
                DdlRewriter.Outcome outcome = new DdlRewriter(rules()).rewrite(change());
                if (outcome instanceof DdlRewriter.Rewritten rewritten) {
                    return rewritten.statement();
                }
                return "skipped";
            } catch (DataException e) {
                return e.code();
            }
        }

        private SchemaChange change() {
            List<TouchedTable> touched = new ArrayList<>();
            for (String name : session.getOrDefault("tables", "").split(",")) {
                if (!name.isEmpty()) {
                    String[] parts = name.split("\\.");
                    touched.add(new TouchedTable(new TableName(parts[0], parts[1]), null));
                }
            }
            StatementContext context = new StatementContext(
                    session.get("default"),
                    session.getOrDefault("sql_mode", ""),
                    "utf8mb4",
                    "utf8mb4_bin",
                    null,
                    session.get("dialect"));
            return new SchemaChange(
                    1, 1, sql, context, touched, session.containsKey("snapshot"), null, "binlog.000001", 4, 0);
        }
    }
}
