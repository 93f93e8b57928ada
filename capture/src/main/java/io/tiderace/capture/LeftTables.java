package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.SourceException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** What becomes of the tables that the first copy gave up because they met DDL. */
final class LeftTables {
    private LeftTables() {}

    /**
     * Tables that are to be copied beside the stream, all of each again. What is there of them already are rows that the stream keeps as they are at the
     * source, by their primary key; without one nothing of a table may be there.
     *
     * @throws SourceException when one cannot be copied beside the stream
     */
    static Map<TableName, LateTable> late(
            CaptureRun run, Collection<TableStructure> structures, Function<TableName, TableState> stateOf) {
        Map<TableName, LateTable> late = new TreeMap<>();
        for (TableStructure table : structures) {
            TableState state = stateOf.apply(table.name());
            if (!state.isLeft()) {
                continue;
            }
            boolean hasKey = !table.primaryKey().isEmpty();
            if (run.onlyCopies()) {
                throw refused(
                        run,
                        table,
                        "no changes are wanted after it",
                        "start the copy again under another source-id when no DDL runs, or with task-mode all");
            }
            if (!hasKey && state.rows() > 0) {
                throw refused(
                        run,
                        table,
                        "it has no primary key by which the rows that are there could be told apart",
                        "leave the table out with the block-allow list and start; then drop it at the target, and take it in again:"
                                + " it is copied anew");
            }
            late.put(table.name(), new LateTable(true, true, hasKey, null, List.of(KeyRange.ALL), 0));
        }
        return late;
    }

    private static SourceException refused(CaptureRun run, TableStructure table, String why, String cure) {
        return new SourceException(
                "TR-C018",
                "source " + run.source().sourceId() + ": table " + table.name()
                        + " was altered before its copy was finished, and " + why + "; all other tables are copied",
                cure);
    }
}
