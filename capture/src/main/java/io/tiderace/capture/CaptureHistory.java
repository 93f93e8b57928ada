package io.tiderace.capture;

import io.debezium.config.Configuration;
import io.debezium.relational.history.HistoryRecord;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.SchemaHistoryListener;
import io.debezium.storage.kafka.history.KafkaSchemaHistory;
import org.jspecify.annotations.Nullable;

/** Debezium's schema history in Kafka, which tells the run of every record that it has stored. Public because Debezium makes it from its name. */
public final class CaptureHistory extends KafkaSchemaHistory {
    /** Configuration key of the run's number. */
    static final String RUN = CONFIGURATION_FIELD_PREFIX_STRING + CaptureRun.KEY;

    private @Nullable CaptureRun run;

    @Override
    public void configure(
            Configuration config,
            HistoryRecordComparator comparator,
            SchemaHistoryListener listener,
            boolean useCatalogBeforeSchema) {
        super.configure(config, comparator, listener, useCatalogBeforeSchema);
        run = CaptureRun.of(config.getString(RUN));
    }

    @Override
    protected void storeRecord(HistoryRecord record) {
        super.storeRecord(record);
        if (run != null) {
            run.relay().historyGrew();
        }
    }
}
