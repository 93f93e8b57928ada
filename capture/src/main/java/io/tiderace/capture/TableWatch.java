package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether tables are still what they were when the copy's connections began to see the source. The server tells of some DDL itself (error
 * 1412) but not of all: a column added at once, columns or tables that exchange their names. It asks over a connection of its own, as the copy's see
 * the past:
 *
 * <ul>
 *   <li>for the moment of the last change of the definition, which every ALTER TABLE but a mere renaming moves;
 *   <li>for InnoDB's number of the table, where the account may see it (PROCESS), where another table was defined in the same second, and once the
 *       server has renamed anything.
 * </ul>
 *
 * Thread-safe.
 */
final class TableWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
    /** The moment is told in seconds: one in which a table was changed must be over before what it says can be relied on. */
    private static final int SETTLED_AFTER_S = 2;

    private static final String UNKNOWN = "unknown";
    private static final long SETTLED_MAX_MS = 60_000;
    private static final long TOLD_AFTER_MS = 5_000;
    private static final long TICK_MS = 100;
    /** Access denied; the table of MySQL 8.0 in 5.7, or the other way round. */
    private static final Set<Integer> NO_NUMBERS = Set.of(1044, 1045, 1109, 1142, 1227);

    private final Connection connection;
    private final Predicate<TableName> watched;
    private final Map<TableName, String> defined = new TreeMap<>();
    private final Set<TableName> mistakable = new TreeSet<>(); // of the second of another, or of an unknown one
    private Map<String, String> numbers = Map.of();
    private String begunAt = "";
    private String renames = "";

    private TableWatch(Connection connection, Predicate<TableName> watched) {
        this.connection = connection;
        this.watched = watched;
    }

    /**
     * Begins to watch; whoever wants to be sure of what was seen at some moment begins before it. Waits until no watched table has been defined in
     * the last seconds.
     *
     * @throws SQLTransientException when that takes more than a minute, or it is told to stop
     */
    static TableWatch begin(SourceDatabase database, Predicate<TableName> watched, BooleanSupplier isStopping)
            throws SQLException, InterruptedException {
        return begin(database, watched, isStopping, SETTLED_MAX_MS);
    }

    static TableWatch begin(
            SourceDatabase database, Predicate<TableName> watched, BooleanSupplier isStopping, long settledMaxMs)
            throws SQLException, InterruptedException {
        TableWatch watch = new TableWatch(database.connect(), watched);
        try {
            watch.begin(isStopping, settledMaxMs);
            return watch;
        } catch (SQLException | InterruptedException | RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private void begin(BooleanSupplier isStopping, long settledMaxMs) throws SQLException, InterruptedException {
        long from = System.nanoTime();
        boolean isTold = false;
        for (TableName unsettled = look(); unsettled != null; unsettled = look()) {
            long waitedMs = (System.nanoTime() - from) / 1_000_000;
            if (waitedMs > settledMaxMs || isStopping.getAsBoolean()) {
                throw new SQLTransientException(
                        "table " + unsettled + " or others are made, altered or renamed again and again: in "
                                + waitedMs / 1000 + " s there were not " + SETTLED_AFTER_S + " s without",
                        "40001");
            }
            if (!isTold && waitedMs > TOLD_AFTER_MS) {
                isTold = true;
                LOG.atWarn().addKeyValue("table", unsettled).log("waiting until tables are no more made or altered");
            }
            Thread.sleep(TICK_MS);
        }
    }

    /** @return a watched table that is too young or may just have been renamed, null when there is none */
    private @Nullable TableName look() throws SQLException {
        SourceDatabase.query(connection, "SELECT CAST(NOW() AS CHAR)", row -> begunAt = row.getString(1));
        renames = renames();
        defined.clear();
        mistakable.clear();
        TableName[] young = {null};
        Map<String, TableName> bySecond = new HashMap<>();
        definitions((table, second, isSettled) -> {
            TableName other = bySecond.put(second, table);
            if (other != null || second.equals(UNKNOWN)) {
                mistakable.add(table);
                mistakable.add(other == null ? table : other);
            }
            if (watched.test(table)) {
                defined.put(table, second);
                young[0] = isSettled ? young[0] : table;
            }
        });
        mistakable.retainAll(defined.keySet());
        if (young[0] == null && !mistakable.isEmpty()) {
            numbers = numbers("");
            young[0] = renames().equals(renames) ? null : mistakable.iterator().next();
        }
        return young[0];
    }

    /** Receives what there is. */
    @FunctionalInterface
    private interface Definition {
        void table(TableName table, String second, boolean isSettled);
    }

    private void definitions(Definition each) throws SQLException {
        SourceDatabase.query(
                connection,
                "SELECT table_schema, table_name, CAST(create_time AS CHAR), create_time < NOW() - INTERVAL "
                        + SETTLED_AFTER_S
                        + " SECOND FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
                        + " AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')",
                row -> each.table(
                        new TableName(row.getString(1), row.getString(2)),
                        Objects.requireNonNullElse(row.getString(3), UNKNOWN),
                        !"0".equals(row.getString(4))));
    }

    /** Another text after every statement that can give a table another name. Every account may see it. */
    private String renames() throws SQLException {
        StringBuilder counts = new StringBuilder();
        SourceDatabase.query(
                connection,
                "SHOW GLOBAL STATUS WHERE variable_name IN ('Com_rename_table', 'Com_alter_table')",
                row -> counts.append(row.getString(1)).append(row.getString(2)).append(' '));
        return counts.toString();
    }

    /** InnoDB's numbers of the tables, by name as InnoDB writes it; none where the account may not see them. */
    private Map<String, String> numbers(String where) throws SQLException {
        Map<String, String> result = new HashMap<>();
        for (String view : List.of("innodb_tables", "innodb_sys_tables")) { // MySQL 8.0, and before
            try {
                SourceDatabase.query(
                        connection,
                        "SELECT name, table_id FROM information_schema." + view + where,
                        row -> result.put(row.getString(1), row.getString(2)));
                return result;
            } catch (SQLException e) {
                if (!NO_NUMBERS.contains(e.getErrorCode())) {
                    throw e;
                }
            }
        }
        return result;
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
        String second = defined.get(table);
        return earlier == null || (second != null && (second.equals(UNKNOWN) || second.compareTo(earlier) < 0));
    }

    /**
     * True when the table has not been altered, dropped, or exchanged for another since the beginning. To be relied on only while something keeps DDL away from
     * the table.
     */
    synchronized boolean isUnchanged(TableName table) throws SQLException {
        boolean[] isSame = {false};
        SourceDatabase.query(
                connection,
                "SELECT CAST(create_time AS CHAR) FROM information_schema.tables WHERE table_schema = "
                        + SourceDatabase.quoted(table.schema()) + " AND table_name = "
                        + SourceDatabase.quoted(table.table()),
                row -> isSame[0] =
                        Objects.requireNonNullElse(row.getString(1), UNKNOWN).equals(defined.get(table)));
        return isSame[0] && (!mistakable.contains(table) || isSameNumber(table));
    }

    /** True also where numbers are not known: InnoDB writes names with other characters in a way of its own. */
    private boolean isSameNumber(TableName table) throws SQLException {
        String name = table.schema() + "/" + table.table();
        String number = numbers.get(name);
        return number == null
                || renames().equals(renames)
                || number.equals(
                        numbers(" WHERE name = " + SourceDatabase.quoted(name)).get(name));
    }

    /** True when none of the watched tables has been made, altered, dropped or exchanged since the beginning. */
    synchronized boolean isStill() throws SQLException {
        Map<TableName, String> now = new TreeMap<>();
        definitions((table, second, isSettled) -> {
            if (watched.test(table)) {
                now.put(table, second);
            }
        });
        if (!now.equals(defined)) {
            return false;
        }
        for (TableName table : mistakable) {
            if (!isSameNumber(table)) {
                return false;
            }
        }
        return true;
    }

    /** The watched tables that there were at the beginning. */
    Set<TableName> tables() {
        return defined.keySet();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
