package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;

/**
 * Offsets in a binlog file of any size. An event's header has the low 32 bits of the offset at which it ends (MySQL internals, {@code
 * binlog_event.h}, {@code LOG_POS_OFFSET}); one transaction can make a file larger than that. Pure.
 */
final class LogOffsets {
    /** Where the first event of a file is. */
    static final long FILE_HEAD = 4;

    private static final long WRAP = 1L << 32;

    private LogOffsets() {}

    /** Where COM_BINLOG_DUMP, which has 32 bits for it, can begin: a file's first event when the offset is beyond. */
    static long dumpFrom(long offset) {
        return offset < WRAP ? offset : FILE_HEAD;
    }

    /** The offset before which what the server sends is to be passed over, 0 when there is none; with GTIDs the server begins by itself where it has to. */
    static long skipUntil(SourcePosition start) {
        return start.gtidSet() == null && start.pos() >= WRAP ? start.pos() : 0;
    }

    /**
     * Where an event ends: the least offset behind the one before that has these low bits. So whatever the server leaves out in between must be
     * smaller than 4 GiB; without GTIDs it leaves out nothing.
     *
     * @param before where the event before ended
     * @param low32 as the header has it, 0 also where the server made the event up
     */
    static long end(long before, long length, long low32) {
        if (low32 == 0 && (before + length) % WRAP != 0) {
            return before;
        }
        long candidate = (before & -WRAP) + low32;
        return candidate < before ? candidate + WRAP : candidate;
    }

    /** The same inside a transaction, which comes in one piece: from 11.4 on MariaDB's headers there have 0. */
    static long endInside(long before, long length, long low32) {
        return low32 == 0 ? before + length : end(before, length, low32);
    }
}
