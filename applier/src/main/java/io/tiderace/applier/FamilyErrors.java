package io.tiderace.applier;

import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TideraceException.DataException;
import org.jspecify.annotations.Nullable;

/**
 * What cannot be carried where the target checks foreign keys: a change that may be in the target already, or may have to be made again, while the target
 * changes further rows by itself.
 */
final class FamilyErrors {
    private static final String WITHOUT =
            "remove foreign_key_checks from target-database.session, start again, and look for differences with"
                    + " 'tiderace compare'";

    private FamilyErrors() {}

    /**
     * @param isPiece whether it comes in a piece of a transaction, which does not say yet what the transaction is
     * @param isUnchecked whether it is applied without a look at foreign keys
     * @param safeMode whether that is so since the task wants it
     * @throws DataException when it cannot be applied
     */
    static void require(RowChange change, RowMapping mapping, boolean isPiece, boolean isUnchecked, boolean safeMode) {
        if (isPiece && !isUnchecked) {
            throw new DataException(
                    "TR-A015",
                    "a transaction is applied in pieces, and touches "
                            + mapping.target().name() + ", whose foreign keys the target checks: "
                            + RowErrors.describe(change, mapping),
                    "raise max-transaction-rows above the transaction's rows where that is the limit (32 MiB is another), then start again: it goes"
                            + " on where it stopped; or "
                            + WITHOUT);
        }
        @Nullable Object[] before = change.before();
        if (isUnchecked && before != null && mapping.isFollowed(before, change.after())) {
            throw new DataException(
                    "TR-A032",
                    "foreign keys make the source change further rows with this one, which the binary log does not hold, and "
                            + (safeMode
                                    ? "safe-mode writes rows without a look at foreign keys: "
                                    : "the first copy may have read them before or after: ")
                            + RowErrors.describe(change, mapping),
                    safeMode
                            ? "set syncers.<name>.safe-mode: false, then start again: it goes on where it stopped; or "
                                    + WITHOUT
                            : "begin the copy anew: drop the task's tables at the target and its rows in the checkpoint table, and start the"
                                    + " task under a new name; or " + WITHOUT);
        }
    }
}
