package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import io.debezium.bean.StandardBeanNames;
import io.debezium.config.CommonConnectorConfig;
import io.debezium.config.Configuration;
import io.debezium.config.Field;
import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.base.DefaultQueueProvider;
import io.debezium.connector.binlog.BinlogEventMetadataProvider;
import io.debezium.connector.binlog.BinlogSourceTask;
import io.debezium.connector.binlog.jdbc.BinlogConnectorConnection;
import io.debezium.connector.common.CdcSourceTaskContext;
import io.debezium.connector.common.DebeziumHeaderProducer;
import io.debezium.connector.mysql.Module;
import io.debezium.connector.mysql.MySqlChangeEventSourceMetricsFactory;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlErrorHandler;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSourceMetrics;
import io.debezium.connector.mysql.MySqlTaskContext;
import io.debezium.connector.mysql.jdbc.MySqlConnection;
import io.debezium.connector.mysql.jdbc.MySqlConnectionConfiguration;
import io.debezium.connector.mysql.jdbc.MySqlFieldReaderResolver;
import io.debezium.connector.mysql.jdbc.MySqlValueConverters;
import io.debezium.document.DocumentReader;
import io.debezium.heartbeat.Heartbeat.ScheduledHeartbeat;
import io.debezium.jdbc.DefaultMainConnectionProvidingConnectionFactory;
import io.debezium.jdbc.MainConnectionProvidingConnectionFactory;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.DataChangeEvent;
import io.debezium.pipeline.ErrorHandler;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.pipeline.notification.NotificationService;
import io.debezium.pipeline.signal.SignalProcessor;
import io.debezium.pipeline.signal.channels.SourceSignalChannel;
import io.debezium.pipeline.spi.Offsets;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.TableId;
import io.debezium.schema.SchemaFactory;
import io.debezium.schema.SchemaNameAdjuster;
import io.debezium.snapshot.SnapshotterService;
import io.debezium.spi.topic.TopicNamingStrategy;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Assembles Debezium's parts with our schema, first copy and streaming source. Rows do not pass the task's queue, which only brings errors to
 * the engine. Public because the engine makes it from its class.
 */
public final class CaptureTask extends BinlogSourceTask<MySqlPartition, MySqlOffsetContext> {
    private static final String CONTEXT_NAME = "capture";

    private @Nullable CaptureConnectorConfig config;
    private @Nullable MySqlTaskContext parts;
    private @Nullable BinlogConnectorConnection connection;
    private @Nullable ErrorHandler errors;
    private @Nullable CaptureSchema schema;
    private @Nullable ChangeEventQueue<DataChangeEvent> queue;

    @Override
    public String version() {
        return Module.version();
    }

    @Override
    public CdcSourceTaskContext<? extends CommonConnectorConfig> preStart(Configuration configuration) {
        config = new CaptureConnectorConfig(configuration);
        parts = new MySqlTaskContext(configuration, config);
        return parts;
    }

    @Override
    public ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> start(Configuration configuration) {
        CaptureConnectorConfig settings = required(config);
        MySqlTaskContext taskContext = required(parts);
        CaptureRun run = CaptureRun.of(configuration.getString(CaptureRun.KEY));
        MainConnectionProvidingConnectionFactory<BinlogConnectorConnection> connections =
                new DefaultMainConnectionProvidingConnectionFactory<>(() -> new MySqlConnection(
                        new MySqlConnectionConfiguration(configuration), MySqlFieldReaderResolver.resolve(settings)));
        connection = connections.mainConnection();
        MySqlPartition partition = new MySqlPartition.Provider(settings, configuration)
                .getPartitions()
                .iterator()
                .next();
        StoredPosition start = run.start();
        CaptureOffset offset = start == null ? null : new CaptureOffset(settings, start.position(), start.txn());
        Offsets<MySqlPartition, MySqlOffsetContext> offsets = Offsets.of(partition, offset);
        @SuppressWarnings("unchecked")
        TopicNamingStrategy<TableId> topics =
                settings.getTopicNamingStrategy(MySqlConnectorConfig.TOPIC_NAMING_STRATEGY);
        SchemaNameAdjuster adjuster = settings.schemaNameAdjuster();
        MySqlValueConverters converters = converters(settings);
        boolean isCaseInsensitive = connection.isTableIdCaseSensitive(); // Debezium's name says the opposite
        registerServiceProviders(settings.getServiceRegistry());
        schema = new CaptureSchema(
                settings,
                converters,
                topics,
                adjuster,
                isCaseInsensitive,
                settings.getServiceRegistry().tryGetService(CustomConverterRegistry.class),
                taskContext);
        registerBeans(settings, configuration, converters, offsets, taskContext);
        queue = queue(settings, taskContext);
        errors = new MySqlErrorHandler(settings, queue, errors);
        return coordinator(run, settings, taskContext, connections, offsets, topics, adjuster);
    }

    private void registerBeans(
            CaptureConnectorConfig settings,
            Configuration configuration,
            MySqlValueConverters converters,
            Offsets<MySqlPartition, MySqlOffsetContext> offsets,
            MySqlTaskContext taskContext) {
        var beans = settings.getBeanRegistry();
        beans.add(StandardBeanNames.CONFIGURATION, configuration);
        beans.add(StandardBeanNames.CONNECTOR_CONFIG, settings);
        beans.add(StandardBeanNames.DATABASE_SCHEMA, required(schema));
        beans.add(StandardBeanNames.JDBC_CONNECTION, required(connection));
        beans.add(StandardBeanNames.VALUE_CONVERTER, converters);
        beans.add(StandardBeanNames.OFFSETS, offsets);
        beans.add(StandardBeanNames.CDC_SOURCE_TASK_CONTEXT, taskContext);
    }

    private static ChangeEventQueue<DataChangeEvent> queue(
            CaptureConnectorConfig settings, MySqlTaskContext taskContext) {
        return new ChangeEventQueue.Builder<DataChangeEvent>()
                .pollInterval(settings.getPollInterval())
                .maxBatchSize(settings.getMaxBatchSize())
                .maxQueueSize(settings.getMaxQueueSize())
                .maxQueueSizeInBytes(settings.getMaxQueueSizeInBytes())
                .queueProvider(new DefaultQueueProvider<>(settings.getMaxQueueSize()))
                .loggingContextSupplier(() -> taskContext.configureLoggingContext(CONTEXT_NAME))
                .build();
    }

    private ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> coordinator(
            CaptureRun run,
            CaptureConnectorConfig settings,
            MySqlTaskContext taskContext,
            MainConnectionProvidingConnectionFactory<BinlogConnectorConnection> connections,
            Offsets<MySqlPartition, MySqlOffsetContext> offsets,
            TopicNamingStrategy<TableId> topics,
            SchemaNameAdjuster adjuster) {
        CaptureSchema tables = required(schema);
        ChangeEventQueue<DataChangeEvent> events = required(queue);
        BinlogEventMetadataProvider metadata = new BinlogEventMetadataProvider();
        SignalProcessor<MySqlPartition, MySqlOffsetContext> signals = new SignalProcessor<>(
                CaptureConnector.class,
                settings,
                Map.of(),
                List.of(new SourceSignalChannel()),
                DocumentReader.defaultReader(),
                offsets);
        EventDispatcher<MySqlPartition, TableId> dispatcher = new EventDispatcher<>(
                settings,
                topics,
                tables,
                events,
                settings.getTableFilters().dataCollectionFilter(),
                DataChangeEvent::new,
                null,
                metadata,
                ScheduledHeartbeat.NOOP_HEARTBEAT,
                adjuster,
                signals,
                settings.getServiceRegistry().tryGetService(DebeziumHeaderProducer.class));
        BinaryLogClient client = new LogClient(
                settings.getHostName(), settings.getPort(), settings.getUserName(), settings.getPassword(), run);
        MySqlStreamingChangeEventSourceMetrics metrics = new MySqlStreamingChangeEventSourceMetrics(
                taskContext, events, metadata, tables::dataCollectionIds, client);
        SnapshotterService snapshotters = settings.getServiceRegistry().tryGetService(SnapshotterService.class);
        CaptureSources sources = new CaptureSources(
                run,
                settings,
                connections,
                required(errors),
                dispatcher,
                tables,
                taskContext,
                metrics,
                snapshotters,
                client);
        ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> coordinator =
                new ChangeEventSourceCoordinator<>(
                        offsets,
                        required(errors),
                        CaptureConnector.class,
                        settings,
                        sources,
                        new MySqlChangeEventSourceMetricsFactory(metrics),
                        dispatcher,
                        tables,
                        signals,
                        new NotificationService<>(
                                List.of(), settings, SchemaFactory.get(), dispatcher::enqueueNotification),
                        snapshotters);
        coordinator.start(taskContext, events, metadata);
        return coordinator;
    }

    private static MySqlValueConverters converters(MySqlConnectorConfig settings) {
        return new MySqlValueConverters(
                settings.getDecimalMode(),
                settings.getTemporalPrecisionMode(),
                settings.getBigIntUnsignedHandlingMode().asBigIntUnsignedMode(),
                settings.binaryHandlingMode(),
                temporal -> temporal,
                settings.getEventConvertingFailureHandlingMode(),
                settings.getServiceRegistry());
    }

    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        return required(queue).poll().stream().map(DataChangeEvent::getRecord).toList();
    }

    @Override
    protected Optional<ErrorHandler> getErrorHandler() {
        return Optional.ofNullable(errors);
    }

    @Override
    protected void doStop() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the connection to the source cannot be closed", e);
        } finally {
            if (schema != null) {
                schema.close();
            }
        }
    }

    @Override
    protected String connectorName() {
        return Module.name();
    }

    @Override
    protected Iterable<Field> getAllConfigurationFields() {
        return MySqlConnectorConfig.ALL_FIELDS;
    }

    private static <T> T required(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the task was not started");
        }
        return part;
    }
}
