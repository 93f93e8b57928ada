package io.tiderace.applier;

import io.tiderace.schemas.TableName;

/**
 * A change that waits in quarantine, as the register in the target has it.
 *
 * @param offset of its record in the quarantine topic
 * @param row key and place in the source, for messages
 * @param keys that it touches, see {@link OrderKeys}: what touches one of them later waits too
 * @param replay true when it may be in the target already
 */
record QuarantinedChange(
        long txn, long txnRow, long offset, TableName target, String row, long[] keys, String reason, boolean replay) {
    /** Which record of the source it is. */
    record Id(long txn, long txnRow) implements Comparable<Id> {
        @Override
        public int compareTo(Id other) {
            return txn != other.txn ? Long.compare(txn, other.txn) : Long.compare(txnRow, other.txnRow);
        }
    }

    Id id() {
        return new Id(txn, txnRow);
    }
}
