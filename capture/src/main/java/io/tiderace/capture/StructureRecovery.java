package io.tiderace.capture;

import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.schema.SchemaChangeEvent;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.capture.StructureProof.Found;
import io.tiderace.capture.StructureProof.Verdict;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a statement on a captured table that the parser does not know: what it did is read from the source where that is proved to be
 * possible, else it is an error. Used by the thread that reads the log.
 */
final class StructureRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(StructureRecovery.class);

    private final CaptureRun run;
    private final CaptureSchema schema;
    private final TransactionStream stream;

    StructureRecovery(CaptureRun run, CaptureSchema schema, TransactionStream stream) {
        this.run = run;
        this.schema = schema;
        this.stream = stream;
    }

    /**
     * Replaces the structures of the tables that the statement alters by what the source has.
     *
     * @param sql the statement as the parser got it
     * @return statements to the same effect, parsed; none for a statement after which all columns are as before
     * @throws DataException when it is not certain what the statement did
     */
    List<SchemaChangeEvent> recovered(
            MySqlPartition partition,
            CaptureOffset offset,
            StatementEvent statement,
            String sql,
            RuntimeException problem) {
        String defaultSchema = statement.getDatabase();
        List<TableName> altered =
                StructureWindow.altered(Statements.withoutComments(sql).trim(), defaultSchema).stream()
                        .filter(run::accepts)
                        .distinct()
                        .toList();
        if (altered.isEmpty()) {
            TableName named = Statements.indexedOrNamedTable(sql, defaultSchema);
            if (named == null || !run.accepts(named)) {
                throw notUnderstood(statement, "which tables it changes is not known", problem);
            }
            return List.of(); // it is on indexes or on storage only
        }
        Verdict verdict = read(altered);
        if (verdict.doubt() != null) {
            throw notUnderstood(
                    statement, "what it did cannot be read from the source any more: " + verdict.doubt(), problem);
        }
        LOG.atInfo()
                .addKeyValue("source", run.source().sourceId())
                .addKeyValue("position", stream.where())
                .addKeyValue("statement", statement.getSql())
                .addKeyValue("tables", altered)
                .log("a statement is not understood: what it did was read from the source");
        List<SchemaChangeEvent> changes = new ArrayList<>();
        verdict.tables().forEach(table -> changes.addAll(replaced(partition, offset, table)));
        return changes;
    }

    private Verdict read(List<TableName> tables) {
        try (TlsFiles tls = new TlsFiles(run.source().from().tls())) {
            SourceDatabase database =
                    new SourceDatabase(run.source().sourceId(), run.source().from(), tls);
            return new StructureProof(run, database).read(tables, stream.nextPosition(), stream.serverUuid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("a structure cannot be read from the source", e);
        }
    }

    /** Puts a table as it was found in the place of the known one, by statements that the history can have. */
    private List<SchemaChangeEvent> replaced(MySqlPartition partition, CaptureOffset offset, Found table) {
        List<SchemaChangeEvent> changes = new ArrayList<>();
        if (schema.knownTables().contains(table.name())) {
            changes.addAll(parse(
                    partition,
                    offset,
                    table.name(),
                    "DROP TABLE " + table.name().quoted()));
        }
        String createTable = table.createTable();
        TableDefinition definition = table.definition();
        if (createTable == null || definition == null) {
            return changes;
        }
        try {
            changes.addAll(parse(partition, offset, table.name(), createTable));
        } catch (ParsingException | MultipleParsingExceptions e) {
            changes.addAll(parse(partition, offset, table.name(), definition.createTable()));
        }
        return changes;
    }

    private List<SchemaChangeEvent> parse(MySqlPartition partition, CaptureOffset offset, TableName table, String sql) {
        return schema.parseStreamingDdl(partition, sql, table.schema(), offset, Instant.now());
    }

    private DataException notUnderstood(StatementEvent statement, String reason, RuntimeException problem) {
        return new DataException(
                "TR-C033",
                stream.place() + "a statement that mentions a captured table is not understood: "
                        + statement.getSql().trim() + "; " + reason,
                "copy the source anew under another source-id, or leave the table out with the block-allow list and start"
                        + " again; the statement is a defect worth reporting",
                problem);
    }
}
