package io.tiderace.tests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The rows of every table of a schema, boiled down by the server to a count and a sum that is the same on MySQL and TiDB: the oracle. */
final class Fingerprint {
    private Fingerprint() {}

    /** Table to {@code rows:sum}. Repeated rows count as often as they are there. */
    static Map<String, String> of(String jdbcUrl, String schema) throws SQLException {
        Map<String, String> prints = new TreeMap<>();
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SET time_zone = '+00:00'");
            Map<String, List<String>> columns = new TreeMap<>();
            try (ResultSet rows =
                    statement.executeQuery("SELECT table_name AS t, column_name AS c FROM information_schema.columns"
                            + " WHERE table_schema = '" + schema + "' ORDER BY table_name, ordinal_position")) {
                while (rows.next()) {
                    columns.computeIfAbsent(rows.getString("t"), name -> new ArrayList<>())
                            .add("IFNULL(HEX(`" + rows.getString("c") + "`), 'null')");
                }
            }
            for (Map.Entry<String, List<String>> table : columns.entrySet()) {
                String query = "SELECT COUNT(*), SUM(CAST(CONV(SUBSTRING(MD5(CONCAT_WS(',', "
                        + String.join(", ", table.getValue()) + ")), 1, 12), 16, 10) AS UNSIGNED)) FROM `" + schema
                        + "`.`" + table.getKey() + "`";
                try (ResultSet row = statement.executeQuery(query)) {
                    row.next();
                    prints.put(table.getKey(), row.getLong(1) + ":" + row.getString(2));
                }
            }
        }
        return prints;
    }
}
