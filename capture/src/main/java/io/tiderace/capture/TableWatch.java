package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether tables are still what they were when the copy's connections began to see the source. The server tells of some DDL itself (error
 * 1412) but not of all: a column added at once, columns or tables that exchange their names. It asks for the moment of the last change of the
 * definition, which every ALTER TABLE moves and every other table has of its own, over a connection of its own: the copy's see the past. Thread-safe.
 */
final class TableWatch implements AutoCloseable {
    /** The moment is told in seconds: one in which a table was changed must be over before what it says can be relied on. */
    private static final int SETTLED_AFTER_S = 2;

    private final Connection connection;
    private final Map<TableName, String> changed = new TreeMap<>();
    private String begunAt = "";

    private TableWatch(Connection connection) {
        this.connection = connection;
    }

    /** Begins to watch; whoever wants to be sure of what was seen at some moment begins before it. */
    static TableWatch begin(SourceDatabase database) throws SQLException, InterruptedException {
        TableWatch watch = new TableWatch(database.connect());
        try {
            watch.changed.putAll(watch.settled());
            return watch;
        } catch (SQLException | InterruptedException | RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private Map<TableName, String> settled() throws SQLException, InterruptedException {
        while (true) {
            SourceDatabase.query(connection, "SELECT CAST(NOW() AS CHAR)", row -> begunAt = row.getString(1));
            Map<TableName, String> result = new TreeMap<>();
            boolean[] isSettled = {true};
            SourceDatabase.query(
                    connection,
                    "SELECT table_schema, table_name, CAST(create_time AS CHAR), create_time < NOW() - INTERVAL " + SETTLED_AFTER_S
                            + " SECOND FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
                            + " AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')",
                    row -> {
                        isSettled[0] &= !"0".equals(row.getString(4));
                        result.put(new TableName(row.getString(1), row.getString(2)), String.valueOf(row.getString(3)));
                    });
            if (isSettled[0]) {
                return result;
            }
            Thread.sleep(100);
        }
    }

    /** When it began, by the source's clock: tables that are defined later are not those of the beginning. */
    String begunAt() {
        return begunAt;
    }

    /**
     * True when what a table was at the beginning is not younger than another watch's beginning.
     *
     * @param earlier null when that is not known
     */
    boolean isDefinedBefore(TableName table, @Nullable String earlier) {
        String defined = changed.get(table);
        return earlier == null || (defined != null && (defined.equals("null") || defined.compareTo(earlier) < 0));
    }

    /** True when the table has not been altered, dropped, or exchanged for another since the beginning. */
    synchronized boolean isUnchanged(TableName table) throws SQLException {
        boolean[] isSame = {false};
        SourceDatabase.query(
                connection,
                "SELECT CAST(create_time AS CHAR) FROM information_schema.tables WHERE table_schema = "
                        + SourceDatabase.quoted(table.schema()) + " AND table_name = "
                        + SourceDatabase.quoted(table.table()),
                row -> isSame[0] = Objects.equals(changed.get(table), String.valueOf(row.getString(1))));
        return isSame[0];
    }

    /** True when none of the tables has been made, altered or dropped since the beginning. */
    synchronized boolean isStill(Predicate<TableName> tables) throws SQLException, InterruptedException {
        Map<TableName, String> now = new TreeMap<>(settled());
        now.keySet().removeIf(tables.negate());
        return now.equals(tables(tables));
    }

    /** The tables that there were at the beginning. */
    Map<TableName, String> tables(Predicate<TableName> wanted) {
        Map<TableName, String> result = new TreeMap<>(changed);
        result.keySet().removeIf(wanted.negate());
        return result;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
