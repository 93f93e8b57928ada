package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.TideraceException.DataException;

/** The errors of a relay topic whose numbers are not what the reader's rule says. */
record RelayProblem(String sourceId, String topic) {
    DataException gap(long offset, String expected, long txn, long row) {
        boolean fresh = expected.equals("(1, 1)");
        return new DataException(
                "TR-R006",
                "source " + sourceId + ": changes are missing in topic " + topic + " before offset " + offset
                        + ": expected (transaction, row) " + expected + ", found (" + txn + ", " + row + ")",
                fresh
                        ? "the beginning of the topic is gone (retention) or was written by another capture: start the task under a new"
                                + " name with a copy of its own, or with task-mode incremental from now"
                        : "records were deleted from the topic before they were read (relay-retention too short, or deleted by hand):"
                                + " start the task under a new name with a new copy");
    }

    DataException wrongCount(long offset, Commit commit) {
        return new DataException(
                "TR-R007",
                "source " + sourceId + ": transaction " + commit.txn() + " in topic " + topic + " at offset " + offset
                        + " says it has " + commit.rows() + " records, there are " + (commit.txnRow() - 1),
                "something else than capture wrote to the topic: find it with kcat and stop it, then start the task under a new name"
                        + " with a new copy");
    }

    DataException unexpected(long offset, String what) {
        return new DataException(
                "TR-R008",
                "source " + sourceId + ": topic " + topic + " holds at offset " + offset + " " + what,
                "something else than capture wrote to the topic: find it with kcat and stop it, then start the task under a new name"
                        + " with a new copy");
    }
}
