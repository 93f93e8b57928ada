package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.TargetException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes DDL once. The journal says {@code started} with a fingerprint of the tables as they are before, then the statement runs, then the
 * journal says {@code done}. When that is interrupted, the fingerprint tells whether the statement was executed: with an equal one it was not, or
 * it changes nothing that a second time would change again.
 *
 * <pre>
 *   (none) --start--> started --statement--> done
 *                        |  crash: tables changed? --yes--> done
 *                        |                          --no---> statement again
 *                        +--refused--> failed --next start--> started
 * </pre>
 */
final class DdlExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(DdlExecutor.class);
    private static final String BEFORE = "before ";
    private static final String ABSENT = "absent";
    private static final long POLL_MS = 500;

    /** The target is already what the statement wants (DM 3.8): database or table exists or is gone; column or key exists or is gone. */
    private static final Set<Integer> ALREADY = Set.of(1007, 1008, 1050, 1051, 1060, 1061, 1091);

    private static final int UNKNOWN_DATABASE = 1049;

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

    private final Target target;
    private final TargetDialect dialect;
    private final String task;
    private final String sourceId;
    private final Backoff backoff;

    DdlExecutor(Target target, String task, String sourceId, Backoff backoff) {
        this.target = target;
        this.dialect = target.dialect();
        this.task = task;
        this.sourceId = sourceId;
        this.backoff = backoff;
    }

    /** Returns when the statement is executed, now or before. */
    void execute(RoutedDdl ddl) throws FencedException, InterruptedException {
        String what = "executing the DDL of transaction " + ddl.txn();
        backoff.call(what, () -> {
            attempt(ddl);
            return true;
        });
    }

    private void attempt(RoutedDdl ddl) throws SQLException, InterruptedException {
        try (Connection connection = target.ddlConnection()) {
            awaitRunning(connection, ddl);
            String before = fingerprint(connection, ddl.targetTables());
            Entry entry = entry(connection, ddl);
            if (entry != null && entry.state().equals("done")) {
                return;
            }
            if (entry != null && entry.state().equals("started") && !entry.isBefore(before)) {
                LOG.atInfo().addKeyValue("txn", ddl.txn()).log("DDL was executed before the interruption");
                end(connection, ddl, "done", null);
                return;
            }
            start(connection, ddl, before);
            if (ddl.snapshot() && isThere(connection, ddl.targetTables())) {
                // made by hand, perhaps because the target cannot make it as the source has it
                LOG.atInfo().addKeyValue("tables", ddl.targetTables()).log("the target has the table already");
                end(connection, ddl, "done", null);
                return;
            }
            run(ddl, connection);
        }
    }

    private record Entry(String state, @Nullable String error) {
        boolean isBefore(String fingerprint) {
            return (BEFORE + fingerprint).equals(error);
        }
    }

    private void run(RoutedDdl ddl, Connection journal) throws SQLException {
        LOG.atInfo()
                .addKeyValue("source", sourceId)
                .addKeyValue("txn", ddl.txn())
                .addKeyValue("statement", ddl.statement())
                .log("DDL");
        try (Connection session = target.ddlConnection();
                Statement statement = session.createStatement()) {
            createSchemas(statement, ddl);
            enter(statement, ddl);
            statement.execute(ddl.statement());
        } catch (SQLException e) {
            SqlErrors.Kind kind = SqlErrors.kind(e);
            if (kind == SqlErrors.Kind.TRANSIENT || kind == SqlErrors.Kind.CONNECTION_LOST) {
                throw e;
            }
            if (!ALREADY.contains(e.getErrorCode())) {
                end(journal, ddl, "failed", SqlErrors.reason(e));
                throw refused(ddl, e);
            }
            if (!ddl.snapshot()) {
                LOG.atWarn()
                        .addKeyValue("source", sourceId)
                        .addKeyValue("txn", ddl.txn())
                        .addKeyValue("reason", SqlErrors.reason(e))
                        .log("the target is already as the DDL wants it");
            }
        }
        end(journal, ddl, "done", null);
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

    private @Nullable Entry entry(Connection connection, RoutedDdl ddl) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectJournal())) {
            key(query, 1, ddl);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? new Entry(row.getString(1), row.getString(2)) : null;
            }
        }
    }

    private void start(Connection connection, RoutedDdl ddl, String before) throws SQLException {
        TableName first = ddl.targetTables().isEmpty()
                ? new TableName("", "")
                : ddl.targetTables().get(0);
        try (PreparedStatement insert = connection.prepareStatement(dialect.startJournal())) {
            key(insert, 1, ddl);
            insert.setString(5, ddl.lockId());
            insert.setString(6, first.schema());
            insert.setString(7, first.table());
            insert.setString(8, ddl.statement());
            insert.setString(9, BEFORE + before);
            insert.executeUpdate();
        }
    }

    private void end(Connection connection, RoutedDdl ddl, String state, @Nullable String error) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(dialect.endJournal())) {
            update.setString(1, state);
            update.setString(2, error);
            key(update, 3, ddl);
            update.executeUpdate();
        }
    }

    private void key(PreparedStatement statement, int index, RoutedDdl ddl) throws SQLException {
        statement.setString(index, task);
        statement.setString(index + 1, sourceId);
        statement.setLong(index + 2, ddl.txn());
        statement.setLong(index + 3, ddl.txnRow());
    }

    /** TiDB goes on with a statement whose connection is gone. */
    private void awaitRunning(Connection connection, RoutedDdl ddl) throws SQLException, InterruptedException {
        while (dialect.isTiDb() && isRunning(connection, ddl.statement())) {
            Thread.sleep(POLL_MS);
        }
    }

    private static boolean isRunning(Connection connection, String statement) throws SQLException {
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

    private static String fingerprint(Connection connection, List<TableName> tables) throws SQLException {
        StringBuilder all = new StringBuilder();
        for (TableName table : tables) {
            all.append(table.quoted())
                    .append(' ')
                    .append(structure(connection, table))
                    .append('\n');
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(all.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static boolean isThere(Connection connection, List<TableName> tables) throws SQLException {
        for (TableName table : tables) {
            if (structure(connection, table).equals(ABSENT)) {
                return false;
            }
        }
        return !tables.isEmpty();
    }

    private static String structure(Connection connection, TableName table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(TargetDialect.showCreate(table))) {
            return row.next() ? row.getString(2).replaceAll(" AUTO_INCREMENT=\\d+", "") : "";
        } catch (SQLException e) {
            if (SqlErrors.kind(e) == SqlErrors.Kind.STRUCTURE) {
                return ABSENT;
            }
            throw e;
        }
    }

    private TargetException refused(RoutedDdl ddl, SQLException e) {
        return new TargetException(
                "TR-A030",
                "the target " + target.address() + " refuses a DDL statement of source " + sourceId + " (transaction "
                        + ddl.txn() + ", "
                        + ddl.file() + ":" + ddl.pos() + (ddl.gtid() == null ? "" : ", " + ddl.gtid()) + "): "
                        + SqlErrors.reason(e)
                        + "; statement: " + ddl.statement(),
                "cure the cause and start again: the statement is tried again; or bring the table into the wanted shape by hand and pass "
                        + "over the statement with: "
                        + dialect.passOverJournal(task, sourceId, ddl.txn(), ddl.txnRow()),
                e);
    }
}
