package io.tiderace.applier;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.schemas.TideraceException.TargetException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;

/** Connections to the target server, each in the session that our statements need. */
final class JdbcTarget implements Target {
    private static final int CONNECT_MS = 5_000;

    /**
     * An answer that takes longer was lost with its connection, where {@link AnswerWatch} cannot tell sooner; longer than a server lets a statement wait for
     * a lock (50 s).
     */
    private static final int SOCKET_MS = 90_000;

    private static final int LOOK_MS = 5_000;

    /** A connection that was idle and does not answer in time is only replaced by another. */
    private static final int PING_MS = 3_000;

    /** Less than the server lets a session be idle, see {@link TargetDialect#setSession}. */
    private static final int KEEPALIVE_MS = 30_000;

    private static final int UNKNOWN_VARIABLE = 1193;

    private final DatabaseConfig config;
    private final TargetTls tls;
    private final TargetDialect dialect;
    private final HikariDataSource pool;
    private final boolean checksForeignKeys;
    private final AnswerWatch answers;

    private JdbcTarget(DatabaseConfig config, TargetTls tls, TargetDialect dialect, int connections) {
        this.config = config;
        this.tls = tls;
        this.dialect = dialect;
        this.checksForeignKeys = config.checksForeignKeys();
        HikariConfig settings = new HikariConfig();
        settings.setPoolName("target");
        settings.setJdbcUrl(config.jdbcUrl());
        settings.setDataSourceProperties(properties(config, tls, SOCKET_MS));
        settings.setMaximumPoolSize(connections);
        settings.setMinimumIdle(0);
        settings.setConnectionTimeout(CONNECT_MS + 1_000L);
        settings.setInitializationFailTimeout(-1);
        settings.setValidationTimeout(PING_MS);
        settings.setKeepaliveTime(KEEPALIVE_MS);
        settings.setAutoCommit(false);
        settings.setConnectionInitSql(dialect.setSession(config.session()));
        this.pool = new HikariDataSource(settings);
        this.answers = AnswerWatch.start(this::look);
    }

    /**
     * Finds out what the target is.
     *
     * @throws SQLException when it cannot be reached or refuses
     */
    static JdbcTarget open(DatabaseConfig config, String metaSchema, int connections) throws SQLException {
        TargetTls tls = TargetTls.of(config);
        try (Connection connection = connect(config, tls, SOCKET_MS);
                Statement statement = connection.createStatement()) {
            TargetDialect dialect =
                    new TargetDialect(TargetDialect.isTiDb(text(statement, TargetDialect.selectVersion())), metaSchema);
            if (config.checksForeignKeys() && !isChecking(statement, dialect)) {
                throw new TargetException(
                        "TR-A017",
                        "target-database.session has foreign_key_checks: 1, but the target " + config.address()
                                + " does not check foreign keys",
                        "TiDB does so from 6.6 on, unless it is switched off: SET GLOBAL tidb_enable_foreign_key = ON; or remove foreign_key_checks");
            }
            return new JdbcTarget(config, tls, dialect, connections);
        }
    }

    private static boolean isChecking(Statement statement, TargetDialect dialect) throws SQLException {
        statement.execute(TargetDialect.checkForeignKeys(true));
        try {
            return "1".equals(text(statement, dialect.selectForeignKeyChecks()));
        } catch (SQLException e) {
            if (e.getErrorCode() == UNKNOWN_VARIABLE) {
                return false;
            }
            throw e;
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Creates our schema and tables where they are missing; needs no right to create when they are there. */
    void createMetaTables() throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            try {
                statement.execute(dialect.selectMetaTable());
                connection.rollback();
                return;
            } catch (SQLException missing) {
                if (SqlErrors.kind(missing) != SqlErrors.Kind.STRUCTURE
                        && SqlErrors.kind(missing) != SqlErrors.Kind.REFUSED) {
                    throw missing;
                }
            }
            for (String sql : dialect.createMetaTables()) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    @Override
    public TargetDialect dialect() {
        return dialect;
    }

    @Override
    public String address() {
        return config.address();
    }

    @Override
    public TargetSession session() throws SQLException {
        Connection connection = pool.getConnection();
        try {
            Asking asking = answers.over(connection, dialect);
            try {
                return new WatchedSession(new JdbcSession(connection, dialect, checksForeignKeys, asking), asking);
            } catch (SQLException e) {
                asking.close();
                throw e;
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public JdbcDdlSession ddlSession() throws SQLException {
        return ddlSession(SOCKET_MS);
    }

    /** A look at what the server is at, which is told at once or not at all. */
    private JdbcDdlSession look() throws SQLException {
        return ddlSession(LOOK_MS);
    }

    private JdbcDdlSession ddlSession(int socketMs) throws SQLException {
        Connection connection = connect(config, tls, socketMs);
        try (Statement statement = connection.createStatement()) {
            statement.execute(dialect.setSession(config.session()));
            // the source has checked what it made; a copied child may be made before its parent
            statement.execute(TargetDialect.checkForeignKeys(false));
            return new JdbcDdlSession(connection, dialect, this::look);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection connect(DatabaseConfig config, TargetTls tls, int socketMs) throws SQLException {
        return DriverManager.getConnection(config.jdbcUrl(), properties(config, tls, socketMs));
    }

    /** Connector/J's settings: text statements sent as they are; a matched row counts as affected, changed or not. */
    private static Properties properties(DatabaseConfig config, TargetTls tls, int socketMs) {
        Properties properties = config.connectorProperties(CONNECT_MS, socketMs);
        properties.putAll(Map.of(
                "enableEscapeProcessing", "false",
                "useServerPrepStmts", "false",
                "useLocalSessionState", "true"));
        properties.putAll(tls.properties());
        return properties;
    }

    @Override
    public void close() {
        answers.close();
        pool.close();
        tls.close();
    }
}
