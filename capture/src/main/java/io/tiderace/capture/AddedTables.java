package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds, when a run begins, which tables the tasks take that the source was not captured for before, and stores that they are to be copied. */
final class AddedTables {
    private static final Logger LOG = LoggerFactory.getLogger(AddedTables.class);

    private AddedTables() {}

    /** Leaves in the run what is to be copied beside the stream. */
    static void find(CaptureRun run, SourceDatabase database) throws SQLException, InterruptedException {
        boolean isOther = !run.tables().equals(run.stored().captured());
        Map<TableName, LateTable> late = new TreeMap<>(run.stored().late());
        Map<TableName, Long> existing = Map.of();
        if (run.start() != null && (isOther || !late.isEmpty())) {
            try (Connection connection = database.connect()) {
                existing = database.tables(connection);
            }
        }
        if (isOther) {
            store(run, late, existing);
        }
        if (!late.isEmpty()) {
            announce(run, late, existing);
            run.late(new LateTables(late));
        }
    }

    /** Has more tables copied beside the stream, which has not begun yet; their state is stored already. */
    static void begin(CaptureRun run, Map<TableName, LateTable> more) {
        if (more.isEmpty()) {
            return;
        }
        LateTables before = run.late();
        Map<TableName, LateTable> late = new TreeMap<>(before == null ? Map.of() : before.tables());
        late.putAll(more);
        announce(run, late, run.progress().estimates());
        run.late(new LateTables(late));
    }

    /** Brings the late tables in line with what the tasks take now, and stores both. */
    private static void store(CaptureRun run, Map<TableName, LateTable> late, Map<TableName, Long> existing)
            throws InterruptedException {
        String sourceId = run.source().sourceId();
        RelayWriter.Transaction changes = new RelayWriter.Transaction();
        changes.store(StoredTables.listsKey(sourceId), run.tables().toJson());
        for (TableName table : List.copyOf(late.keySet())) {
            if (!run.accepts(table)) {
                late.remove(table);
                changes.store(StoredTables.key(sourceId, table), null);
            }
        }
        for (Map.Entry<TableName, Boolean> table : added(run, existing.keySet()).entrySet()) {
            LateTable state = LateTable.added(table.getValue());
            late.put(table.getKey(), state);
            changes.store(StoredTables.key(sourceId, table.getKey()), state.toJson());
        }
        run.relay().store(changes);
        run.relay().flush();
    }

    private static Map<TableName, Boolean> added(CaptureRun run, Set<TableName> existing) {
        String sourceId = run.source().sourceId();
        Map<TableName, Boolean> added =
                run.tables().added(sourceId, run.stored().captured(), existing);
        if (!added.isEmpty() && run.onlyCopies()) {
            throw new ConfigException(
                    "TR-C045",
                    "source " + sourceId + " is to be copied and no more, its copy began without "
                            + added.keySet().iterator().next() + " and "
                            + (added.size() - 1) + " other tables that the task takes now",
                    "copy them with a task of another name from a source file with another source-id, or use task-mode all");
        }
        return added;
    }

    private static void announce(CaptureRun run, Map<TableName, LateTable> late, Map<TableName, Long> estimates) {
        long total = late.keySet().stream()
                .mapToLong(table -> estimates.getOrDefault(table, 0L))
                .sum();
        long done = late.values().stream().mapToLong(LateTable::rows).sum();
        run.progress().estimates(estimates);
        run.progress().lateCopyStarted(total, late.size(), done);
        LOG.atInfo()
                .addKeyValue("source", run.source().sourceId())
                .addKeyValue("tables", late.size())
                .addKeyValue("rows", total)
                .log("tables are copied while the stream goes on");
    }
}
