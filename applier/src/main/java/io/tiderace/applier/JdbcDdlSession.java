package io.tiderace.applier;

import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@link DdlSession} over a JDBC connection in autocommit mode. */
final class JdbcDdlSession implements DdlSession {
    private static final int UNKNOWN_DATABASE = 1049;
    private static final int NO_SUCH_THREAD = 1094;
    private static final Set<Integer> NO_SUCH_FUNCTION = Set.of(1235, 1305);

    /** Modes that change how a statement is read or what it may do; others are the source's own affair or unknown to some targets. */
    private static final Set<String> MODES = Set.of(
            "ANSI_QUOTES",
            "PIPES_AS_CONCAT",
            "IGNORE_SPACE",
            "NO_BACKSLASH_ESCAPES",
            "REAL_AS_FLOAT",
            "ALLOW_INVALID_DATES",
            "NO_UNSIGNED_SUBTRACTION",
            "NO_AUTO_VALUE_ON_ZERO",
            "HIGH_NOT_PRECEDENCE");

    /** Opens another session of the same target, which sees what this one does. */
    @FunctionalInterface
    interface Witness {
        JdbcDdlSession open() throws SQLException;
    }

    /** Where a session is. */
    record Seat(String server, long session) {}

    private final Connection connection;
    private final TargetDialect dialect;
    private final Witness witness;

    JdbcDdlSession(Connection connection, TargetDialect dialect, Witness witness) {
        this.connection = connection;
        this.dialect = dialect;
        this.witness = witness;
    }

    @Override
    public boolean lock(CheckpointKey key) throws SQLException {
        String name = TargetDialect.lockName(key.task(), key.sourceId());
        try {
            if (number(TargetDialect.getLock(), name) == 1) {
                return true;
            }
        } catch (SQLException e) {
            if (NO_SUCH_FUNCTION.contains(e.getErrorCode())) {
                return true; // TiDB before 6.2: the epoch alone has to do
            }
            throw e;
        }
        if (!dialect.isTiDb()) { // TiDB does not tell who has it, but soon notices a connection that is gone
            killIdle(name);
        }
        return false;
    }

    private void killIdle(String lockName) throws SQLException {
        long holder = number(TargetDialect.selectIdleLockHolder(), lockName);
        if (holder > 0) {
            kill(holder);
        }
    }

    /** Ends a session of this server, if it has one with that number. */
    void kill(long session) throws SQLException {
        try (Statement kill = connection.createStatement()) {
            kill.execute(dialect.kill(session));
        } catch (SQLException e) {
            if (e.getErrorCode() != NO_SUCH_THREAD) {
                throw e;
            }
        }
    }

    private long number(String sql, String parameter) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, parameter);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    @Override
    public long epoch(CheckpointKey key) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectEpoch())) {
            query.setString(1, key.task());
            query.setString(2, key.sourceId());
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    @Override
    public String structure(TableName name) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(TargetDialect.showCreate(name))) {
            return row.next() ? row.getString(2).replaceAll(" AUTO_INCREMENT=\\d+", "") : "";
        } catch (SQLException e) {
            if (SqlErrors.kind(e) == SqlErrors.Kind.STRUCTURE) {
                return "";
            }
            throw e;
        }
    }

    /** TiDB goes on with a statement whose connection is gone. */
    @Override
    public boolean isRunning(String statement) throws SQLException {
        if (!dialect.isTiDb()) {
            return false;
        }
        try (Statement query = connection.createStatement();
                ResultSet jobs = query.executeQuery(TargetDialect.selectRunningDdl())) {
            while (jobs.next()) {
                if (bare(statement).equals(bare(jobs.getString(1)))) {
                    return true;
                }
            }
            return false;
        }
    }

    private static String bare(@Nullable String statement) {
        return statement == null ? "" : statement.strip().replaceAll("[;\\s]+$", "");
    }

    @Override
    public @Nullable JournalEntry journal(JournalKey key) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectJournal())) {
            set(query, 1, key);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? new JournalEntry(row.getString(1), row.getString(2)) : null;
            }
        }
    }

    @Override
    public void started(JournalKey key, RoutedDdl ddl, String note) throws SQLException {
        TableName first = ddl.targetTables().isEmpty()
                ? new TableName("", "")
                : ddl.targetTables().get(0);
        try (PreparedStatement insert = connection.prepareStatement(dialect.startJournal())) {
            set(insert, 1, key);
            insert.setString(5, ddl.lockId());
            insert.setString(6, first.schema());
            insert.setString(7, first.table());
            insert.setString(8, ddl.statement());
            insert.setString(9, note);
            insert.executeUpdate();
        }
    }

    @Override
    public void ended(JournalKey key, String state, @Nullable String note) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(dialect.endJournal())) {
            update.setString(1, state);
            update.setString(2, note);
            set(update, 3, key);
            update.executeUpdate();
        }
    }

    /** As the server itself says, which a proxy in between cannot change. */
    Seat seat() throws SQLException {
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery(TargetDialect.selectSeat())) {
            row.next();
            return new Seat(row.getString(1), row.getLong(2));
        }
    }

    /** Whether this server has a session with that number which executes something. */
    boolean isActive(long session) throws SQLException {
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery(TargetDialect.selectActivity(session))) {
            return row.next() && !"Sleep".equalsIgnoreCase(row.getString(1));
        }
    }

    @Override
    public void execute(RoutedDdl ddl) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            createSchemas(statement, ddl);
            enter(statement, ddl);
            int answerMs = connection.getNetworkTimeout();
            DdlWatch watch = DdlWatch.start(connection, seat(), ddl.statement(), witness);
            try {
                connection.setNetworkTimeout(Runnable::run, 0);
                statement.execute(ddl.statement());
            } finally {
                watch.close();
            }
            connection.setNetworkTimeout(Runnable::run, answerMs);
        }
    }

    /** A copied table may go to a schema that no CREATE DATABASE of the source makes: routes of tables do not rename schemas. */
    private static void createSchemas(Statement statement, RoutedDdl ddl) throws SQLException {
        if (ddl.snapshot()) {
            for (TableName table : ddl.targetTables()) {
                if (!table.table().isEmpty()) {
                    statement.execute(TargetDialect.createSchema(table.schema()));
                }
            }
        }
    }

    /** The session the statement ran in at the source, as far as it changes what the statement does. */
    private static void enter(Statement statement, RoutedDdl ddl) throws SQLException {
        StatementContext context = ddl.context();
        if (context.defaultSchema() != null && !context.defaultSchema().isEmpty()) {
            try {
                statement.execute(TargetDialect.use(context.defaultSchema()));
            } catch (SQLException e) {
                if (e.getErrorCode() != UNKNOWN_DATABASE) { // the statement may be the one that creates it
                    throw e;
                }
            }
        }
        List<String> modes = new ArrayList<>(
                List.of(context.sqlMode().toUpperCase(Locale.ROOT).split(",")));
        modes.retainAll(MODES);
        if (!modes.contains("ALLOW_INVALID_DATES")) {
            modes.add("ALLOW_INVALID_DATES"); // a table rebuilt by the statement may hold them
        }
        statement.execute(TargetDialect.setVariable("sql_mode", String.join(",", modes)));
        if (context.timeZone() != null
                && !context.timeZone().isEmpty()
                && !context.timeZone().equals("SYSTEM")) {
            statement.execute(TargetDialect.setVariable("time_zone", context.timeZone()));
        }
        statement.execute(TargetDialect.setTimestamp(ddl.tsMs()));
    }

    private static void set(PreparedStatement statement, int index, JournalKey key) throws SQLException {
        statement.setString(index, key.checkpoint().task());
        statement.setString(index + 1, key.checkpoint().sourceId());
        statement.setLong(index + 2, key.txn());
        statement.setLong(index + 3, key.row());
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException gone) {
            // it is closed as far as this side goes
        }
    }
}
