package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeader;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.RotateEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.XAPrepareEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import io.debezium.DebeziumException;
import io.debezium.connector.binlog.event.EventDataDeserializationExceptionData;
import io.debezium.connector.binlog.jdbc.BinlogConnectorConnection;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSource;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSourceMetrics;
import io.debezium.connector.mysql.MySqlTaskContext;
import io.debezium.pipeline.ErrorHandler;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.relational.TableId;
import io.debezium.snapshot.SnapshotterService;
import io.debezium.util.Clock;
import io.tiderace.capture.BinlogEvents.CompressedEvents;
import io.tiderace.capture.BinlogEvents.RawRows;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.capture.MariaDbEvents.MariaDbGtid;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's binlog reader with handlers of ours: events go to a {@link TransactionStream} and from there to the relay, statements through {@link
 * DdlStream}. Whatever cannot be carried stops the source with an error that says where it was. Everything runs on the binlog client's thread.
 */
final class StreamingSource extends MySqlStreamingChangeEventSource {
    /** Flag of statements that use temporary tables (MySQL, {@code LOG_EVENT_THREAD_SPECIFIC_F}). */
    private static final int THREAD_SPECIFIC = 0x4;

    private final CaptureRun run;
    private final CaptureSchema schema;
    private final ErrorHandler errors;
    private final Map<Long, TableMapEventData> tableMaps = new HashMap<>();
    private final Map<Long, TableBinding> bindings = new HashMap<>();
    private final Map<TableName, Boolean> captured = new HashMap<>();
    private @Nullable TransactionStream stream;
    private @Nullable DdlStream statements;
    private @Nullable StreamBoundary boundary; // only while tables are copied beside the stream
    private int lateVersion;
    private boolean isInPayload;
    private @Nullable LogStart start;
    private boolean isUnfinishedAlter;
    private boolean isFailed;

    StreamingSource(
            CaptureRun run,
            MySqlConnectorConfig config,
            BinlogConnectorConnection connection,
            EventDispatcher<MySqlPartition, TableId> dispatcher,
            ErrorHandler errors,
            Clock clock,
            MySqlTaskContext context,
            CaptureSchema schema,
            MySqlStreamingChangeEventSourceMetrics metrics,
            SnapshotterService snapshotters,
            BinaryLogClient client) {
        super(config, connection, dispatcher, errors, clock, context, schema, metrics, snapshotters, client);
        this.run = run;
        this.schema = schema;
        this.errors = errors;
    }

    @Override
    protected EventDeserializer createEventDeserializer() {
        return new RawEventDeserializer();
    }

    @Override
    public void init(MySqlOffsetContext offset) {
        super.init(offset);
        if (!(offset instanceof CaptureOffset ours)) {
            throw new IllegalStateException("streaming begins without a position");
        }
        StoredPosition stored = run.relay().committed();
        if (stored == null) {
            throw new IllegalStateException("streaming begins before its position is stored");
        }
        start = new LogStart(run.readFrom(stored), run.isCollecting() ? 0 : stored.fileBegunMs());
        TransactionStream transactions = new TransactionStream(run, stored);
        stream = transactions;
        boundary = run.late() == null || run.isCollecting() ? null : new StreamBoundary(transactions::hasReached);
        statements = new DdlStream(run, schema, transactions);
        ours.onCommit(this::end);
        eventTimestamp = Instant.EPOCH; // the superclass wants one; ours are in the stream
        run.progress().phase("streaming");
    }

    @Override
    public void execute(ChangeEventSourceContext context, MySqlPartition partition, MySqlOffsetContext offset)
            throws InterruptedException {
        LateTables late = run.late();
        if (late == null || boundary == null) {
            super.execute(context, partition, offset);
            return;
        }
        LateLog log = new LateLog(run, late, stream(), schema, partition, offset);
        try (TlsFiles tls = new TlsFiles(run.source().from().tls())) {
            SourceDatabase database =
                    new SourceDatabase(run.source().sourceId(), run.source().from(), tls);
            try (LateCopy copy = new LateCopy(run, database, late, boundary, log)) {
                copy.start();
                super.execute(context, partition, offset);
            }
        }
    }

    private TransactionStream stream() {
        if (stream == null) {
            throw new IllegalStateException("streaming was not initialised");
        }
        return stream;
    }

    private void end() {
        try {
            stream().end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted at the end of a transaction", e);
        }
    }

    @Override
    protected void handleEvent(
            MySqlPartition partition, MySqlOffsetContext offset, ChangeEventSourceContext context, Event event) {
        if (isFailed || run.isStopping() || run.isOver()) {
            return;
        }
        boolean isOuter = !isInPayload;
        if (isOuter) {
            enter();
        }
        if (isOuter && event.getHeader() instanceof EventHeaderV4 header) {
            stream().at(header);
            if (start == null || start.isBefore(header, stream().eventPos())) {
                return;
            }
            if (header.getEventType() == EventType.FORMAT_DESCRIPTION) {
                stream().fileBegun(header.getTimestamp());
                requireLog(start.otherFile(header.getTimestamp()));
            }
            isInPayload = header.getEventType() == EventType.TRANSACTION_PAYLOAD;
        }
        if (!handleFrequent(partition, offset, event)) {
            super.handleEvent(partition, offset, context, event);
            isFailed |= errors.getProducerThrowable() != null; // it ignores what comes then, we have to as well
        }
        if (isOuter) {
            isInPayload = false;
            if (boundary != null && stream().isBetween()) {
                boundary.leave();
            }
        }
    }

    private void enter() {
        LateTables late = run.late();
        if (boundary == null || late == null || !stream().isBetween()) {
            return;
        }
        try {
            boundary.enter();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before a transaction", e);
        }
        if (late.version() != lateVersion) {
            lateVersion = late.version();
            captured.clear();
            tableMaps.clear();
            bindings.clear();
            if (statements != null) {
                statements.forget();
            }
        }
    }

    /**
     * Handles what every transaction has as the superclass would, without the offset that it renders after each event.
     *
     * @return false for any other event
     */
    private boolean handleFrequent(MySqlPartition partition, MySqlOffsetContext offset, Event event) {
        try {
            switch (event.getHeader().getEventType()) {
                case TABLE_MAP -> handleUpdateTableMetadata(partition, offset, event);
                case WRITE_ROWS, EXT_WRITE_ROWS -> rows(event, Op.INSERT);
                case UPDATE_ROWS, EXT_UPDATE_ROWS -> rows(event, Op.UPDATE);
                case DELETE_ROWS, EXT_DELETE_ROWS -> rows(event, Op.DELETE);
                case XID -> end();
                case MARIADB_GTID -> begin(unwrapData(event), event.getHeader());
                case QUERY -> {
                    if (!(event.getData() instanceof StatementEvent statement)
                            || !statement.getSql().equals("BEGIN")) {
                        return false;
                    }
                    handleQueryEvent(partition, offset, event);
                }
                default -> {
                    return false;
                }
            }
        } catch (RuntimeException e) {
            fail(e);
        } catch (InterruptedException e) {
            isFailed = true;
            Thread.currentThread().interrupt();
        }
        return true;
    }

    @Override
    protected void handleTransactionPayload(
            MySqlPartition partition, MySqlOffsetContext offset, ChangeEventSourceContext context, Event event) {
        CompressedEvents events = unwrapData(event);
        try {
            for (Event inner = events.next(); inner != null && !isFailed; inner = events.next()) {
                handleEvent(partition, offset, context, inner);
            }
        } catch (IOException e) {
            throw failed(
                    "TR-C039",
                    "a compressed transaction cannot be decompressed: " + e.getMessage(),
                    "report it with the server's version; SHOW BINLOG EVENTS shows the event");
        }
    }

    /** Brings an error to the engine from where the client would swallow it. */
    private void fail(RuntimeException e) {
        isFailed = true;
        errors.setProducerThrowable(new DebeziumException("Error processing binlog event", e));
    }

    private void requireLog(@Nullable String problem) {
        if (problem != null) {
            fail(new SourceException(
                    "TR-C017",
                    stream().place() + problem,
                    "go back to the server that the position is of, or copy the source anew under another source-id"));
        }
    }

    @Override
    protected void onEvent(MySqlOffsetContext offset, Event event) {
        if (event.getHeader().getEventType() == EventType.HEARTBEAT) {
            run.progress().lag(0);
        }
    }

    @Override
    protected void handleGtidEvent(
            MySqlPartition partition, MySqlOffsetContext offset, Event event, Predicate<String> filter) {
        GtidEventData data = unwrapData(event);
        long micros = data.getImmediateCommitTimestamp();
        stream()
                .gtid(
                        data.getMySqlGtid().toString(),
                        micros > 0 ? micros / 1000 : event.getHeader().getTimestamp());
    }

    @Override
    protected void handleRotateLogsEvent(MySqlOffsetContext offset, Event event) {
        RotateEventData data = unwrapData(event);
        boolean isReal = event.getHeader().getTimestamp() != 0;
        if (isReal && start != null) {
            requireLog(start.tooShort());
        }
        tableMaps.clear();
        bindings.clear();
        stream().rotated(data.getBinlogFilename(), data.getBinlogPosition(), isReal);
    }

    @Override
    protected void handleUpdateTableMetadata(MySqlPartition partition, MySqlOffsetContext offset, Event event) {
        TableMapEventData map = unwrapData(event);
        TableMapEventData known = tableMaps.get(map.getTableId());
        if (known == map) {
            return; // the same as before
        }
        if (known == null || !TableMapCheck.isSame(known, map)) {
            bindings.remove(map.getTableId());
        }
        TableName name = new TableName(map.getDatabase(), map.getTable());
        if (captured.computeIfAbsent(name, run::captures) && !(run.isMariaDb() && schema.isSequence(name))) {
            tableMaps.put(map.getTableId(), map);
        } else {
            tableMaps.remove(map.getTableId());
        }
    }

    private void rows(Event event, Op op) throws InterruptedException {
        RawRows data = unwrapData(event);
        TableMapEventData map = tableMaps.get(data.tableId());
        if (map == null) {
            return; // not captured
        }
        try {
            stream().rows(binding(data.tableId(), map), data, op);
        } catch (BadValueException e) {
            throw failed(
                    "TR-C031",
                    table(map) + ": " + e.getMessage(),
                    "what the log holds stays as it is: correct the value or the structure at the source, then copy the source anew"
                            + " under another source-id; or leave the table out with the block-allow list and start again");
        } catch (TransactionStream.PartialImageException e) {
            throw failed(
                    "TR-C032",
                    table(map) + ": the row image leaves columns out",
                    "find the session that sets binlog_row_image to MINIMAL or NOBLOB and set it to FULL; the log before"
                            + " that cannot be used, so copy the source anew under another source-id");
        }
    }

    private TableBinding binding(long tableId, TableMapEventData map) {
        TableBinding known = bindings.get(tableId);
        if (known != null) {
            return known;
        }
        TableName name = new TableName(map.getDatabase(), map.getTable());
        TableStructure structure = structure(name);
        TableBinding binding = TableBinding.of(
                map, structure, run.codec().rowEncoder(run.source().sourceId(), structure), schema.history(name));
        bindings.put(tableId, binding);
        return binding;
    }

    private TableStructure structure(TableName name) {
        TableStructure structure;
        try {
            structure = schema.structure(name);
        } catch (IllegalArgumentException e) {
            throw new BadValueException(String.valueOf(e.getMessage()));
        }
        if (structure == null) {
            throw new BadValueException(
                    "its structure is not known: it was made by a statement that was not understood, or was"
                            + " not there when the structures were read");
        }
        return structure;
    }

    private static String table(TableMapEventData map) {
        return "table " + new TableName(map.getDatabase(), map.getTable());
    }

    @Override
    protected void handleQueryEvent(MySqlPartition partition, MySqlOffsetContext offset, Event event)
            throws InterruptedException {
        StatementEvent statement = unwrapData(event);
        if (isUnfinishedAlter) {
            stream().end(); // its structure holds from where the log has it again, finished
            return;
        }
        boolean usesTemporary =
                event.getHeader() instanceof EventHeaderV4 header && (header.getFlags() & THREAD_SPECIFIC) != 0;
        if (statements != null && statements.handle(partition, (CaptureOffset) offset, statement, usesTemporary)) {
            bindings.clear();
        }
    }

    @Override
    protected void prepareTransaction(MySqlOffsetContext offset, Event event) throws InterruptedException {
        XAPrepareEventData data = unwrapData(event);
        Xid xid = Xid.of(data);
        if (data.isOnePhase()) {
            stream().xa().onePhase(xid);
        } else {
            stream().xa().prepare(xid);
        }
    }

    @Override
    protected void handleServerIncident(MySqlPartition partition, MySqlOffsetContext offset, Event event) {
        if (event.getData() instanceof EventDataDeserializationExceptionData) {
            super.handleServerIncident(partition, offset, event);
            return;
        }
        throw failed(
                "TR-C038",
                "the server reports an incident: changes are missing in its log",
                "copy the source anew under another source-id");
    }

    /** MariaDB's transactions begin with their GTID alone. */
    private void begin(MariaDbGtid gtid, EventHeader header) {
        stream().gtid(gtid.text(header.getServerId()), header.getTimestamp());
        isUnfinishedAlter = gtid.isUnfinishedAlter();
        String xid = gtid.preparedXid();
        if (xid != null) {
            stream().beginXa("XA START " + xid);
        } else if (!gtid.isStandalone()) {
            stream().begin();
        }
    }

    @Override
    protected void ignoreEvent(MySqlOffsetContext offset, Event event) {
        TableMapEventData partial = event.getData() instanceof RawRows rows ? tableMaps.get(rows.tableId()) : null;
        if (partial != null) {
            throw failed(
                    "TR-C037",
                    table(partial)
                            + ": an update holds parts of JSON values only (binlog_row_value_options=PARTIAL_JSON)",
                    "SET GLOBAL binlog_row_value_options = '' and reconnect all clients; then copy the source anew under another"
                            + " source-id");
        }
        if (event.getData() instanceof StatementEvent load && statements != null) {
            statements.requireNotCaptured(load.getSql());
        }
        if (event.getHeader().getEventType() == EventType.UNKNOWN
                && event.getHeader() instanceof EventHeaderV4 header
                && (header.getFlags() & 0x80) == 0) {
            throw failed(
                    "TR-C039",
                    "the log holds an event of an unknown kind",
                    "report it with the server's version; SHOW BINLOG EVENTS shows the event");
        }
    }

    private DataException failed(String code, String problem, String cure) {
        isFailed = true;
        return new DataException(
                code, "source " + run.source().sourceId() + ", " + stream().where() + ": " + problem, cure);
    }
}
