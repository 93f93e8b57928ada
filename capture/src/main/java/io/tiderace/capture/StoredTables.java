package io.tiderace.capture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the positions topic holds of a source beside its position, each under a key of its own: which tables it is captured for, and each table
 * that is not whole yet. They are written in the same Kafka transaction as the records they go with.
 *
 * @param captured null when nothing is stored
 */
record StoredTables(@Nullable CapturedTables captured, Map<TableName, LateTable> late) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LISTS = "tables";

    /** @param records of the source's keys, by what follows {@link #prefix} */
    static StoredTables of(String sourceId, Map<String, byte[]> records) {
        CapturedTables captured = null;
        Map<TableName, LateTable> late = new TreeMap<>();
        for (Map.Entry<String, byte[]> record : records.entrySet()) {
            if (record.getKey().equals(LISTS)) {
                captured = CapturedTables.ofJson(sourceId, record.getValue());
            } else {
                late.put(table(sourceId, record.getKey()), LateTable.ofJson(sourceId, record.getValue()));
            }
        }
        return new StoredTables(captured, late);
    }

    /** What the source's other keys than that of its position begin with; a source's id holds no line break. */
    static String prefix(String sourceId) {
        return sourceId + "\n";
    }

    static byte[] listsKey(String sourceId) {
        return (prefix(sourceId) + LISTS).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] key(String sourceId, TableName table) {
        try {
            return (prefix(sourceId) + JSON.writeValueAsString(table)).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a table's name cannot be written as JSON", e);
        }
    }

    private static TableName table(String sourceId, String json) {
        try {
            return JSON.readValue(json, TableName.class);
        } catch (JsonProcessingException e) {
            throw new DataException(
                    "TR-C001",
                    "a stored key of source " + sourceId + " names no table: " + json,
                    "run the newer version that wrote it, or delete the record from the positions topic",
                    e);
        }
    }
}
