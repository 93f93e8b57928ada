package io.tiderace.applier;

import io.tiderace.applier.Step.Mark;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Follows transactions from their start to their end in the target, and knows below which all are applied. Not thread-safe. */
final class LowWater {
    /** A transaction in flight. */
    static final class Pending {
        private final Mark mark;
        private boolean applied;

        private Pending(Mark mark) {
            this.mark = mark;
        }
    }

    private final Deque<Pending> pending = new ArrayDeque<>();
    private AppliedPosition low;
    private @Nullable GtidSet gtids;
    private @Nullable Commit lastCommit;

    LowWater(AppliedPosition low) {
        this.low = low;
        SourcePosition position = low.position();
        this.gtids = position == null || position.gtidSet() == null ? null : GtidSet.parse(position.gtidSet());
    }

    /** A whole transaction begins, in the source's order. */
    Pending begin(Mark mark) {
        Pending entry = new Pending(mark);
        pending.add(entry);
        return entry;
    }

    /** Notes the transaction as applied; true when the mark moved. */
    boolean applied(Pending entry) {
        entry.applied = true;
        boolean moved = false;
        for (Pending head = pending.peek(); head != null && head.applied; head = pending.peek()) {
            pending.remove();
            Commit commit = head.mark.commit();
            if (commit == null) {
                throw new IllegalStateException("transaction " + head.mark.txn() + " is not whole");
            }
            follow(commit);
            low = new AppliedPosition(head.mark.txn(), head.mark.nextOffset(), null);
            lastCommit = commit;
            moved = true;
        }
        return moved;
    }

    private void follow(Commit commit) {
        if (commit.gtidSet() != null) {
            gtids = GtidSet.parse(commit.gtidSet());
        } else if (commit.gtid() != null && !commit.gtid().isEmpty()) {
            gtids = gtids == null ? GtidSet.empty() : gtids;
            gtids.add(commit.gtid());
        }
    }

    /** The mark, with its position in the source. */
    AppliedPosition position() {
        Commit commit = lastCommit;
        if (low.position() == null && commit != null) {
            String set = gtids == null || gtids.isEmpty() ? null : gtids.toString();
            low = new AppliedPosition(low.txn(), low.offset(), new SourcePosition(commit.file(), commit.pos(), set));
        }
        return low;
    }

    long txn() {
        return low.txn();
    }

    /** The last transaction below the mark; null before the first since the start. */
    @Nullable
    Commit lastCommit() {
        return lastCommit;
    }

    int transactionsInFlight() {
        return pending.size();
    }
}
