package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with a group of which the target says that its transaction is too large: the group is applied in two halves, and these in halves
 * again if need be. Only when a single source transaction is left is that split, which is told and counted. Thread-safe.
 */
final class Oversized {
    private static final Logger LOG = LoggerFactory.getLogger(Oversized.class);

    private final AtomicLong transactions = new AtomicLong();

    /** The group's halves, in order; empty when it is a single row, which nobody can split. */
    List<Group> halves(Group group, SQLException refusal) {
        List<Group> halves = group.halves();
        if (!halves.isEmpty() && group.isOneWhole()) {
            transactions.incrementAndGet();
            RowChange first = group.rows().get(0).change();
            LOG.atWarn()
                    .addKeyValue("code", "TR-A031")
                    .addKeyValue("txn", first.txn())
                    .addKeyValue("gtid", first.source().gtid())
                    .addKeyValue(
                            "position",
                            first.source().file() + ":" + first.source().pos())
                    .addKeyValue("rows", group.rows().size())
                    .addKeyValue("reason", SqlErrors.reason(refusal))
                    .log("a transaction is too large for the target and is applied in pieces");
        }
        return halves;
    }

    /** Transactions that were split. */
    long transactions() {
        return transactions.get();
    }
}
