package io.tiderace.capture;

import io.debezium.connector.binlog.jdbc.BinlogSystemVariables;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.pipeline.signal.actions.snapshotting.SnapshotConfiguration;
import io.debezium.pipeline.source.SnapshottingTask;
import io.debezium.pipeline.source.spi.SnapshotChangeEventSource;
import io.debezium.pipeline.spi.SnapshotResult;
import io.debezium.schema.SchemaChangeEvent;
import io.debezium.schema.SchemaChangeEvent.SchemaChangeEventType;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import io.tiderace.capture.SourceDatabase.Settings;
import io.tiderace.capture.StoredPosition.CopyState;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a source's stream begins: a stored position, else the first copy's, else what the task's {@code meta} says, else now. Stands where
 * Debezium has its snapshot, so it has the schema and its history at hand.
 */
final class StartPoint implements SnapshotChangeEventSource<MySqlPartition, MySqlOffsetContext> {
    private final CaptureRun run;
    private final MySqlConnectorConfig config;
    private final CaptureSchema schema;

    StartPoint(CaptureRun run, MySqlConnectorConfig config, CaptureSchema schema) {
        this.run = run;
        this.config = config;
        this.schema = schema;
    }

    @Override
    public SnapshottingTask getSnapshottingTask(MySqlPartition partition, MySqlOffsetContext previous) {
        return new SnapshottingTask(previous == null, false, List.of(), Map.of(), false);
    }

    @Override
    public SnapshottingTask getBlockingSnapshottingTask(
            MySqlPartition partition, MySqlOffsetContext previous, SnapshotConfiguration configuration) {
        throw new UnsupportedOperationException("no signals are read");
    }

    @Override
    public SnapshotResult<MySqlOffsetContext> execute(
            ChangeEventSourceContext context,
            MySqlPartition partition,
            MySqlOffsetContext previous,
            SnapshottingTask task)
            throws InterruptedException {
        try (TlsFiles tls = new TlsFiles(run.source().from().tls())) {
            SourceDatabase database =
                    new SourceDatabase(run.source().sourceId(), run.source().from(), tls);
            SchemaRebuild.Plan plan = run.rebuild();
            if (plan != null) {
                return rebuild(partition, database, plan);
            }
            StoredPosition start = run.start();
            CopyState copy = start == null ? null : start.copy();
            AddedTables.find(run, database);
            if (start == null || previous == null) {
                return run.copies()
                        ? copyAnew(context, partition, database, tls)
                        : SnapshotResult.completed(beginWithout(partition, database));
            }
            if (copy != null && copy.isReading()) {
                return copyOn(context, previous, database, tls, start, copy);
            }
            return copied(previous);
        } catch (SQLException e) {
            throw new IllegalStateException("the source cannot be read", e);
        }
    }

    /** After the copy a task that only copies has nothing more to do. */
    private SnapshotResult<MySqlOffsetContext> copied(MySqlOffsetContext offset) {
        if (run.onlyCopies()) {
            run.finished();
            return SnapshotResult.aborted();
        }
        return SnapshotResult.completed(offset);
    }

    private SnapshotResult<MySqlOffsetContext> rebuild(
            MySqlPartition partition, SourceDatabase database, SchemaRebuild.Plan plan)
            throws SQLException, InterruptedException {
        try (Connection connection = database.connect()) {
            Settings settings = database.settings(connection);
            SourceLog log = new SourceLog(connection, new LogScan(database, run::isStopping), settings.hasGtids());
            StoredPosition stored = plan.position();
            CaptureOffset offset = new CaptureOffset(config, stored.position(), stored.txn());
            learnAsOf(partition, offset, database, connection, settings, log, plan.emptyHistory());
            run.relay().store(stored);
            run.relay().flush();
            plan.result().tables(schema.knownTables());
            run.finished();
            return SnapshotResult.aborted();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CaptureOffset beginWithout(MySqlPartition partition, SourceDatabase database)
            throws SQLException, InterruptedException {
        try (Connection connection = database.connect()) {
            Settings settings = database.settings(connection);
            SourceLog log = new SourceLog(connection, new LogScan(database, run::isStopping), settings.hasGtids());
            TaskConfig.Start start = run.instances().get(0).start(); // the tasks of a source agree about it
            SourcePosition position = start == null
                    ? database.position(connection, settings.hasGtids())
                    : new StartSearch(
                                    run.source().sourceId(),
                                    connection,
                                    log,
                                    run.source().enableGtid())
                            .find(start);
            CaptureOffset offset = new CaptureOffset(config, position, 0);
            learnAsOf(partition, offset, database, connection, settings, log, () -> {});
            run.relay().store(new StoredPosition(0, position, settings.serverUuid(), System.currentTimeMillis(), null));
            run.relay().flush();
            return offset;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SnapshotResult<MySqlOffsetContext> copyAnew(
            ChangeEventSourceContext context, MySqlPartition partition, SourceDatabase database, TlsFiles tls)
            throws SQLException, InterruptedException {
        Settings settings = settings(database);
        try (CopyView view = CopyView.open(run, database, settings.hasGtids())) {
            SnapshotConnections snapshot = view.snapshot();
            Connection connection = snapshot.connections().get(0);
            CaptureOffset offset = new CaptureOffset(config, snapshot.from(), 1);
            List<SchemaChange> statements = learnWhole(partition, offset, database, connection, settings);
            CopyState nothing = CopyState.begun(view.watch().begunAt());
            FirstCopy.announce(run, captured(database, connection), nothing);
            CopyLog log = new CopyLog(run, 0, snapshot.from(), settings.serverUuid(), nothing);
            log.readAt(snapshot.until());
            view.settled();
            log.begin(statements);
            return copy(offset, new FirstCopy(run, context, database, tls, settings.hasGtids()), view, log);
        }
    }

    private SnapshotResult<MySqlOffsetContext> copyOn(
            ChangeEventSourceContext context,
            MySqlOffsetContext offset,
            SourceDatabase database,
            TlsFiles tls,
            StoredPosition start,
            CopyState state)
            throws SQLException, InterruptedException {
        Settings settings = settings(database);
        try (CopyView view = CopyView.open(run, database, settings.hasGtids())) {
            SnapshotConnections snapshot = view.snapshot();
            Connection connection = snapshot.connections().get(0);
            FirstCopy.announce(run, captured(database, connection), state);
            CopyLog log = new CopyLog(run, start.txn(), start.position(), start.serverUuid(), state);
            log.readAt(snapshot.until());
            FirstCopy.leaveAltered(view, log, structures());
            view.settled();
            return copy(offset, new FirstCopy(run, context, database, tls, settings.hasGtids()), view, log);
        }
    }

    private SnapshotResult<MySqlOffsetContext> copy(
            MySqlOffsetContext offset, FirstCopy copy, CopyView view, CopyLog log)
            throws SQLException, InterruptedException {
        return copy.copy(view, log, structures()) ? copied(offset) : SnapshotResult.aborted();
    }

    private static Settings settings(SourceDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            return database.settings(connection);
        }
    }

    private Map<TableName, Long> captured(SourceDatabase database, Connection connection) throws SQLException {
        Map<TableName, Long> tables = database.tables(connection);
        tables.keySet().removeIf(table -> !run.captures(table));
        return tables;
    }

    private List<TableStructure> structures() {
        List<TableStructure> result = new ArrayList<>();
        for (TableName name : schema.knownTables()) {
            TableStructure structure = run.captures(name) ? structure(name) : null;
            if (structure != null) {
                result.add(structure);
            }
        }
        return result;
    }

    private @Nullable TableStructure structure(TableName name) {
        return structure(run, schema, name);
    }

    /** @throws DataException when a column cannot be carried */
    static @Nullable TableStructure structure(CaptureRun run, CaptureSchema schema, TableName name) {
        try {
            return schema.structure(name);
        } catch (IllegalArgumentException e) {
            throw new DataException(
                    "TR-C040",
                    "source " + run.source().sourceId() + ": table " + name + " has a column that cannot be carried: "
                            + e.getMessage(),
                    "leave the table out with the block-allow list, or change the column's type",
                    e);
        }
    }

    /** The same, to be tried again when a table goes meanwhile: nothing is written yet. */
    private List<SchemaChange> learnWhole(
            MySqlPartition partition,
            CaptureOffset offset,
            SourceDatabase database,
            Connection connection,
            Settings settings)
            throws SQLException {
        try {
            return learn(partition, offset, database, connection, settings);
        } catch (SQLException e) {
            if (CopyWorker.ALTERED.contains(e.getErrorCode())) {
                throw new UncheckedIOException(
                        new IOException("a table was altered or dropped while the copy began: " + e.getMessage()));
            }
            throw e;
        }
    }

    /** Reads every captured table's structure; gives the statements that make them. */
    private List<SchemaChange> learn(
            MySqlPartition partition,
            CaptureOffset offset,
            SourceDatabase database,
            Connection connection,
            Settings settings)
            throws SQLException {
        schema.setSystemVariables(BinlogSystemVariables.BinlogScope.SESSION, charsetVariables(settings));
        if (settings.isMariaDb()) {
            learnOfMariaDb(partition, offset, database, connection);
        }
        List<SchemaChange> statements = new ArrayList<>();
        Set<String> schemas = new TreeSet<>();
        for (TableName table : captured(database, connection).keySet()) {
            if (schemas.add(table.schema())) {
                statements.add(CopyLog.statement(
                        database.createSchema(connection, table.schema()), null, List.of(), settings.dialect()));
            }
            String createTable = database.createTable(connection, table);
            learn(schema, partition, offset, createTable, table, TableDefinition.reader(connection, table));
            TableStructure structure = structure(table);
            statements.add(CopyLog.statement(
                    createTable.replaceFirst("^CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
                    table.schema(),
                    List.of(new TouchedTable(table, structure)),
                    settings.dialect()));
        }
        return statements;
    }

    /**
     * Reads the structures that the captured tables had at a position: today's, where the log from there to now says that it is the same, none
     * where the log brings it.
     *
     * @param before is done when that is certain, before anything is written
     * @throws SourceException when some table's structure at the position cannot be known
     */
    private void learnAsOf(
            MySqlPartition partition,
            CaptureOffset offset,
            SourceDatabase database,
            Connection connection,
            Settings settings,
            SourceLog log,
            Runnable before)
            throws SQLException, IOException {
        schema.setSystemVariables(BinlogSystemVariables.BinlogScope.SESSION, charsetVariables(settings));
        Map<TableName, String> today = new TreeMap<>();
        for (TableName table : captured(database, connection).keySet()) {
            today.put(table, database.createTable(connection, table));
        }
        StructureWindow window = new StructureWindow(run::captures);
        log.readAfter(offset.start(), window);
        window.requireNoneLost(run.source().sourceId());
        before.run();
        if (settings.isMariaDb()) {
            learnOfMariaDb(partition, offset, database, connection);
        }
        today.forEach((table, createTable) -> {
            if (window.fate(table) == StructureWindow.Fate.SAME) {
                learn(schema, partition, offset, createTable, table, TableDefinition.reader(connection, table));
            }
        });
    }

    /** What MariaDB's table maps do not say: the character sets that tables made later get from their schemas, and which tables are sequences. */
    private void learnOfMariaDb(
            MySqlPartition partition, CaptureOffset offset, SourceDatabase database, Connection connection)
            throws SQLException {
        for (Map.Entry<String, String> one : database.schemaCharsets(connection).entrySet()) {
            if (run.capturesSchema(one.getKey())) {
                String sql = "CREATE DATABASE " + TableName.quote(one.getKey()) + " CHARACTER SET " + one.getValue();
                schema.parseSnapshotDdl(partition, sql, one.getKey(), offset, Instant.now())
                        .forEach(schema::applySchemaChange);
            }
        }
        for (TableName sequence : database.sequences(connection)) {
            learn(
                    schema,
                    partition,
                    offset,
                    "CREATE SEQUENCE " + sequence.quoted(),
                    sequence,
                    TableDefinition.reader(connection, sequence));
        }
    }

    /**
     * Puts a table's structure into the schema and its history.
     *
     * @param plain asked for where the table's own CREATE TABLE has what the parser does not know
     */
    static void learn(
            CaptureSchema schema,
            MySqlPartition partition,
            MySqlOffsetContext offset,
            String createTable,
            TableName table,
            Supplier<TableDefinition> plain) {
        List<SchemaChangeEvent> changes;
        try {
            changes = schema.parseSnapshotDdl(partition, createTable, table.schema(), offset, Instant.now());
        } catch (ParsingException | MultipleParsingExceptions e) {
            String known = plain.get().createTable();
            changes = schema.parseSnapshotDdl(partition, known, table.schema(), offset, Instant.now());
        }
        for (SchemaChangeEvent change : changes) {
            if (change.getType() == SchemaChangeEventType.CREATE) {
                schema.applySchemaChange(change);
            }
        }
    }

    /** The variables from which the parser derives a table's character set when a statement does not name one. */
    static Map<String, String> charsetVariables(Settings settings) {
        Map<String, String> result = new TreeMap<>();
        settings.variables().forEach((name, value) -> {
            if (name.startsWith("character_set") || name.startsWith("collation")) {
                result.put(name, value);
            }
        });
        return result;
    }
}
