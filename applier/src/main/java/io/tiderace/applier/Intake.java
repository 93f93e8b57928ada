package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Step.RoutedRow;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.StatusReport.CopyProgress;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * From a source's records to the dispatcher: whole transactions, their rows mapped to the target's tables and their keys named. What
 * follows a DDL statement waits until that is executed, since it is prepared with the tables as they are then. Not thread-safe.
 */
final class Intake {
    private static final int TRANSACTIONS_MAX = 200_000;

    private final TransactionReader reader;
    private final TargetSchema schema;
    private final Dispatcher dispatcher;
    private final Backoff backoff;
    private final Owner owner;
    private final boolean safeMode;
    private final Deque<Step> inbox = new ArrayDeque<>();
    private final CopyCount copy = new CopyCount();
    private boolean ddlInFlight;
    private long inboxBytes;
    private long copyEndTxn = Long.MAX_VALUE;

    /** What comes after the records that are here. */
    enum Input {
        /** More is here and about to be handed on. */
        ARRIVING,
        /** More can be read at once. */
        AT_HAND,
        /** Nothing is read until some of what is here is applied. */
        HELD_BACK,
        /** Nothing, for now. */
        NONE
    }

    /** Asks the target whether the source is still ours. */
    @FunctionalInterface
    interface Owner {
        void require() throws SQLException, FencedException;
    }

    /** @param safeMode true to write rows so that those which are already there are no error */
    Intake(
            TransactionReader reader,
            TargetSchema schema,
            Dispatcher dispatcher,
            Backoff backoff,
            Owner owner,
            boolean safeMode) {
        this.reader = reader;
        this.schema = schema;
        this.dispatcher = dispatcher;
        this.backoff = backoff;
        this.owner = owner;
        this.safeMode = safeMode;
    }

    /** See {@link TransactionReader#startOffset}. */
    long startOffset(long beginning) {
        return reader.startOffset(beginning);
    }

    /** Takes records in the topic's order. */
    void offer(List<ConsumerRecord<byte[], byte[]>> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            reader.read(record, step -> {
                inbox.add(step);
                inboxBytes += step.bytes();
            });
        }
    }

    /**
     * Hands on what can be handed on; never waits for the lanes.
     *
     * @param input what of the source is to be expected
     */
    void advance(Input input) throws FencedException, InterruptedException {
        if (ddlInFlight && dispatcher.isDrained()) {
            ddlInFlight = false;
            schema.invalidate();
        }
        while (!ddlInFlight && !inbox.isEmpty()) {
            Step step = inbox.remove();
            inboxBytes -= step.bytes();
            if (step instanceof Step.Ddl statement) {
                ddlInFlight = true;
                dispatcher.offer(statement);
            } else if (step instanceof Step.Rows rows) {
                prepare(rows);
            }
        }
        dispatcher.settle(input);
    }

    private void prepare(Step.Rows step) throws FencedException, InterruptedException {
        List<MappedRow> rows = new ArrayList<>(step.rows().size());
        OrderKeys keys = new OrderKeys();
        boolean isUnchecked = safeMode || step.isReplay() || step.isSnapshot() || isPieceOfCopy(step);
        boolean isInFamily = false;
        for (RoutedRow row : step.rows()) {
            RowMapping mapping = schema.known(row.change().table(), row.target());
            if (mapping == null) {
                mapping = backoff.call("reading the structure of " + row.target(), () -> mapping(row));
            }
            RowChange change = row.change();
            rows.add(new MappedRow(mapping, change, row.offset()));
            if (mapping.isInFamily()) {
                isInFamily = true;
                FamilyErrors.require(change, mapping, step.isAlone(), isUnchecked, safeMode);
            }
            if (isUnchecked) {
                keys.addUnchecked(mapping, change.before(), change.after(), change.txn());
            } else {
                keys.add(mapping, change.before(), change.after());
            }
        }
        for (SnapshotProgress told : step.progress()) {
            copy.take(told);
            copyEndTxn = told.progress() == Progress.COPY_END ? told.txn() : copyEndTxn;
        }
        // a piece does not know yet whether its transaction is replayed
        boolean isReplay = safeMode || step.isReplay() || step.mark().commit() == null;
        dispatcher.offer(step, rows, keys.toArray(), isReplay, isUnchecked && isInFamily);
    }

    /** The only pieces that say what they are before the Commit comes. */
    private static boolean isPieceOfCopy(Step.Rows step) {
        return step.mark().commit() == null
                && !step.rows().isEmpty()
                && step.rows().get(0).change().op() == Op.READ;
    }

    /** A table that does not fit may be one that the next owner has changed. */
    private RowMapping mapping(RoutedRow row) throws SQLException, FencedException {
        try {
            return schema.mapping(row.change().table(), row.target());
        } catch (DataException e) {
            owner.require();
            throw e;
        }
    }

    /** True when no more records should be read for now: too many bytes, or too many transactions behind one that is stuck. */
    boolean isFull(long bytesMax) {
        return inboxBytes + dispatcher.bytes() > bytesMax || dispatcher.transactionsInFlight() > TRANSACTIONS_MAX;
    }

    /** True when the first copy is in the target whole. */
    boolean isCopied() {
        return reader.isCopyEndSeen() || dispatcher.low().txn() >= copyEndTxn;
    }

    @Nullable
    CopyProgress copy() {
        return copy.progress();
    }

    long splitTransactions() {
        return reader.splitTransactions();
    }
}
