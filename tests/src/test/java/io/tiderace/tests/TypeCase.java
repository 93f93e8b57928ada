package io.tiderace.tests;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A type under test: its tables, and how they are held against those of a target. {@code refusal} is why TiDB has no such table, null when it has. */
record TypeCase(int number, TypeValues values, String refusal) {
    /** Ids of the rows by what happens to them; the value's number is added. */
    static final int INSERTED = 1000;

    static final int UPDATED = 2000;
    static final int DELETED = 3000;

    String keyed() {
        return "t" + number;
    }

    String keyless() {
        return "k" + number;
    }

    /** The character sets and bit lengths differ on the way to the relay topic only. */
    boolean isKeylessToo() {
        return !values.type().startsWith("TEXT CHARACTER SET ")
                && !values.type().matches("BIT\\((?!1\\)|9|64).*");
    }

    /** Values that the stream wrote with other bytes than the copy. */
    List<String> otherBytes(Map<String, List<String>> wire, Map<Integer, String> expected) {
        List<String> wrong = new ArrayList<>();
        for (int id : expected.keySet()) {
            if (id < INSERTED) {
                List<String> copied = wire.get("r" + id);
                List<String> others = List.of(
                        "c" + (INSERTED + id), "u" + (UPDATED + id), "r" + (DELETED + id), "d" + (DELETED + id));
                for (String other : others) {
                    if (copied == null || copied.size() != 1 || !copied.equals(wire.get(other))) {
                        wrong.add(cut(values.type()) + " value "
                                + values.name(id) + ": copied as " + cut("" + copied) + ", " + other + " as "
                                + cut("" + wire.get(other)));
                    }
                }
            }
        }
        return wrong;
    }

    /** What the target holds otherwise. */
    List<String> differences(String schema, Connection source, Connection target, String server) throws SQLException {
        List<String> result = new ArrayList<>();
        compare(rows(source, schema), rows(target, schema), server, result);
        if (isKeylessToo()) {
            compare(
                    rows(source, schema, keyless(), "n"),
                    rows(target, schema, keyless(), "n"),
                    server + " without a key",
                    result);
        }
        return result;
    }

    private void compare(
            Map<Integer, String> expected, Map<Integer, String> found, String server, List<String> result) {
        Map<String, List<Integer>> ids = new LinkedHashMap<>();
        Map<Integer, String> all = new TreeMap<>(expected);
        found.forEach(all::putIfAbsent);
        for (int id : all.keySet()) {
            String left = expected.containsKey(id) ? String.valueOf(expected.get(id)) : "no row";
            String right = found.containsKey(id) ? String.valueOf(found.get(id)) : "no row";
            if (!left.equals(right)) {
                ids.computeIfAbsent(
                                cut(values.type()) + " " + values.name(id % INSERTED) + ": " + difference(left, right)
                                        + " in " + server,
                                key -> new ArrayList<>())
                        .add(id);
            }
        }
        result.addAll(ids.keySet());
    }

    private static String difference(String left, String right) {
        int at = 0;
        while (at < Math.min(left.length(), right.length()) && left.charAt(at) == right.charAt(at)) {
            at++;
        }
        int from = at < 40 ? 0 : at - 8;
        return cut(left.substring(from)) + " is " + cut(right.substring(Math.min(from, right.length())));
    }

    private static String cut(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    /** What a server shows of the table with the key, by id. */
    Map<Integer, String> rows(Connection connection, String schema) throws SQLException {
        return rows(connection, schema, keyed(), "id");
    }

    private Map<Integer, String> rows(Connection connection, String schema, String table, String id)
            throws SQLException {
        Map<Integer, String> result = new TreeMap<>();
        String sql = "SELECT " + id + ", " + values.read() + " FROM " + schema + "." + table;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                result.put(row.getInt(1), TypeValues.normal(values.read(), row.getString(2)));
            }
        } catch (SQLException e) {
            throw new SQLException(sql + ": " + e.getMessage(), e);
        }
        return result;
    }
}
