package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import io.tiderace.schemas.SourcePosition;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * The binlog client, which begins exactly at the stored position. What Debezium sets is ignored: it merges GTID sets of its own, and fails where a
 * server has GTIDs but the position has none.
 */
final class LogClient extends BinaryLogClient {
    private final CaptureRun run;

    LogClient(String host, int port, String user, String password, CaptureRun run) {
        super(host, port, user, password);
        this.run = run;
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
        SourcePosition start = stored.position();
        if (start.gtidSet() != null) {
            super.setBinlogFilename("");
            super.setBinlogPosition(4);
            super.setGtidSet(start.gtidSet());
        } else {
            super.setBinlogFilename(start.file());
            super.setBinlogPosition(start.pos());
        }
        super.connect(timeoutMs);
    }

    @Override
    public void setGtidSet(String ignored) {
        // see the class
    }
}
