package io.tiderace.capture;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far a server is behind the one it replicates from, beyond the delay that it was told to keep. */
final class ReplicaLag {
    private ReplicaLag() {}

    /** In milliseconds; of its slowest channel; null when it is no replica, or does not replicate at the moment. */
    static @Nullable Long of(Connection connection) throws SQLException {
        Long[] result = {null};
        SourceDatabase.RowHandler handler = row -> {
            Map<String, String> values = values(row);
            String behind = values.getOrDefault("seconds_behind_source", values.get("seconds_behind_master"));
            if (behind != null) {
                String delay = values.get("sql_delay");
                long lagMs = Math.max(0, Long.parseLong(behind) - (delay == null ? 0 : Long.parseLong(delay))) * 1000;
                result[0] = result[0] == null ? lagMs : Math.max(result[0], lagMs);
            }
        };
        try {
            SourceDatabase.query(connection, "SHOW REPLICA STATUS", handler);
        } catch (SQLException e) {
            if (e.getErrorCode() != 1064) {
                throw e;
            }
            SourceDatabase.query(connection, "SHOW SLAVE STATUS", handler); // before 8.0.22
        }
        return result[0];
    }

    private static Map<String, String> values(ResultSet row) throws SQLException {
        Map<String, String> result = new HashMap<>();
        ResultSetMetaData columns = row.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            String value = row.getString(i);
            if (value != null) {
                result.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), value);
            }
        }
        return result;
    }
}
