package io.tiderace.capture;

import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.SourceInfo;
import io.debezium.pipeline.source.snapshot.incremental.SignalBasedIncrementalSnapshotContext;
import io.debezium.pipeline.txmetadata.TransactionContext;
import io.tiderace.schemas.SourcePosition;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's offset with our transaction number in it, by which schema history records are ordered. Also tells our streaming source when
 * Debezium has seen the end of a transaction, which it does in a private method.
 */
final class CaptureOffset extends MySqlOffsetContext {
    /** Offset key of the transaction number. */
    static final String TXN = "txn";

    private final SourcePosition start;
    private long txn;
    private @Nullable Runnable onCommit;

    CaptureOffset(MySqlConnectorConfig config, SourcePosition position, long txn) {
        super(
                null,
                false,
                new TransactionContext(),
                new SignalBasedIncrementalSnapshotContext<>(),
                new SourceInfo(config));
        setBinlogStartPoint(position.file(), position.pos());
        setCompletedGtidSet(position.gtidSet());
        this.txn = txn;
        start = position;
    }

    /** The position it was made for. */
    SourcePosition start() {
        return start;
    }

    void onCommit(Runnable action) {
        onCommit = action;
    }

    /** The number of the transaction that what is recorded from now on belongs to. */
    void txn(long number) {
        txn = number;
    }

    @Override
    public Map<String, ?> getOffset() {
        // asked for after every event: only what the schema history needs
        Map<String, Object> offset = new LinkedHashMap<>();
        offset.put(
                "file", getSource().binlogFilename() == null ? "" : getSource().binlogFilename());
        offset.put("pos", getSource().binlogPosition());
        offset.put(TXN, txn);
        return offset;
    }

    @Override
    public void commitTransaction() {
        super.commitTransaction();
        if (onCommit != null) {
            onCommit.run();
        }
    }
}
