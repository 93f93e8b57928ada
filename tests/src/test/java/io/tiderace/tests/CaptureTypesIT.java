package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what is in the relay topic is what the source prints. Method: values at the limits of every type, written, moved and deleted. */
class CaptureTypesIT {
    @TempDir
    Path folder;

    private final MySqlServer server = Servers.source();
    private CaptureStand stand;

    @BeforeEach
    void begin() throws SQLException {
        stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
    }

    @AfterEach
    void end() throws Exception {
        stand.close();
    }

    @Test
    void everyValueOfEveryTypeIsWhatTheSourcePrints() throws Exception {
        stand.start();
        List<TypeValues> all = TypeValues.all();
        List<Map<String, String>> printed = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            printed.add(write("t" + i, all.get(i)));
        }
        RelayReader relay = stand.readAll();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            compare("t" + i, all.get(i), printed.get(i), relay, wrong);
        }
        assertThat(wrong).isEmpty();
    }

    /** Inserts, moves and deletes; gives what the server prints by id. */
    private Map<String, String> write(String table, TypeValues values) throws SQLException {
        stand.execute("CREATE TABLE " + table + " (id INT PRIMARY KEY, v " + values.type() + ")");
        stand.execute("BEGIN", "INSERT INTO " + table + " VALUES (0, NULL)");
        int id = 0;
        for (String value : values.values()) {
            stand.execute("INSERT INTO " + table + " VALUES (" + ++id + ", " + value + ")");
        }
        stand.execute("COMMIT");
        Map<String, String> printed = new HashMap<>();
        for (List<String> row : stand.query("SELECT id, " + values.read() + " FROM " + table)) {
            printed.put(row.get(0), TypeValues.normal(values.read(), row.get(1)));
        }
        stand.execute("UPDATE " + table + " SET id = id + 1000", "DELETE FROM " + table);
        return printed;
    }

    private static void compare(
            String table, TypeValues values, Map<String, String> printed, RelayReader relay, List<String> wrong) {
        List<RowChange> rows = relay.rows(table);
        int count = values.values().size() + 1;
        assertThat(rows).as(values.type()).hasSize(3 * count);
        for (int i = 0; i < rows.size(); i++) {
            RowChange row = rows.get(i);
            Op op = i < count ? Op.INSERT : i < 2 * count ? Op.UPDATE : Op.DELETE;
            assertThat(row.op()).isEqualTo(op);
            for (Object[] image : new Object[][] {row.before(), row.after()}) {
                if (image == null) {
                    continue;
                }
                int id = (Integer) image[0];
                String expected = printed.get(Integer.toString(id % 1000));
                String found = TypeValues.printed(row.table().columns().get(1).type(), values.read(), image[1]);
                if (!java.util.Objects.equals(found, expected)) {
                    String value = id % 1000 == 0 ? "NULL" : values.values().get(id % 1000 - 1);
                    wrong.add(cut(values.type()) + " " + op + " " + cut(value) + ": " + difference(expected, found));
                }
            }
        }
    }

    private static String cut(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    private static String difference(String expected, String found) {
        if (expected == null || found == null) {
            return cut(String.valueOf(expected)) + " <> " + cut(String.valueOf(found));
        }
        int at = 0;
        while (at < Math.min(expected.length(), found.length()) && expected.charAt(at) == found.charAt(at)) {
            at++;
        }
        int from = Math.max(0, at - 8);
        return "at " + at + " " + cut(expected.substring(from)) + " <> " + cut(found.substring(from));
    }
}
