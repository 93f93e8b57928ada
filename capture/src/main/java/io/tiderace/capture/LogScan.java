package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.RotateEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TransactionPayloadEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.GtidEventDataDeserializer;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.capture.MariaDbEvents.MariaDbGtid;
import io.tiderace.schemas.TableName;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stretch of the log beside the stream, transaction by transaction and without rows, up to the log's present end. For questions about
 * the log that have to be answered before anything is captured from it. Used by one thread at a time.
 */
final class LogScan {
    private static final int ARTIFICIAL = 0x20;
    private static final int SILENCE_MAX_MS = 60_000;
    private static final long CONNECT_MAX_MS = 15_000;
    private static final Set<EventType> BETWEEN = Set.of(
            EventType.FORMAT_DESCRIPTION,
            EventType.PREVIOUS_GTIDS,
            EventType.MARIADB_GTID_LIST,
            EventType.BINLOG_CHECKPOINT,
            EventType.ROTATE,
            EventType.STOP);

    private final SourceDatabase database;
    private final BooleanSupplier isStopping;

    /** @param isStopping when it says true, reading ends with an error */
    LogScan(SourceDatabase database, BooleanSupplier isStopping) {
        this.database = database;
        this.isStopping = isStopping;
    }

    /**
     * One transaction of the log, or a statement that stands for itself.
     *
     * @param begin offset of its first byte in the file
     * @param end offset just after its last byte
     * @param commitMs when it was committed at the server that is read; seconds only where the server logs no more
     * @param tables of which it changes rows, with the last table map of each
     * @param statements in it, brackets included
     */
    record Transaction(
            String file,
            long begin,
            long end,
            @Nullable String gtid,
            long commitMs,
            Map<TableName, TableMapEventData> tables,
            List<StatementEvent> statements) {
        String where() {
            return (gtid == null ? "" : "GTID " + gtid + ", ") + file + ":" + begin;
        }
    }

    /** Receives what is read, in the order of the log; says false to read no further. */
    interface Visitor {
        boolean transaction(Transaction transaction);

        /** An event that belongs to no transaction: the head or the end of a file. */
        default boolean between(String file, long begin, long end, long tsMs) {
            return true;
        }
    }

    /** Reads from a place between two transactions. */
    void read(String file, long pos, Visitor visitor) throws IOException {
        BinaryLogClient client = client();
        Assembly assembly = new Assembly(file, pos, visitor);
        List<Exception> failures = new ArrayList<>();
        client.registerLifecycleListener(new BinaryLogClient.AbstractLifecycleListener() {
            @Override
            public void onCommunicationFailure(BinaryLogClient broken, Exception e) {
                failures.add(e);
            }

            @Override
            public void onEventDeserializationFailure(BinaryLogClient broken, Exception e) {
                failures.add(e);
                disconnect(broken);
            }
        });
        client.registerEventListener(event -> {
            if (isStopping.getAsBoolean()) {
                failures.add(new IOException("told to stop"));
            }
            if (!failures.isEmpty() || !assembly.add(event)) {
                disconnect(client);
            }
        });
        client.setBinlogFilename(file);
        client.setBinlogPosition(pos);
        client.connect();
        if (!failures.isEmpty()) {
            throw new IOException("the log cannot be read: " + failures.get(0).getMessage(), failures.get(0));
        }
        assembly.end();
    }

    private BinaryLogClient client() {
        var config = database.config();
        BinaryLogClient client = new BinaryLogClient(
                config.host(), config.port(), config.user(), config.password().value());
        RawEventDeserializer deserializer = new RawEventDeserializer();
        deserializer.setEventDataDeserializer(EventType.ANONYMOUS_GTID, new GtidEventDataDeserializer());
        client.setEventDeserializer(deserializer);
        client.setBlocking(false);
        client.setKeepAlive(false);
        client.setConnectTimeout(CONNECT_MAX_MS);
        client.setSocketFactory(LogScan::socket);
        database.tls().addTo(client);
        return client;
    }

    private static Socket socket() throws SocketException {
        Socket socket = new Socket();
        socket.setSoTimeout(SILENCE_MAX_MS);
        return socket;
    }

    private static void disconnect(BinaryLogClient client) {
        try {
            client.disconnect();
        } catch (IOException e) {
            throw new IllegalStateException("the connection that reads the log cannot be closed", e);
        }
    }

    /** Puts events together to transactions. */
    private static final class Assembly {
        private final Visitor visitor;
        private String file;
        private long position;
        private long begin;
        private boolean isInTransaction;
        private boolean isEnough;
        private @Nullable String gtid;
        private long commitMs;
        private Map<TableName, TableMapEventData> tables = new LinkedHashMap<>();
        private List<StatementEvent> statements = new ArrayList<>();

        Assembly(String file, long position, Visitor visitor) {
            this.file = file;
            this.position = position;
            this.visitor = visitor;
        }

        /** @return false when the visitor has seen enough */
        boolean add(Event event) {
            EventHeaderV4 header = event.getHeader();
            EventType type = header.getEventType();
            // inside transactions MariaDB leaves the position out from 11.4 on
            boolean isWithoutPlace = header.getNextPosition() == 0 && (BETWEEN.contains(type) || isBegin(type));
            boolean isArtificial =
                    isWithoutPlace || (header.getFlags() & ARTIFICIAL) != 0 || header.getTimestamp() == 0;
            if (type == EventType.ROTATE && isArtificial) {
                RotateEventData rotation = (RotateEventData) event.getData();
                file = rotation.getBinlogFilename();
                position = rotation.getBinlogPosition();
                return true;
            }
            if (isArtificial || type == EventType.HEARTBEAT || isEnough) {
                return !isEnough;
            }
            long end = LogOffsets.endInside(position, header.getEventLength(), header.getNextPosition());
            long start = end - header.getEventLength();
            if (isBegin(type)) {
                finish();
                begin(event, start);
            } else if (BETWEEN.contains(type)) {
                finish();
                isEnough |= !isEnough && !visitor.between(file, start, end, header.getTimestamp());
            } else {
                note(event);
            }
            position = end;
            return !isEnough;
        }

        private static boolean isBegin(EventType type) {
            return type == EventType.GTID || type == EventType.ANONYMOUS_GTID || type == EventType.MARIADB_GTID;
        }

        private void begin(Event event, long start) {
            isInTransaction = true;
            begin = start;
            commitMs = event.getHeader().getTimestamp();
            if (event.getData() instanceof GtidEventData data) {
                gtid = data.getMySqlGtid().getTransactionId() == 0
                        ? null
                        : data.getMySqlGtid().toString();
                long micros = data.getImmediateCommitTimestamp();
                commitMs = micros > 0 ? micros / 1000 : commitMs;
            } else if (event.getData() instanceof MariaDbGtid data) {
                gtid = data.text(event.getHeader().getServerId());
            }
        }

        private void note(Event event) {
            if (event.getData() instanceof TransactionPayloadEventData payload) {
                payload.getUncompressedEvents().forEach(this::note);
            } else if (event.getData() instanceof TableMapEventData map) {
                tables.put(new TableName(map.getDatabase(), map.getTable()), map);
            } else if (event.getData() instanceof StatementEvent statement) {
                statements.add(statement);
            }
        }

        private void finish() {
            if (isInTransaction && !isEnough) {
                isInTransaction = false;
                isEnough = !visitor.transaction(
                        new Transaction(file, begin, position, gtid, commitMs, tables, statements));
                tables = new LinkedHashMap<>();
                statements = new ArrayList<>();
                gtid = null;
            }
        }

        /** The log ends only between transactions. */
        void end() {
            finish();
        }
    }
}
