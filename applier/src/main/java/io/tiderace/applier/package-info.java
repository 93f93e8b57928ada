/**
 * Brings an apply topic's transactions into the target: rows and checkpoint in one target transaction.
 *
 * <p>Hides the target: only here (and in {@code check} and {@code compare}) is {@code java.sql} used, and only {@link
 * io.tiderace.applier.TargetDialect} holds SQL. Invariant: a source transaction's effect and the note that it was applied become
 * visible together or not at all, and only while this process owns the source (its epoch is the one in the checkpoint rows).
 */
@NullMarked
package io.tiderace.applier;

import org.jspecify.annotations.NullMarked;
