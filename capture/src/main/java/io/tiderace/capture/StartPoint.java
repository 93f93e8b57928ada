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
import io.tiderace.capture.SourceDatabase.Settings;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
        if (previous != null) {
            return SnapshotResult.skipped(previous);
        }
        try (TlsFiles tls = new TlsFiles(run.source().from().tls())) {
            SourceDatabase database =
                    new SourceDatabase(run.source().sourceId(), run.source().from(), tls);
            return SnapshotResult.completed(begin(partition, database));
        } catch (SQLException e) {
            throw new IllegalStateException("the source cannot be read", e);
        }
    }

    private CaptureOffset begin(MySqlPartition partition, SourceDatabase database)
            throws SQLException, InterruptedException {
        try (Connection connection = database.connect()) {
            Settings settings = database.settings(connection);
            SourcePosition position = startPosition(database, connection, settings);
            schema.setSystemVariables(BinlogSystemVariables.BinlogScope.SESSION, charsetVariables(settings));
            CaptureOffset offset = new CaptureOffset(config, position, 0);
            for (TableName table : database.tables(connection).keySet()) {
                if (run.captures(table)) {
                    learn(partition, offset, table, database.createTable(connection, table));
                }
            }
            run.relay().store(new StoredPosition(0, position, settings.serverUuid(), System.currentTimeMillis(), null));
            run.relay().flush();
            return offset;
        }
    }

    /** Puts a table's structure into the schema and its history. */
    private void learn(MySqlPartition partition, CaptureOffset offset, TableName table, String createTable) {
        List<SchemaChangeEvent> changes =
                schema.parseSnapshotDdl(partition, createTable, table.schema(), offset, Instant.now());
        for (SchemaChangeEvent change : changes) {
            if (change.getType() == SchemaChangeEventType.CREATE) {
                schema.applySchemaChange(change);
            }
        }
    }

    private SourcePosition startPosition(SourceDatabase database, Connection connection, Settings settings)
            throws SQLException {
        for (TaskConfig.Instance instance : run.instances()) {
            TaskConfig.Start start = instance.start();
            if (start != null) {
                return position(settings, start);
            }
        }
        return database.position(connection, settings.hasGtids());
    }

    private SourcePosition position(Settings settings, TaskConfig.Start start) {
        String gtids = start.binlogGtid();
        if (gtids != null && !gtids.isEmpty()) {
            if (!settings.hasGtids()) {
                throw new SourceException(
                        "TR-C019",
                        "source " + run.source().sourceId() + " is to start at a GTID set but runs without GTIDs",
                        "give binlog-name and binlog-pos in the task's meta instead of binlog-gtid");
            }
            return new SourcePosition("", 4, gtids.replaceAll("\\s", ""));
        }
        String file = start.binlogName();
        return new SourcePosition(file == null ? "" : file, Math.max(start.binlogPos(), 4), null);
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
