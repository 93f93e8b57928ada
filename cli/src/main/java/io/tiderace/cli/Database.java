package io.tiderace.cli;

import io.tiderace.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A connection for questions about a server: small results, read whole. Not thread-safe. */
final class Database implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int SOCKET_TIMEOUT_MS = 600_000;

    private final Connection connection;

    private Database(Connection connection) {
        this.connection = connection;
    }

    static Database open(DatabaseConfig config) throws ServerRefusal {
        Properties properties = config.connectorProperties(CONNECT_TIMEOUT_MS, SOCKET_TIMEOUT_MS);
        properties.setProperty("zeroDateTimeBehavior", "ROUND");
        properties.setProperty("yearIsDateType", "false");
        properties.setProperty("tinyInt1isBit", "false");
        properties.setProperty("sslMode", config.tls() == null ? "DISABLED" : "REQUIRED");
        DatabaseConfig.Tls tls = config.tls();
        if (tls != null) {
            TlsStores.apply(tls, properties);
        }
        try {
            return new Database(DriverManager.getConnection(config.jdbcUrl(), properties));
        } catch (SQLException e) {
            throw new ServerRefusal(e);
        }
    }

    void execute(String sql) throws ServerRefusal {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new ServerRefusal(e);
        }
    }

    /** Every row, values by lower-case column label as text, as the server prints them. */
    List<Map<String, @Nullable String>> rows(String sql, Object... parameters) throws ServerRefusal {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet result = statement.executeQuery()) {
                return read(result);
            }
        } catch (SQLException e) {
            throw new ServerRefusal(e);
        }
    }

    /** The first column of the first row, null when there is none. */
    @Nullable
    String value(String sql, Object... parameters) throws ServerRefusal {
        List<Map<String, @Nullable String>> rows = rows(sql, parameters);
        return rows.isEmpty() ? null : rows.get(0).values().iterator().next();
    }

    private static List<Map<String, @Nullable String>> read(ResultSet result) throws SQLException {
        int columns = result.getMetaData().getColumnCount();
        List<Map<String, @Nullable String>> rows = new ArrayList<>();
        while (result.next()) {
            Map<String, @Nullable String> row = new LinkedHashMap<>();
            for (int i = 1; i <= columns; i++) {
                row.put(result.getMetaData().getColumnLabel(i).toLowerCase(Locale.ROOT), result.getString(i));
            }
            rows.add(row);
        }
        return rows;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            return; // it was broken already
        }
    }
}
