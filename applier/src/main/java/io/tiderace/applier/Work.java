package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Step.Mark;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a lane is given. */
sealed interface Work {
    /**
     * A transaction, or a piece of one, ready to be applied.
     *
     * @param keys that it touches, see {@link OrderKeys}
     * @param unchecked true when foreign keys concern it and are not to be looked at: its rows may be there, or come before their parents
     */
    record Prepared(
            Step.Rows step,
            List<MappedRow> rows,
            long[] keys,
            boolean replay,
            boolean unchecked,
            LowWater.@Nullable Pending pending) {
        private boolean isWhole() {
            return !step.isAlone() && rows.size() == step.rows().size();
        }

        private Prepared with(List<MappedRow> some) {
            return new Prepared(step, some, keys, replay, unchecked, pending);
        }
    }

    /**
     * Transactions that share one target transaction, in the source's order; with none, only the checkpoint is written.
     *
     * @param low the mark that goes into the checkpoint
     * @param turn when it may begin, and when it may commit
     * @param endRow the last record of its one transaction that it holds, where the transaction goes on behind it; else 0
     */
    record Group(List<Prepared> transactions, AppliedPosition low, CommitTurns.Turn turn, long endRow) implements Work {
        Group(List<Prepared> transactions, AppliedPosition low, CommitTurns.Turn turn) {
            this(transactions, low, turn, 0);
        }

        /** A group that commits when it likes. */
        Group(List<Prepared> transactions, AppliedPosition low) {
            this(transactions, low, CommitTurns.Turn.FREE);
        }

        /**
         * The same in two, to be applied one after the other: of several transactions some whole ones each, of one its first and its last rows,
         * which is what the source's session saw too. Empty when there is but one row.
         */
        List<Group> halves() {
            int middle = transactions.size() / 2;
            if (middle > 0) {
                return List.of(
                        new Group(transactions.subList(0, middle), low, turn),
                        new Group(transactions.subList(middle, transactions.size()), low, turn));
            }
            List<MappedRow> rows = rows();
            middle = rows.size() / 2;
            if (middle == 0) {
                return List.of();
            }
            Prepared whole = transactions.get(0);
            return List.of(
                    new Group(
                            List.of(whole.with(rows.subList(0, middle))),
                            low,
                            turn,
                            rows.get(middle - 1).change().txnRow()),
                    new Group(List.of(whole.with(rows.subList(middle, rows.size()))), low, turn, endRow));
        }

        /** True when it is one source transaction, all of it. */
        boolean isOneWhole() {
            return transactions.size() == 1 && transactions.get(0).isWhole();
        }

        List<MappedRow> rows() {
            if (transactions.size() == 1) {
                return transactions.get(0).rows();
            }
            List<MappedRow> rows = new ArrayList<>();
            transactions.forEach(transaction -> rows.addAll(transaction.rows()));
            return rows;
        }

        boolean isReplay() {
            return transactions.stream().anyMatch(Prepared::replay);
        }

        boolean isReplay(long txn) {
            return transactions.stream()
                    .anyMatch(transaction ->
                            transaction.replay() && transaction.step().mark().txn() == txn);
        }

        /** True when some of it may be in the target already, also of tables without a key. */
        boolean isRepeat() {
            return transactions.stream()
                    .anyMatch(transaction -> transaction.step().isReplay());
        }

        /** True when foreign keys are not to be looked at; then that goes for all of it that they concern. */
        boolean isUnchecked() {
            return transactions.stream().anyMatch(Prepared::unchecked);
        }

        boolean isSnapshot() {
            return transactions.stream()
                    .anyMatch(transaction -> transaction.step().isSnapshot());
        }

        /** What is applied above the mark when the group is. */
        AppliedRanges appliedWith(AppliedRanges before) {
            AppliedRanges result = before.copy();
            for (Prepared transaction : transactions) {
                Mark mark = transaction.step().mark();
                if (endRow > 0 || mark.commit() == null) {
                    result.addPart(mark.txn(), endRow > 0 ? endRow : mark.row());
                } else {
                    result.add(mark.firstTxn(), mark.txn());
                }
            }
            result.forgetUpTo(low.txn());
            return result;
        }

        /** For messages. */
        String describe() {
            if (transactions.isEmpty()) {
                return "the checkpoint";
            }
            Mark first = transactions.get(0).step().mark();
            Mark last = transactions.get(transactions.size() - 1).step().mark();
            return first.txn() == last.txn()
                    ? "transaction " + last.txn()
                    : "transactions " + first.txn() + " to " + last.txn();
        }
    }

    /** A statement; nothing else is in flight. */
    record Ddl(Step.Ddl step) implements Work {}
}
