package io.tiderace.capture;

import io.tiderace.capture.CopyKey.IndexPart;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Plain SQL connections to the source, beside the one that reads the log: structures, positions, rows of the copy. Every connection has the
 * operator's session variables, UTC, and an sql_mode in which every stored date can be read.
 */
final class SourceDatabase {
    private static final int STILL_ATTEMPTS = 20;
    private static final int CONNECT_MS = 10_000;

    private final String sourceId;
    private final DatabaseConfig config;
    private final TlsFiles tls;

    SourceDatabase(String sourceId, DatabaseConfig config, TlsFiles tls) {
        this.sourceId = sourceId;
        this.config = config;
        this.tls = tls;
    }

    Connection connect() throws SQLException {
        Properties properties = config.connectorProperties(CONNECT_MS, 0);
        properties.put("socketFactory", KeptAliveSockets.class.getName());
        properties.put("useInformationSchema", "true");
        properties.put("forceConnectionTimeZoneToSession", "true");
        tls.addTo(properties);
        Connection connection = DriverManager.getConnection(config.jdbcUrl(), properties);
        try (Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> variable : config.session().entrySet()) {
                statement.execute("SET SESSION " + variable.getKey() + " = "
                        + (variable.getValue().matches("-?[0-9]+")
                                ? variable.getValue()
                                : quoted(variable.getValue())));
            }
            statement.execute("SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = 600"
                    + "/*!50708 , max_execution_time = 0 */");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** System variables that decide whether and how the log can be read. */
    record Settings(String version, String serverUuid, Map<String, String> variables) {
        /** MariaDB always has them. */
        boolean hasGtids() {
            return isMariaDb() || "ON".equals(variables.get("gtid_mode"));
        }

        boolean isMariaDb() {
            return SourceDatabase.isMariaDb(version);
        }

        /** For {@link StatementContext}. */
        @Nullable
        String dialect() {
            return isMariaDb() ? StatementContext.MARIADB : null;
        }

        boolean isLowerCase() {
            return !"0".equals(variables.get("lower_case_table_names"));
        }
    }

    /**
     * Checks that the source's log carries whole rows.
     *
     * @throws TideraceException.SourceException with the setting to change
     */
    Settings settings(Connection connection) throws SQLException {
        Map<String, String> variables = new TreeMap<>();
        query(
                connection,
                "SHOW GLOBAL VARIABLES WHERE variable_name IN ('version','server_uuid','server_id','log_bin','binlog_format',"
                        + "'binlog_row_image','binlog_row_value_options','gtid_mode','lower_case_table_names',"
                        + "'character_set_server','collation_server','character_set_database','collation_database')",
                row -> variables.put(row.getString(1), row.getString(2)));
        // MariaDB has no uuid; in a replication topology the number is as unique
        Settings settings = new Settings(
                variables.getOrDefault("version", ""),
                variables.getOrDefault("server_uuid", "server-id-" + variables.get("server_id")),
                variables);
        if (!"ON".equals(variables.get("log_bin"))) {
            throw SourceErrors.setting(
                    sourceId, "TR-C010", "the binary log is off", "log_bin in my.cnf, then restart MySQL");
        }
        if (!"ROW".equals(variables.get("binlog_format"))) {
            throw SourceErrors.setting(
                    sourceId,
                    "TR-C011",
                    "binlog_format is " + variables.get("binlog_format"),
                    "SET GLOBAL binlog_format = 'ROW' and reconnect all clients");
        }
        if (!"FULL".equals(variables.get("binlog_row_image"))) {
            throw SourceErrors.setting(
                    sourceId,
                    "TR-C012",
                    "binlog_row_image is " + variables.get("binlog_row_image"),
                    "SET GLOBAL binlog_row_image = 'FULL' and reconnect all clients");
        }
        if (!variables.getOrDefault("binlog_row_value_options", "").isEmpty()) {
            throw SourceErrors.setting(
                    sourceId,
                    "TR-C013",
                    "binlog_row_value_options is " + variables.get("binlog_row_value_options"),
                    "SET GLOBAL binlog_row_value_options = '' and reconnect all clients");
        }
        return settings;
    }

    /** The end of the log as of now. */
    SourcePosition position(Connection connection, boolean hasGtids) throws SQLException {
        if (isMariaDb(connection.getMetaData().getDatabaseProductVersion())) {
            return mariaDbPosition(connection);
        }
        List<SourcePosition> result = new ArrayList<>();
        try {
            query(connection, "SHOW MASTER STATUS", row -> result.add(position(row, hasGtids)));
        } catch (SQLException e) {
            if (e.getErrorCode() != 1064) {
                throw e;
            }
            query(connection, "SHOW BINARY LOG STATUS", row -> result.add(position(row, hasGtids))); // from 8.4 on
        }
        if (result.isEmpty()) {
            throw SourceErrors.setting(
                    sourceId, "TR-C010", "the binary log is off", "log_bin in my.cnf, then restart MySQL");
        }
        return result.get(0);
    }

    static boolean isMariaDb(String version) {
        return version.toLowerCase(Locale.ROOT).contains("mariadb");
    }

    /** File and GTIDs can only be asked for one after the other: they belong together when the file did not grow in between. */
    private SourcePosition mariaDbPosition(Connection connection) throws SQLException {
        SourcePosition before = mariaDbFile(connection);
        for (int attempt = 1; attempt < STILL_ATTEMPTS; attempt++) {
            String gtids = value(connection, "SELECT @@GLOBAL.gtid_binlog_pos");
            SourcePosition after = mariaDbFile(connection);
            if (before.equals(after)) {
                return new SourcePosition(after.file(), after.pos(), gtids == null ? "" : gtids);
            }
            before = after;
        }
        return withGtids(connection, before);
    }

    private SourcePosition mariaDbFile(Connection connection) throws SQLException {
        List<SourcePosition> result = new ArrayList<>();
        query(
                connection,
                "SHOW MASTER STATUS",
                row -> result.add(new SourcePosition(row.getString("File"), row.getLong("Position"), null)));
        if (result.isEmpty()) {
            throw SourceErrors.setting(
                    sourceId, "TR-C010", "the binary log is off", "log_bin in my.cnf, then restart MariaDB");
        }
        return result.get(0);
    }

    /** A place in a MariaDB server's log with the GTIDs up to there, which the server reads from the file; as it is where there is no such place. */
    SourcePosition withGtids(Connection connection, SourcePosition place) throws SQLException {
        String gtids = value(connection, "SELECT BINLOG_GTID_POS(" + quoted(place.file()) + ", " + place.pos() + ")");
        return gtids == null ? place : new SourcePosition(place.file(), place.pos(), gtids);
    }

    /**
     * What a MariaDB connection's consistent snapshot has, as a place in the log.
     *
     * @param other a connection without a transaction
     */
    SourcePosition snapshotPlace(Connection snapshot, Connection other) throws SQLException {
        Map<String, String> place = new TreeMap<>();
        query(
                snapshot,
                "SHOW SESSION STATUS WHERE variable_name IN ('binlog_snapshot_file', 'binlog_snapshot_position')",
                row -> place.put(row.getString(1).toLowerCase(Locale.ROOT), row.getString(2)));
        String file = Objects.requireNonNull(place.get("binlog_snapshot_file"), "binlog_snapshot_file");
        return withGtids(
                other,
                new SourcePosition(
                        file,
                        Long.parseLong(Objects.requireNonNull(
                                place.get("binlog_snapshot_position"), "binlog_snapshot_position")),
                        null));
    }

    private static SourcePosition position(ResultSet row, boolean hasGtids) throws SQLException {
        String gtids = row.getString("Executed_Gtid_Set");
        String set = gtids == null ? "" : gtids.replaceAll("\\s", "");
        return new SourcePosition(row.getString("File"), row.getLong("Position"), hasGtids ? set : null);
    }

    /** All base tables outside the system schemas, with the optimizer's row estimate. */
    Map<TableName, Long> tables(Connection connection) throws SQLException {
        Map<TableName, Long> result = new TreeMap<>();
        query(
                connection,
                "SELECT table_schema, table_name, COALESCE(table_rows, 0) FROM information_schema.tables"
                        + " WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
                        + " AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')",
                row -> result.put(new TableName(row.getString(1), row.getString(2)), row.getLong(3)));
        return result;
    }

    /** The bytes of a row by the optimizer's statistics, for the tables of which they know. */
    Map<TableName, Long> rowBytes(Connection connection) throws SQLException {
        Map<TableName, Long> result = new TreeMap<>();
        query(
                connection,
                "SELECT table_schema, table_name, avg_row_length FROM information_schema.tables"
                        + " WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND avg_row_length > 0",
                row -> result.put(new TableName(row.getString(1), row.getString(2)), row.getLong(3)));
        return result;
    }

    /** The columns of all unique indexes that a query can use, by table. */
    static Map<TableName, List<IndexPart>> uniqueIndexes(Connection connection) throws SQLException {
        return uniqueIndexes(
                connection, " AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')");
    }

    /** The columns of one table's. */
    static List<IndexPart> uniqueIndexes(Connection connection, TableName table) throws SQLException {
        return uniqueIndexes(
                        connection,
                        " AND table_schema = " + quoted(table.schema()) + " AND table_name = " + quoted(table.table()))
                .getOrDefault(table, List.of());
    }

    private static Map<TableName, List<IndexPart>> uniqueIndexes(Connection connection, String which)
            throws SQLException {
        Map<TableName, List<IndexPart>> result = new TreeMap<>();
        // which columns there are differs from version to version: expressions and hidden indexes from 8.0 on
        query(connection, "SELECT * FROM information_schema.statistics WHERE non_unique = 0" + which, row -> {
            if (!has(row, "IS_VISIBLE", "NO") && !has(row, "IGNORED", "YES")) {
                result.computeIfAbsent(
                                new TableName(row.getString("TABLE_SCHEMA"), row.getString("TABLE_NAME")),
                                name -> new ArrayList<>())
                        .add(new IndexPart(
                                row.getString("INDEX_NAME"),
                                row.getInt("SEQ_IN_INDEX"),
                                row.getString("COLUMN_NAME"),
                                "D".equals(row.getString("COLLATION")),
                                row.getString("SUB_PART") != null,
                                "YES".equals(row.getString("NULLABLE"))));
            }
        });
        return result;
    }

    private static boolean has(ResultSet row, String column, String value) throws SQLException {
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            if (row.getMetaData().getColumnName(i).equalsIgnoreCase(column)) {
                return value.equals(row.getString(i));
            }
        }
        return false;
    }

    /** The default character set of every schema. */
    Map<String, String> schemaCharsets(Connection connection) throws SQLException {
        Map<String, String> result = new TreeMap<>();
        query(
                connection,
                "SELECT schema_name, default_character_set_name FROM information_schema.schemata",
                row -> result.put(row.getString(1), row.getString(2)));
        return result;
    }

    /** The sequences of a MariaDB server. */
    List<TableName> sequences(Connection connection) throws SQLException {
        List<TableName> result = new ArrayList<>();
        query(
                connection,
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'SEQUENCE'",
                row -> result.add(new TableName(row.getString(1), row.getString(2))));
        return result;
    }

    String createTable(Connection connection, TableName table) throws SQLException {
        List<String> result = new ArrayList<>();
        query(connection, "SHOW CREATE TABLE " + table.quoted(), row -> result.add(row.getString(2)));
        return result.get(0);
    }

    String createSchema(Connection connection, String schema) throws SQLException {
        List<String> result = new ArrayList<>();
        query(
                connection,
                "SHOW CREATE DATABASE IF NOT EXISTS " + TableName.quote(schema),
                row -> result.add(row.getString(2)));
        return result.get(0);
    }

    @Nullable
    String value(Connection connection, String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        query(connection, sql, row -> result.add(row.getString(1)));
        return result.isEmpty() ? null : result.get(0);
    }

    /** True when a table's columns are those of a structure. */
    static boolean isUnchanged(Connection connection, TableStructure table) throws SQLException {
        List<String> now = new ArrayList<>();
        query(
                connection,
                "SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = "
                        + quoted(table.name().schema()) + " AND table_name = "
                        + quoted(table.name().table()) + " ORDER BY ordinal_position",
                row -> now.add(described(row.getString(1), MySqlType.parse(row.getString(2)))));
        List<String> then = table.columns().stream()
                .map(column -> described(column.name(), column.type()))
                .toList();
        return now.equals(then);
    }

    private static String described(String column, MySqlType type) {
        return column.toLowerCase(Locale.ROOT) + " " + type.name() + type.unsigned()
                + type.members().size();
    }

    String sourceId() {
        return sourceId;
    }

    DatabaseConfig config() {
        return config;
    }

    TlsFiles tls() {
        return tls;
    }

    /** Receives the rows of a query. */
    @FunctionalInterface
    interface RowHandler {
        void row(ResultSet row) throws SQLException;
    }

    static void query(Connection connection, String sql, RowHandler handler) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                handler.row(rows);
            }
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
