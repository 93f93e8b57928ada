package io.tiderace.capture;

import io.debezium.config.Configuration;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.document.Document;
import io.debezium.relational.history.HistoryRecordComparator;

/** Debezium's configuration, with the schema history ordered by our transaction numbers instead of by GTID sets or file positions. */
final class CaptureConnectorConfig extends MySqlConnectorConfig {
    private final CaptureRun run;

    CaptureConnectorConfig(Configuration config) {
        super(config);
        run = CaptureRun.of(config.getString(CaptureRun.KEY));
    }

    CaptureRun run() {
        return run;
    }

    @Override
    public HistoryRecordComparator getHistoryRecordComparator() {
        return new HistoryRecordComparator() {
            @Override
            protected boolean isPositionAtOrBefore(Document recorded, Document desired) {
                return recorded.getLong(CaptureOffset.TXN, 0L) <= desired.getLong(CaptureOffset.TXN, 0L);
            }
        };
    }
}
