package io.tiderace.applier;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is applied in one go: nearly always the rows of a whole source transaction. A transaction that holds DDL or is oversized comes as
 * several steps; all but the last have no Commit.
 */
sealed interface Step {
    Mark mark();

    /** Encoded size, for limits on memory. */
    long bytes();

    /** True for a piece of a transaction: nothing else may be in flight while it is applied. */
    boolean isAlone();

    /**
     * How far the source is applied when this step is.
     *
     * @param row number of the step's last record in its transaction
     * @param commit null when the transaction goes on
     * @param nextOffset in the apply topic, of the record after the step's last
     */
    record Mark(long firstTxn, long txn, long row, @Nullable Commit commit, long nextOffset) {}

    /**
     * A row change on its way to a target table.
     *
     * @param offset in the apply topic
     */
    record RoutedRow(TableName target, RowChange change, long offset) {}

    /** @param progress of the first copy, when the transaction tells it */
    record Rows(Mark mark, List<RoutedRow> rows, List<SnapshotProgress> progress, boolean isAlone, long bytes)
            implements Step {
        /** True when the rows may already be in the target. */
        boolean isReplay() {
            Commit commit = mark.commit();
            return commit != null && commit.replay();
        }

        boolean isSnapshot() {
            Commit commit = mark.commit();
            return commit != null && commit.snapshot();
        }
    }

    record Ddl(Mark mark, RoutedDdl ddl, long bytes) implements Step {
        @Override
        public boolean isAlone() {
            return true;
        }
    }
}
