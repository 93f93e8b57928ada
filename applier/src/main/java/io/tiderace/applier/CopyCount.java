package io.tiderace.applier;

import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.StatusReport.CopyProgress;
import io.tiderace.schemas.TableName;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far the first copy is over all its tables, of which each progress record tells one. Not thread-safe. */
final class CopyCount {
    /** A table's last word. */
    private record Table(long rows, long bytes) {}

    private final Map<TableName, Table> tables = new HashMap<>();
    private long rowsTotal;
    private int tablesDone;
    private int tablesTotal;
    private long startedAtMs;
    private boolean isEnded;

    void take(SnapshotProgress told) {
        startedAtMs = startedAtMs == 0 ? System.currentTimeMillis() : startedAtMs;
        tablesDone = Math.max(tablesDone, told.tablesDone());
        tablesTotal = told.tablesTotal();
        isEnded = told.progress() == Progress.COPY_END;
        TableName table = told.table();
        if (table != null) {
            tables.put(table, new Table(told.rows(), told.bytes()));
        } else if (told.progress() == Progress.COPY_START) {
            rowsTotal = told.rowsTotal();
        }
    }

    /** Null before the copy and after it. */
    @Nullable
    CopyProgress progress() {
        if (startedAtMs == 0 || isEnded) {
            return null;
        }
        return new CopyProgress(
                tables.values().stream().mapToLong(Table::rows).sum(),
                rowsTotal,
                tables.values().stream().mapToLong(Table::bytes).sum(),
                tablesDone,
                tablesTotal,
                startedAtMs);
    }
}
