package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/**
 * A place in a source's binlog: just after the last event it covers.
 *
 * @param file binlog file name, empty when only the GTID set is known
 * @param pos byte offset of the next event in that file
 * @param gtidSet all transactions executed up to here, null when the source runs without GTIDs
 */
public record SourcePosition(
        String file, long pos, @Nullable String gtidSet) {
    /**
     * True when everything at {@code other} is included here. GTID sets decide when both sides have one, else file and
     * offset, whose order holds within one server only (MySQL manual, 5.4.4: file names end in a growing number).
     */
    public boolean covers(SourcePosition other) {
        if (gtidSet != null && other.gtidSet != null && !other.gtidSet.isEmpty()) {
            return GtidSet.parse(gtidSet).contains(GtidSet.parse(other.gtidSet));
        }
        int byFile = Long.compare(sequence(file), sequence(other.file));
        return byFile > 0 || (byFile == 0 && pos >= other.pos);
    }

    private static long sequence(String binlogFile) {
        int dot = binlogFile.lastIndexOf('.');
        return binlogFile.isEmpty() ? 0 : Long.parseLong(binlogFile.substring(dot + 1));
    }

    @Override
    public String toString() {
        String where = file.isEmpty() ? "" : file + ":" + pos;
        return gtidSet == null || gtidSet.isEmpty()
                ? where
                : (where.isEmpty() ? gtidSet : where + " (" + gtidSet + ")");
    }
}
