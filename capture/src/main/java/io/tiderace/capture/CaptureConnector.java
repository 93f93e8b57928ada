package io.tiderace.capture;

import io.debezium.connector.mysql.MySqlConnector;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.connect.connector.Task;

/** What Debezium's engine starts; public because the engine makes it from its name. */
@SuppressWarnings("unchecked") // BinlogConnector overrides a generic method of its parent without the parameter
public final class CaptureConnector extends MySqlConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return CaptureTask.class;
    }

    /** The settings come from our own code, and the connection is checked with better messages before the engine starts. */
    @Override
    public Config validate(Map<String, String> settings) {
        return new Config(List.of());
    }
}
