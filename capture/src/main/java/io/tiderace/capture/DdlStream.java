package io.tiderace.capture;

import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.relational.Table;
import io.debezium.relational.history.TableChanges.TableChange;
import io.debezium.schema.SchemaChangeEvent;
import io.debezium.schema.SchemaChangeEvent.SchemaChangeEventType;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.MariaDbStatement;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do with the statements in the log: transaction brackets, DDL, and what must not be there. DDL goes through Debezium's parser into the
 * known structures and their history, and to the relay when it touches something captured.
 */
final class DdlStream {
    private static final Logger LOG = LoggerFactory.getLogger(DdlStream.class);
    private static final Pattern SCHEMA_STATEMENT = Pattern.compile(
            "^\\s*(CREATE|ALTER|DROP)\\s+(DATABASE|SCHEMA)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final CaptureRun run;
    private final CaptureSchema schema;
    private final TransactionStream stream;
    private final StructureRecovery recovery;
    private @Nullable Set<String> capturedNames;

    DdlStream(CaptureRun run, CaptureSchema schema, TransactionStream stream) {
        this.run = run;
        this.schema = schema;
        this.stream = stream;
        recovery = new StructureRecovery(run, schema, stream);
    }

    /**
     * Handles a statement.
     *
     * @param usesTemporary true when the session's temporary tables are concerned
     * @return true when structures may have changed
     */
    boolean handle(MySqlPartition partition, CaptureOffset offset, StatementEvent statement, boolean usesTemporary)
            throws InterruptedException {
        String sql = run.isMariaDb()
                ? MariaDbStatement.withoutSetStatement(statement.getSql().trim())
                : statement.getSql().trim();
        if (sql.equals("BEGIN")) { // nearly all there are
            stream.begin();
            return false;
        }
        switch (Statements.kind(sql)) {
            case BEGIN -> stream.begin();
            case XA_START -> stream.beginXa(sql);
            case XA_COMMIT -> stream.xa().commit(sql);
            case XA_ROLLBACK -> stream.xa().rollback(sql);
            case COMMIT -> stream.end();
            case ROLLBACK -> rollback();
            case XA_END, SAVEPOINT -> {}
            case DML -> {
                requireNotCaptured(sql);
                endUnlessOpen();
            }
            case DDL -> {
                if (usesTemporary && Statements.altersOneTable(sql)) {
                    endUnlessOpen(); // the session's own table, whatever real one has the same name
                    return false;
                }
                for (String part : run.isMariaDb() ? Statements.withoutReplace(sql) : List.of(sql)) {
                    ddl(partition, offset, statement, part);
                }
                endUnlessOpen();
                return true;
            }
            case TEMPORARY, OTHER -> endUnlessOpen();
        }
        return false;
    }

    private void endUnlessOpen() throws InterruptedException {
        if (!stream.isOpen()) {
            stream.end();
        }
    }

    private void rollback() throws InterruptedException {
        if (stream.rows() > 0) {
            throw failed(
                    "TR-C036",
                    "a transaction with changes of captured tables ends with ROLLBACK: it mixes transactional and other tables",
                    "convert the captured tables to InnoDB, then copy the source anew under another source-id");
        }
        stream.end();
    }

    /** A change logged as a statement: fine as long as it names nothing captured. */
    void requireNotCaptured(String sql) {
        String table = Statements.mentioned(sql, capturedNames());
        if (table != null) {
            throw loggedAsStatement("may concern the captured table " + table);
        }
    }

    private DataException loggedAsStatement(String what) {
        return failed(
                "TR-C034",
                "a change is logged as a statement, not as rows, and " + what,
                "find the session that sets binlog_format to STATEMENT or MIXED and set it to ROW; the log before that cannot"
                        + " be used, so copy the source anew under another source-id");
    }

    private void ddl(MySqlPartition partition, CaptureOffset offset, StatementEvent statement, String logged)
            throws InterruptedException {
        String sql = stream.isOpen() ? Statements.withoutStartTransaction(logged) : logged;
        boolean isFilled = Statements.createsWithRows(sql);
        if (isFilled && isOfCaptured(sql, statement.getDatabase())) {
            throw loggedAsStatement("fills the captured table " + Statements.firstTable(sql, statement.getDatabase()));
        }
        offset.txn(stream.currentTxn());
        Set<TableName> sequences = run.isMariaDb() ? schema.sequences() : Set.of();
        String sqlMode = statement.context().sqlMode();
        String executed = run.isMariaDb() ? Statements.inDefaultMode(sql, sqlMode) : Statements.executed(sql, sqlMode);
        List<SchemaChangeEvent> changes = parse(partition, offset, statement, executed);
        schema.changed();
        capturedNames = null;
        Map<TableName, @Nullable TableStructure> touched = touched(changes);
        for (SchemaChangeEvent change : changes) {
            if (change.getType() != SchemaChangeEventType.TRUNCATE) {
                schema.applySchemaChange(change); // also writes the history, before the relay has the statement
            }
        }
        addNamed(touched, executed, statement.getDatabase());
        late(executed, statement.getDatabase(), changes, touched);
        boolean isOfSequences = isOfSequences(touched, sequences);
        boolean isCaptured = !isOfSequences
                && (touched.keySet().stream().anyMatch(run::captures)
                        || (touched.isEmpty() && isCapturedSchema(sql, changes, statement.getDatabase())));
        if (isCaptured && !statement.isText()) {
            throw failed(
                    "TR-C033",
                    "a statement on a captured table holds bytes that are no text in the character set of its session ("
                            + statement.context().charset() + "): " + sql,
                    "copy the source anew under another source-id; write such values as X'…'");
        }
        if (isCaptured && stream.isReplaying()) {
            requireReadBefore(touched.keySet(), sql);
        }
        if (isCaptured) {
            List<TouchedTable> tables = new ArrayList<>();
            touched.forEach((name, structure) -> tables.add(new TouchedTable(name, structure)));
            LOG.atInfo()
                    .addKeyValue("source", run.source().sourceId())
                    .addKeyValue("position", stream.where())
                    .addKeyValue("statement", sql)
                    .log("DDL");
            stream.statement(sql, statement.context(), tables);
        }
    }

    /** Sequences of MariaDB's are not carried: the values that they gave are in the rows. */
    private boolean isOfSequences(Map<TableName, @Nullable TableStructure> touched, Set<TableName> before) {
        return !touched.isEmpty()
                && touched.keySet().stream().allMatch(name -> before.contains(name) || schema.isSequence(name));
    }

    /** What the copy has read of a table must not have been read after the statement. */
    private void requireReadBefore(Set<TableName> touched, String sql) {
        for (TableName table : touched.isEmpty() ? schema.knownTables() : touched) {
            if (run.captures(table) && stream.isReadLater(table)) {
                throw new SourceException(
                        "TR-C018",
                        place() + "table " + table + " was altered before the first copy read it: " + sql,
                        "start the copy again under another source-id when no DDL runs");
            }
        }
    }

    /** Tables that are copied while the stream goes on are told what the statement does to them. */
    private void late(
            String sql,
            String defaultSchema,
            List<SchemaChangeEvent> changes,
            Map<TableName, @Nullable TableStructure> touched) {
        LateTables late = run.late();
        if (late == null) {
            return;
        }
        List<LateTables.Rename> renames = renames(sql, defaultSchema, changes);
        TableName altered = Statements.namedTable(sql, defaultSchema);
        if (renames.isEmpty() && altered != null && touched.containsKey(altered) && touched.get(altered) == null) {
            touched.forEach((name, structure) -> {
                if (structure != null) {
                    renames.add(new LateTables.Rename(altered, name));
                }
            });
        }
        TableName keyless = late.statement(sql, renames, name -> run.accepts(name) ? structure(name) : null);
        if (keyless != null) {
            throw failed(
                    "TR-C046",
                    "table " + keyless + " lost its primary key before it was copied whole: " + sql,
                    "leave the table out with the block-allow list and start; then drop it at the target, and take it in again:"
                            + " it is copied anew");
        }
    }

    /** In the order in which they take place: of a table that is renamed twice the parser tells the last name only. */
    private List<LateTables.Rename> renames(String sql, String defaultSchema, List<SchemaChangeEvent> changes) {
        List<LateTables.Rename> renames = new ArrayList<>();
        String plain = Statements.withoutComments(sql).trim();
        if (plain.regionMatches(true, 0, "RENAME", 0, "RENAME".length())) {
            List<TableName> names = StructureWindow.altered(plain, defaultSchema); // from, to, from, to
            for (int i = 0; i + 1 < names.size(); i += 2) {
                renames.add(new LateTables.Rename(schema.asStored(names.get(i)), schema.asStored(names.get(i + 1))));
            }
            return renames;
        }
        for (SchemaChangeEvent change : changes) {
            for (TableChange table : change.getTableChanges()) {
                if (table.getPreviousId() != null) {
                    renames.add(new LateTables.Rename(
                            CaptureSchema.name(table.getPreviousId()), CaptureSchema.name(table.getId())));
                }
            }
        }
        return renames;
    }

    /** Other tables are captured than before. */
    void forget() {
        capturedNames = null;
    }

    private List<SchemaChangeEvent> parse(
            MySqlPartition partition, CaptureOffset offset, StatementEvent statement, String sql) {
        try {
            return schema.parseStreamingDdl(partition, sql, statement.getDatabase(), offset, Instant.now());
        } catch (ParsingException | MultipleParsingExceptions e) {
            return isOfCaptured(sql, statement.getDatabase())
                    ? recovery.recovered(partition, offset, statement, sql, e)
                    : List.of();
        }
    }

    /** Decides about a statement that is not understood; errs to true. */
    private boolean isOfCaptured(String sql, String defaultSchema) {
        TableName table = Statements.firstTable(sql, defaultSchema);
        if (table != null && run.accepts(table)) {
            return true;
        }
        boolean isOnlyOfThatTable = table != null && Statements.isOfOneTable(sql);
        return !isOnlyOfThatTable && Statements.mentioned(sql, capturedNames()) != null;
    }

    private Map<TableName, @Nullable TableStructure> touched(List<SchemaChangeEvent> changes) {
        Map<TableName, @Nullable TableStructure> result = new LinkedHashMap<>();
        for (SchemaChangeEvent change : changes) {
            for (TableChange table : change.getTableChanges()) {
                if (table.getPreviousId() != null) {
                    result.put(CaptureSchema.name(table.getPreviousId()), null);
                }
            }
            for (Table table : change.getTables()) {
                TableName name = CaptureSchema.name(table.id());
                result.put(name, change.getType() == SchemaChangeEventType.DROP ? null : structure(name));
            }
        }
        return result;
    }

    /**
     * The parser does not tell of indexes, nor of the name from which ALTER TABLE renames, nor of a CREATE TABLE whose table is known already: one
     * IF NOT EXISTS, or one before which the log is read again while the structures are today's.
     */
    private void addNamed(Map<TableName, @Nullable TableStructure> touched, String sql, String defaultSchema) {
        TableName named = Statements.indexedOrNamedTable(sql, defaultSchema);
        if (named != null && !touched.containsKey(named)) {
            touched.put(named, structure(named));
        }
    }

    private @Nullable TableStructure structure(TableName name) {
        try {
            return schema.structure(name);
        } catch (IllegalArgumentException e) {
            if (run.captures(name)) {
                throw new DataException(
                        "TR-C040",
                        place() + "table " + name + " has a column that cannot be carried: " + e.getMessage(),
                        "leave the table out with the block-allow list, or change the column's type",
                        e);
            }
            return null;
        }
    }

    private boolean isCapturedSchema(String sql, List<SchemaChangeEvent> changes, String defaultSchema) {
        if (!SCHEMA_STATEMENT.matcher(Statements.withoutComments(sql)).matches()) {
            return false;
        }
        String name = changes.isEmpty() ? defaultSchema : changes.get(0).getDatabase();
        return name != null && run.capturesSchema(name.isEmpty() ? defaultSchema : name);
    }

    private Set<String> capturedNames() {
        if (capturedNames == null) {
            Set<String> names = new HashSet<>();
            for (TableName table : schema.knownTables()) {
                if (run.captures(table)) {
                    names.add(table.table().toLowerCase(Locale.ROOT));
                }
            }
            capturedNames = names;
        }
        return capturedNames;
    }

    private String place() {
        return stream.place();
    }

    private DataException failed(String code, String problem, String cure) {
        return new DataException(code, place() + problem, cure);
    }
}
