package io.tiderace.applier;

import io.tiderace.schemas.SourcePosition;
import org.jspecify.annotations.Nullable;

/**
 * The low-water mark of a source in a target: everything up to it is applied.
 *
 * @param txn transaction number, 0 before the first
 * @param offset in the apply topic, where reading goes on
 * @param position in the source, null before the first transaction
 */
public record AppliedPosition(
        long txn, long offset, @Nullable SourcePosition position) {
    static final AppliedPosition START = new AppliedPosition(0, 0, null);
}
