package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.jmx.BinaryLogClientStatistics;
import io.tiderace.schemas.SourcePosition;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * The binlog client, which begins exactly at the stored position. What Debezium sets is ignored: it merges GTID sets of its own, and fails where a
 * server has GTIDs but the position has none.
 */
final class LogClient extends BinaryLogClient {
    /** Reading waits for Kafka, and for a table without a key that is copied beside the stream. */
    private static final long NET_WRITE_TIMEOUT_S = 3_600;

    private final CaptureRun run;

    LogClient(String host, int port, String user, String password, CaptureRun run) {
        super(host, port, user, password);
        this.run = run;
        setSocketFactory(() -> new SourceSocket(run.progress().silence(), run.relay()::drained));
        setNetWriteTimeout(NET_WRITE_TIMEOUT_S);
        registerLifecycleListener(new AbstractLifecycleListener() {
            @Override
            public void onDisconnect(BinaryLogClient client) {
                run.disconnected(); // a server that ends between two events is no error to the client
            }
        });
    }

    @Override
    public void connect(long timeoutMs) throws IOException, TimeoutException {
        StoredPosition stored = run.relay().committed();
        if (stored == null) {
            throw new IllegalStateException("no position to begin at");
        }
        SourcePosition start = run.readFrom(stored);
        boolean isNothing = run.isMariaDb() && "".equals(start.gtidSet()); // the client would take it for MySQL's
        if (start.gtidSet() != null && !isNothing) {
            super.setBinlogFilename("");
            super.setBinlogPosition(4);
            super.setGtidSet(start.gtidSet());
        } else {
            super.setBinlogFilename(start.file());
            super.setBinlogPosition(LogOffsets.dumpFrom(start.pos()));
        }
        super.connect(timeoutMs);
    }

    /** Debezium's counters of events are not used; keeping them would cost more than reading the event. */
    @Override
    public void registerEventListener(EventListener listener) {
        if (!(listener instanceof BinaryLogClientStatistics)) {
            super.registerEventListener(listener);
        }
    }

    /** The set that counts is the one of the stored position, which our stream keeps. */
    @Override
    protected void updateGtidSet(Event event) {
        // see above
    }

    @Override
    public void setGtidSet(String ignored) {
        // see the class
    }
}
