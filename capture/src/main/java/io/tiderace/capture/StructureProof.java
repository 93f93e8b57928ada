package io.tiderace.capture;

import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the source what tables look like after a statement that the parser does not know. What they look like today is that only where the log
 * from the statement to the moment of reading has no other statement that may alter them: whoever sees a table altered finds the statement in
 * the log, because MySQL lets no one look at the table before.
 */
final class StructureProof {
    private final CaptureRun run;
    private final SourceDatabase database;

    StructureProof(CaptureRun run, SourceDatabase database) {
        this.run = run;
        this.database = database;
    }

    /**
     * A table of today.
     *
     * @param createTable null when there is none
     * @param definition the same in fewer words
     */
    record Found(
            TableName name,
            @Nullable String createTable,
            @Nullable TableDefinition definition) {}

    /**
     * What is known.
     *
     * @param doubt why today's structures may be others, null when they are proved to be the wanted ones
     */
    record Verdict(List<Found> tables, @Nullable String doubt) {
        Verdict {
            tables = List.copyOf(tables);
        }
    }

    /**
     * Reads.
     *
     * @param after just after the statement
     * @param serverUuid of the server whose log that is
     */
    Verdict read(List<TableName> tables, SourcePosition after, String serverUuid) throws SQLException, IOException {
        try (Connection connection = database.connect()) {
            if (!database.settings(connection).serverUuid().equals(serverUuid)) {
                return new Verdict(List.of(), "the source's address leads to another server than its log came from");
            }
            List<Found> found = new ArrayList<>();
            for (TableName table : tables) {
                found.add(find(connection, table));
            }
            String later = later(tables, after, database.position(connection, false));
            return new Verdict(found, later == null ? null : "a later one may have altered the table again, " + later);
        }
    }

    /** SHOW CREATE TABLE waits for a statement that is still at work; from then on all tables of the server show what it did. */
    private Found find(Connection connection, TableName table) throws SQLException {
        try {
            String createTable = database.createTable(connection, table);
            return createTable.startsWith("CREATE TABLE ")
                    ? new Found(table, createTable, TableDefinition.read(connection, table))
                    : new Found(table, null, null);
        } catch (SQLException e) {
            if (e.getErrorCode() == 1146 || e.getErrorCode() == 1049) { // no such table, no such schema
                return new Found(table, null, null);
            }
            throw e;
        }
    }

    /** The first statement between two places that may alter one of the tables, null when there is none. */
    private @Nullable String later(List<TableName> tables, SourcePosition after, SourcePosition until)
            throws IOException {
        LogScan scan = new LogScan(database, run::isStopping);
        List<String> found = new ArrayList<>();
        scan.read(after.file(), LogOffsets.dumpFrom(after.pos()), transaction -> {
            SourcePosition end = new SourcePosition(transaction.file(), transaction.end(), null);
            if (!until.covers(end)) {
                return false;
            }
            if (!after.covers(end)) {
                for (StatementEvent statement : transaction.statements()) {
                    if (tables.stream().anyMatch(table -> StructureWindow.mayAlter(statement, table))) {
                        found.add(
                                transaction.where() + ": " + statement.getSql().trim());
                    }
                }
            }
            return found.isEmpty();
        });
        return found.isEmpty() ? null : found.get(0);
    }
}
