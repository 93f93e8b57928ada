package io.tiderace.tests;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Tables of random shape at a real MySQL, which decides what a source accepts, and beside each what a target has of it: other order and more of columns,
 * generated ones, fewer keys or none, collations that hold fewer values equal, children whose parents nobody looks at. Random changes go to both the MySQL and
 * an apply topic.
 */
final class RandomTables implements AutoCloseable {
    private static final List<String> TYPES = List.of(
            "int",
            "bigint unsigned",
            "varchar(20) COLLATE utf8mb4_general_ci",
            "varchar(20) COLLATE utf8mb4_bin",
            "decimal(6,2)",
            "datetime(3)",
            "varbinary(8)");

    private final Random random;
    private final Connection source;
    private final String sourceSchema;
    private final String targetSchema;
    private final List<Table> tables = new ArrayList<>();

    /** A table with what the source holds of it, in memory too, since a row is chosen from there. */
    private record Table(TableStructure structure, List<String> types, List<Object[]> rows, String createTarget) {}

    RandomTables(long seed, String sourceUrl, String targetSchema, int count) throws SQLException {
        this.random = new Random(seed);
        this.targetSchema = targetSchema;
        this.sourceSchema = targetSchema + "_source";
        this.source = DriverManager.getConnection(sourceUrl, "root", "");
        execute("CREATE DATABASE " + sourceSchema);
        execute("SET time_zone = '+00:00'");
        for (int i = 0; i < count; i++) {
            tables.add(create("t" + i));
        }
    }

    /** What makes the target's tables. */
    List<String> createTarget() {
        return tables.stream().map(Table::createTarget).toList();
    }

    private Table create(String name) throws SQLException {
        int count = 2 + random.nextInt(4);
        List<String> types = new ArrayList<>();
        List<String> columns = new ArrayList<>();
        List<Column> described = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String type = TYPES.get(random.nextInt(TYPES.size()));
            boolean nullable = i > 1 && random.nextBoolean();
            types.add(type);
            columns.add("c" + i + " " + type + (nullable ? " NULL" : " NOT NULL"));
            described.add(new Column("c" + i, MySqlType.parse(type.split(" COLLATE")[0]), null, null, nullable, false));
        }
        List<String> keys = new ArrayList<>();
        boolean hasPrimary = random.nextInt(6) > 0;
        List<String> primary = random.nextBoolean() ? List.of("c0") : List.of("c1", "c0");
        if (hasPrimary) {
            keys.add("PRIMARY KEY (" + String.join(", ", primary) + ")");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            int one = random.nextInt(count);
            keys.add("UNIQUE KEY k" + i + " (c" + one + (random.nextBoolean() ? "" : ", c" + (one + 1) % count) + ")");
        }
        execute("CREATE TABLE " + sourceSchema + "." + name + " (" + String.join(", ", columns)
                + (keys.isEmpty() ? "" : ", " + String.join(", ", keys)) + ") DEFAULT CHARSET utf8mb4");
        TableStructure structure =
                new TableStructure(new TableName(targetSchema, name), described, hasPrimary ? primary : List.of());
        return new Table(structure, types, new ArrayList<>(), createTarget(name, columns, keys));
    }

    private String createTarget(String name, List<String> columns, List<String> keys) {
        List<String> parts = new ArrayList<>();
        for (String column : columns) {
            parts.add(random.nextInt(4) == 0 ? column.replace("general_ci", "bin") : column);
        }
        if (random.nextInt(3) == 0) {
            parts.add("more int DEFAULT 5");
        }
        if (random.nextInt(3) == 0) {
            parts.add("g varchar(60) AS (CONCAT(c0, '-')) " + (random.nextBoolean() ? "STORED" : "VIRTUAL"));
        }
        Collections.shuffle(parts, random);
        for (String key : keys) {
            if (random.nextInt(6) > 0) {
                parts.add(key);
            }
        }
        if (random.nextInt(4) == 0 && columns.get(0).startsWith("c0 int")) {
            parts.add("FOREIGN KEY (c0) REFERENCES " + targetSchema + ".parent (id)");
        }
        return "CREATE TABLE " + targetSchema + "." + name + " (" + String.join(", ", parts)
                + ") DEFAULT CHARSET utf8mb4";
    }

    /** Random transactions at the source, and in the topic. */
    void transactions(ApplyTopic topic, int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            for (int change = random.nextInt(5); change >= 0; change--) {
                change(topic, tables.get(random.nextInt(tables.size())));
            }
            topic.commit();
        }
    }

    private void change(ApplyTopic topic, Table table) throws SQLException {
        int kind = random.nextInt(10);
        Object[] fresh = image(table);
        if (table.rows.isEmpty() || kind < 4) {
            if (insert(table, fresh)) {
                table.rows.add(fresh);
                topic.insert(table.structure, fresh);
            }
            return;
        }
        int index = random.nextInt(table.rows.size());
        Object[] before = table.rows.get(index);
        if (kind < 6) {
            delete(table, before);
            table.rows.remove(index);
            topic.delete(table.structure, before);
            return;
        }
        Object[] after = before.clone();
        for (int i = 0; i < after.length; i++) {
            after[i] = random.nextInt(3) == 0 ? fresh[i] : after[i];
        }
        if (!Arrays.deepEquals(before, after) && update(table, before, after)) {
            table.rows.set(index, after);
            topic.update(table.structure, before, after);
        }
    }

    private Object[] image(Table table) {
        Object[] image = new Object[table.types.size()];
        for (int i = 0; i < image.length; i++) {
            boolean isNull = table.structure.columns().get(i).nullable() && random.nextInt(4) == 0;
            image[i] = isNull ? null : value(table.types.get(i));
        }
        return image;
    }

    private Object value(String type) {
        String[] texts = {"a", "A", "á", "b", "B", "ab", "AB", "ß", "ss", ""};
        int number = random.nextInt(5);
        if (type.equals("int")) {
            return number - 2;
        } else if (type.startsWith("bigint")) {
            return number == 0 ? "18446744073709551615" : String.valueOf(number);
        } else if (type.startsWith("decimal")) {
            return number + ".50";
        } else if (type.startsWith("datetime")) {
            return "2024-02-2" + number + " 10:00:00.125";
        } else if (type.startsWith("varbinary")) {
            return new byte[] {(byte) number, 0};
        }
        return texts[random.nextInt(texts.length)];
    }

    private boolean insert(Table table, Object[] row) throws SQLException {
        return accepted(
                "INSERT INTO " + name(table) + " VALUES (?" + ", ?".repeat(row.length - 1) + ")",
                List.<Object[]>of(row));
    }

    private void delete(Table table, Object[] row) throws SQLException {
        accepted("DELETE FROM " + name(table) + where(row), List.<Object[]>of(row));
    }

    private boolean update(Table table, Object[] before, Object[] after) throws SQLException {
        StringBuilder sql = new StringBuilder("UPDATE " + name(table) + " SET ");
        for (int i = 0; i < after.length; i++) {
            sql.append(i == 0 ? "c" : ", c").append(i).append(" = ?");
        }
        return accepted(sql + where(before), List.of(after, before));
    }

    private String name(Table table) {
        return sourceSchema + "." + table.structure.name().table();
    }

    private static String where(Object[] row) {
        StringBuilder sql = new StringBuilder(" WHERE ");
        for (int i = 0; i < row.length; i++) {
            sql.append(i == 0 ? "" : " AND ").append("BINARY c").append(i).append(" <=> BINARY ?");
        }
        return sql + " LIMIT 1";
    }

    /** False when the source's keys do not allow it. */
    private boolean accepted(String sql, List<Object[]> parameters) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(sql)) {
            int index = 1;
            for (Object[] row : parameters) {
                for (Object value : row) {
                    statement.setObject(index++, value);
                }
            }
            if (statement.executeUpdate() != 1) {
                throw new AssertionError("not one row: " + statement);
            }
            return true;
        } catch (SQLException e) {
            if (e.getErrorCode() == 1062) {
                return false;
            }
            throw e;
        }
    }

    /** Tables whose rows are not the same at both ends, with both. */
    List<String> differences(String targetUrl) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Connection target = DriverManager.getConnection(targetUrl, "root", "")) {
            for (Table table : tables) {
                List<String> here = rows(source, name(table), table);
                List<String> there = rows(target, table.structure.name().toString(), table);
                if (!here.equals(there)) {
                    result.add(table.createTarget() + "\nsource " + here + "\ntarget " + there);
                }
            }
        }
        return result;
    }

    private static List<String> rows(Connection connection, String table, Table shape) throws SQLException {
        StringBuilder columns = new StringBuilder();
        for (int i = 0; i < shape.types.size(); i++) {
            columns.append(i == 0 ? "" : ", '|', ")
                    .append("IFNULL(HEX(CAST(c")
                    .append(i)
                    .append(" AS CHAR)), '-')");
        }
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT CONCAT(" + columns + ") FROM " + table)) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        Collections.sort(rows);
        return rows;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        execute("DROP DATABASE " + sourceSchema);
        source.close();
    }
}
