package io.tiderace.capture;

import io.tiderace.capture.CopyKey.IndexPart;
import io.tiderace.cli.MySqlServer;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SchemaRegistry;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.WireBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a table with any kind of key, cut anywhere, comes whole, each row once and in the order of its key. Method: tables with keys of every type,
 * skewed, at their types' limits, with several columns, descending, equal but for their case; each is read by random cuts and pages on a real MySQL
 * and compared with the rows of one query. The statements that read it must use a range of the index.
 */
class RangeReaderIT {
    private static final int ROWS = 600;
    private static final String SCHEMA = "ranges";

    private static MySqlServer server;
    private static SourceDatabase database;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = MySqlServer.start();
        DatabaseConfig config =
                new DatabaseConfig("127.0.0.1", server.port(), "root", new DatabaseConfig.Secret(""), Map.of(), null);
        database = new SourceDatabase("s", config, new TlsFiles(null));
        connection = database.connect();
        RangeReader.prepare(connection);
        SourceDatabase.execute(connection, "CREATE DATABASE " + SCHEMA);
        SourceDatabase.execute(connection, "USE " + SCHEMA);
        SourceDatabase.execute(connection, "CREATE TABLE n (i INT PRIMARY KEY)");
        SourceDatabase.execute(
                connection,
                "INSERT INTO n WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < " + ROWS
                        + ") SELECT i FROM s");
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        server.close();
    }

    @Test
    void everyKindOfKeyCanBeCutAnywhere() throws Exception {
        check("k TINYINT PRIMARY KEY", "IF(i < 256, i - 128, NULL)");
        check("k INT PRIMARY KEY", "IF(i = 1, -2147483648, IF(i = 2, 2147483647, i * i))");
        check("k INT(8) UNSIGNED ZEROFILL PRIMARY KEY", "i * 7001");
        check("k BIGINT PRIMARY KEY", "IF(i = 1, -9223372036854775808, i - 300)");
        check("k BIGINT UNSIGNED PRIMARY KEY", "18446744073709551615 - i * i * i");
        check("k DECIMAL(65,30) PRIMARY KEY", "(i - 300) / 7");
        check("k FLOAT PRIMARY KEY", "(i - 300) / 7");
        check("k DOUBLE PRIMARY KEY", "(i - 300) / 7 * POW(10, MOD(i, 300))");
        check("k BIT(40) PRIMARY KEY", "i * i * i");
        check(
                "k DATE, PRIMARY KEY (k, i)",
                "ELT(1 + i % 5, '0000-00-00', '2024-00-15', '2024-02-30', '9999-12-31', '2024-01-01')");
        check("k DATETIME(6) PRIMARY KEY", "'2024-01-01 00:00:00.5' + INTERVAL i * 7 SECOND");
        check("k TIMESTAMP(3), PRIMARY KEY (k, i)", "IF(i % 3, '2024-03-31 02:30:00.123', 0)");
        check("k TIME(2), PRIMARY KEY (k, i)", "ELT(1 + i % 4, '-838:59:59', '838:59:59', '-00:00:00.5', '00:00:00')");
        check("k YEAR, PRIMARY KEY (k, i)", "IF(i % 5, 1901 + i % 200, 0)");
        check(
                "k VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci PRIMARY KEY",
                "CONCAT(CHAR(65 + i % 26 USING utf8mb4), '’\\\\%', i)");
        check("k VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, PRIMARY KEY (k, i)", "IF(i % 2, 'a', 'A')");
        check(
                "k VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, PRIMARY KEY (k, i)",
                "ELT(1 + i % 4, 'a', 'A ', 'ä', '')");
        check("k CHAR(10) CHARACTER SET latin1 COLLATE latin1_german1_ci PRIMARY KEY", "CONCAT('é', i)");
        check("k VARCHAR(10) CHARACTER SET gbk, PRIMARY KEY (k, i)", "IF(i % 2, '中', '文')");
        check("k CHAR(5) CHARACTER SET utf16 PRIMARY KEY", "CONCAT('😀', i)");
        check("k BINARY(6) PRIMARY KEY", "UNHEX(LPAD(HEX(i), 4, '0'))");
        check("k VARBINARY(20), PRIMARY KEY (k, i)", "UNHEX(ELT(1 + i % 4, '', '00', '0000', '2720FF'))");
        check("k ENUM('z','b','a'), PRIMARY KEY (k, i)", "i % 3 + 1");
        check("k ENUM('z','b','a'), PRIMARY KEY (i, k)", "i % 3 + 1");
        check("k SET('z','b','a'), PRIMARY KEY (k, i)", "i % 8");
        check("k INT, PRIMARY KEY (k DESC, i)", "i DIV 100");
        check("k INT, PRIMARY KEY (k, i DESC)", "i DIV 100");
        check("k INT, l VARCHAR(3) NOT NULL DEFAULT 'x', PRIMARY KEY (k, l, i)", "IF(i < 590, 7, i)");
        check("k INT NOT NULL, UNIQUE KEY u (k)", "i * 13 % 601");
        check("k INT AS (i + 1) STORED PRIMARY KEY", null);
    }

    private void check(String definition, String expression) throws SQLException, InterruptedException {
        SourceDatabase.execute(connection, "DROP TABLE IF EXISTS t");
        SourceDatabase.execute(connection, "CREATE TABLE t (i INT NOT NULL, " + definition + ")");
        SourceDatabase.execute(
                connection,
                expression == null
                        ? "INSERT INTO t (i) SELECT i FROM n"
                        : "INSERT INTO t (i, k) SELECT i, k FROM (SELECT i, " + expression
                                + " AS k FROM n) s WHERE k IS NOT NULL");
        SourceDatabase.execute(connection, "ANALYZE TABLE t");
        TableName name = new TableName(SCHEMA, "t");
        TableStructure structure = structure(name);
        List<IndexPart> parts = SourceDatabase.uniqueIndexes(connection).get(name);
        CopyKey key = CopyKey.choose(structure, parts);
        assertThat(key).as(definition).isNotNull();
        List<String> expected = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT i FROM t" + key.hint() + key.orderBy(structure),
                row -> expected.add(row.getString(1)));
        assertThat(expected).as(definition).hasSizeGreaterThan(200);
        RecordCodec codec = new RecordCodec(new Registry(), "relay");
        RowEncoder encoder = codec.rowEncoder("s", structure);
        RangeReader reader = new RangeReader("s", encoder, key, new SourcePosition("f", 4, null), 64 << 20);
        for (int seed = 0; seed < 3; seed++) {
            Map<KeyRange, List<String>> read = read(reader, codec, new Random(seed), key);
            List<String> rows = new ArrayList<>();
            read.values().forEach(rows::addAll);
            Collections.sort(rows);
            List<String> sorted = new ArrayList<>(expected);
            Collections.sort(sorted);
            assertThat(rows).as("%s, seed %d", definition, seed).isEqualTo(sorted);
            read.values()
                    .forEach(part ->
                            assertThat(expected).as("order, %s", definition).containsSubsequence(part));
        }
    }

    /** Cuts and reads until nothing is missing; gives the rows by page. */
    private static Map<KeyRange, List<String>> read(RangeReader reader, RecordCodec codec, Random random, CopyKey key)
            throws SQLException, InterruptedException {
        Map<KeyRange, List<String>> result = new HashMap<>();
        CopyRanges[] ranges = {CopyRanges.ALL};
        while (!ranges[0].isDone()) {
            KeyRange range =
                    ranges[0].missing().get(random.nextInt(ranges[0].missing().size()));
            if (random.nextBoolean()) {
                List<String> boundary = reader.boundary(connection, range, random.nextInt(200));
                if (boundary != null && !boundary.equals(range.upTo())) {
                    ranges[0] = ranges[0].cut(range, boundary);
                    requireRange(reader, key, range.behind(boundary));
                }
                continue;
            }
            KeyRange[] left = {range};
            List<String> page = result.computeIfAbsent(range, any -> new ArrayList<>());
            reader.read(connection, range, 1 + random.nextInt(150), (chunk, isEnd) -> {
                for (int i = 0; i < chunk.rows(); i++) {
                    WireBuffer head = new WireBuffer(16);
                    chunk.encoder().head(head, 1, i + 1);
                    RowChange row = codec.decodeRow(chunk.value(i, head));
                    page.add(String.valueOf(row.after()[0]));
                }
                ranges[0] = ranges[0].read(left[0], isEnd ? null : chunk.lastKey());
                left[0] = isEnd ? left[0] : left[0].behind(chunk.lastKey());
                return true;
            });
        }
        return result;
    }

    private static void requireRange(RangeReader reader, CopyKey key, KeyRange range) throws SQLException {
        List<String> plan = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "EXPLAIN SELECT * FROM t" + key.hint() + key.where(reader.table(), range) + key.orderBy(reader.table())
                        + " LIMIT 5",
                row -> plan.addAll(Arrays.asList(row.getString("type"), row.getString("key"), row.getString("Extra"))));
        assertThat(plan.subList(0, 2)).as("%s by %s", range, key).containsExactly("range", key.index());
        assertThat(plan.get(2)).as("%s by %s", range, key).doesNotContain("filesort");
    }

    private static TableStructure structure(TableName name) throws SQLException {
        List<Column> columns = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT column_name, column_type, character_set_name, is_nullable, extra FROM information_schema.columns"
                        + " WHERE table_schema = '" + SCHEMA + "' AND table_name = 't' ORDER BY ordinal_position",
                row -> columns.add(new Column(
                        row.getString(1),
                        MySqlType.parse(row.getString(2)),
                        row.getString(3),
                        null,
                        "YES".equals(row.getString(4)),
                        row.getString(5).contains("GENERATED"))));
        List<String> primary = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT column_name FROM information_schema.statistics WHERE table_schema = '" + SCHEMA
                        + "' AND table_name = 't' AND index_name = 'PRIMARY' ORDER BY seq_in_index",
                row -> primary.add(row.getString(1)));
        return new TableStructure(name, columns, primary);
    }

    /** Schemas by number, in memory. */
    private static final class Registry implements SchemaRegistry {
        private final List<String> schemas = new ArrayList<>();

        @Override
        public int register(String subject, String schema) {
            int known = schemas.indexOf(schema);
            if (known >= 0) {
                return known + 1;
            }
            schemas.add(schema);
            return schemas.size();
        }

        @Override
        public String schema(int id) {
            return schemas.get(id - 1);
        }
    }
}
