package io.tiderace.tests;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A table with columns of a special kind, {@code %s} being its name.
 *
 * @param substitute the table for a target that refuses the source's
 * @param before makes what the copy finds
 * @param after changes while the stream runs
 * @param select every column, invisible ones included
 */
record ColumnKinds(String what, String substitute, List<String> before, List<String> after, String select) {
    static List<ColumnKinds> all() {
        return List.of(
                new ColumnKinds(
                        "generated columns, `STORED` and `VIRTUAL`, some indexed",
                        "",
                        List.of(
                                "CREATE TABLE %s (id INT PRIMARY KEY, a INT, s INT AS (a * 3) STORED, w INT AS (a + 1) VIRTUAL, j JSON,"
                                        + " x VARCHAR(20) AS (j->>'$.k') VIRTUAL, b VARBINARY(20) AS (CONCAT(X'00', CAST(a AS BINARY))) STORED,"
                                        + " KEY (w), UNIQUE KEY (s))",
                                "INSERT INTO %s (id, a, j) VALUES (1, 1, '{\"k\": \"né\"}'), (2, NULL, NULL), (3, -3, '{}'), (4, 4, NULL)"),
                        List.of(
                                "INSERT INTO %s (id, a, j) VALUES (5, 5, '{\"k\": 1}')",
                                "UPDATE %s SET a = a + 10 WHERE id < 3",
                                "UPDATE %s SET id = 6 WHERE id = 3",
                                "DELETE FROM %s WHERE id = 4",
                                "INSERT INTO %s (id, a) VALUES (7, 4)"),
                        "SELECT id, a, s, w, x, HEX(b) FROM %s"),
                new ColumnKinds(
                        "generated columns without a key",
                        "",
                        List.of(
                                "CREATE TABLE %s (w DECIMAL(20,5) AS (a / 3) VIRTUAL, a INT, s BIGINT UNSIGNED AS (a * a) STORED)",
                                "INSERT INTO %s (a) VALUES (1), (1), (2), (NULL), (65536)"),
                        List.of(
                                "INSERT INTO %s (a) VALUES (1), (7)",
                                "UPDATE %s SET a = 3 WHERE a = 1 LIMIT 1", "DELETE FROM %s WHERE a IS NULL"),
                        "SELECT w, a, s FROM %s"),
                new ColumnKinds(
                        "a generated primary key",
                        "",
                        List.of(
                                "CREATE TABLE %s (a INT NOT NULL, k INT AS (a + 100) STORED NOT NULL, t TEXT, PRIMARY KEY (k))",
                                "INSERT INTO %s (a, t) VALUES (1, 'one'), (2, 'two'), (3, 'three')"),
                        List.of(
                                "INSERT INTO %s (a, t) VALUES (4, 'four')",
                                "UPDATE %s SET t = 'zwei' WHERE a = 2",
                                "UPDATE %s SET a = 10 WHERE a = 1",
                                "DELETE FROM %s WHERE a = 3"),
                        "SELECT a, k, t FROM %s"),
                new ColumnKinds(
                        "`INVISIBLE` columns",
                        "CREATE TABLE %s (id INT PRIMARY KEY, h VARCHAR(10) DEFAULT 'hid', t INT, z INT AS (t + 1) VIRTUAL)",
                        List.of(
                                "CREATE TABLE %s (id INT PRIMARY KEY, h VARCHAR(10) INVISIBLE DEFAULT 'hid', t INT, z INT AS (t + 1) VIRTUAL INVISIBLE)",
                                "INSERT INTO %s VALUES (1, 1), (2, 2)",
                                "INSERT INTO %s (id, h, t) VALUES (3, 'x', NULL), (4, NULL, 4)"),
                        List.of(
                                "INSERT INTO %s VALUES (5, 5)",
                                "UPDATE %s SET h = 'y' WHERE id = 1",
                                "UPDATE %s SET t = 9 WHERE id > 2",
                                "DELETE FROM %s WHERE id = 2"),
                        "SELECT id, h, t, z FROM %s"),
                new ColumnKinds(
                        "an invisible primary key that the server adds (`sql_generate_invisible_primary_key`)",
                        "CREATE TABLE %s (my_row_id BIGINT UNSIGNED PRIMARY KEY, a INT)",
                        List.of(
                                "SET SESSION sql_generate_invisible_primary_key = ON",
                                "CREATE TABLE %s (a INT)",
                                "SET SESSION sql_generate_invisible_primary_key = OFF",
                                "INSERT INTO %s VALUES (1), (1), (2)"),
                        List.of(
                                "INSERT INTO %s VALUES (3)",
                                "UPDATE %s SET a = 4 WHERE my_row_id = 1", "DELETE FROM %s WHERE a = 2"),
                        "SELECT my_row_id, a FROM %s"));
    }

    /** What a server shows of the table, sorted. */
    List<String> rows(Connection connection, String table) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(select.formatted(table))) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(row.getString(i));
                }
                result.add(values.toString());
            }
        }
        result.sort(null);
        return result;
    }
}
