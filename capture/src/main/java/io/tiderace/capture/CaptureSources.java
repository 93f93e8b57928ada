package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import io.debezium.connector.binlog.jdbc.BinlogConnectorConnection;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSourceMetrics;
import io.debezium.connector.mysql.MySqlTaskContext;
import io.debezium.jdbc.MainConnectionProvidingConnectionFactory;
import io.debezium.pipeline.ErrorHandler;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.pipeline.notification.NotificationService;
import io.debezium.pipeline.source.snapshot.incremental.IncrementalSnapshotChangeEventSource;
import io.debezium.pipeline.source.spi.ChangeEventSourceFactory;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.source.spi.SnapshotChangeEventSource;
import io.debezium.pipeline.source.spi.SnapshotProgressListener;
import io.debezium.pipeline.source.spi.StreamingChangeEventSource;
import io.debezium.relational.TableId;
import io.debezium.snapshot.SnapshotterService;
import io.debezium.spi.schema.DataCollectionId;
import io.debezium.util.Clock;
import java.util.Optional;

/** Gives Debezium's coordinator our first copy and our streaming source. */
final class CaptureSources implements ChangeEventSourceFactory<MySqlPartition, MySqlOffsetContext> {
    private final CaptureRun run;
    private final MySqlConnectorConfig config;
    private final MainConnectionProvidingConnectionFactory<BinlogConnectorConnection> connections;
    private final ErrorHandler errors;
    private final EventDispatcher<MySqlPartition, TableId> dispatcher;
    private final CaptureSchema schema;
    private final MySqlTaskContext context;
    private final MySqlStreamingChangeEventSourceMetrics metrics;
    private final SnapshotterService snapshotters;
    private final BinaryLogClient client;

    CaptureSources(
            CaptureRun run,
            MySqlConnectorConfig config,
            MainConnectionProvidingConnectionFactory<BinlogConnectorConnection> connections,
            ErrorHandler errors,
            EventDispatcher<MySqlPartition, TableId> dispatcher,
            CaptureSchema schema,
            MySqlTaskContext context,
            MySqlStreamingChangeEventSourceMetrics metrics,
            SnapshotterService snapshotters,
            BinaryLogClient client) {
        this.run = run;
        this.config = config;
        this.connections = connections;
        this.errors = errors;
        this.dispatcher = dispatcher;
        this.schema = schema;
        this.context = context;
        this.metrics = metrics;
        this.snapshotters = snapshotters;
        this.client = client;
    }

    @Override
    public SnapshotChangeEventSource<MySqlPartition, MySqlOffsetContext> getSnapshotChangeEventSource(
            SnapshotProgressListener<MySqlPartition> listener,
            NotificationService<MySqlPartition, MySqlOffsetContext> notifications) {
        return new StartPoint(run, config, schema);
    }

    @Override
    public StreamingChangeEventSource<MySqlPartition, MySqlOffsetContext> getStreamingChangeEventSource() {
        return new StreamingSource(
                run,
                config,
                connections.mainConnection(),
                dispatcher,
                errors,
                Clock.system(),
                context,
                schema,
                metrics,
                snapshotters,
                client);
    }

    @Override
    public Optional<IncrementalSnapshotChangeEventSource<MySqlPartition, ? extends DataCollectionId>>
            getIncrementalSnapshotChangeEventSource(
                    MySqlOffsetContext offset,
                    SnapshotProgressListener<MySqlPartition> progress,
                    DataChangeEventListener<MySqlPartition> changes,
                    NotificationService<MySqlPartition, MySqlOffsetContext> notifications) {
        return Optional.empty();
    }
}
