package io.tiderace.capture;

import io.tiderace.capture.SourceLog.LogFile;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the log has the rows of an XA transaction that was prepared before the place where capture began, and committed after it. Needs no
 * other privilege than reading the log.
 */
final class PreparedSearch {
    private PreparedSearch() {}

    /**
     * The place of the last transaction before {@code commit} that prepares this one; null when the log that is left does not have it.
     *
     * @param commit where the XA COMMIT is
     */
    static @Nullable SourcePosition find(Connection connection, Xid xid, SourcePosition commit) throws SQLException {
        List<LogFile> files = new ArrayList<>(SourceLog.files(connection));
        Collections.reverse(files);
        boolean isBefore = false;
        for (LogFile each : files) {
            String file = each.name();
            boolean isLast = file.equals(commit.file());
            isBefore |= isLast;
            long begin = isBefore ? beginIn(connection, file, xid, isLast ? commit.pos() : Long.MAX_VALUE) : -1;
            if (begin >= 0) {
                return new SourcePosition(file, begin, null);
            }
        }
        return null;
    }

    private static long beginIn(Connection connection, String file, Xid xid, long until) throws SQLException {
        long begin = -1;
        long found = -1;
        boolean isAfterGtid = false;
        boolean isMariaDb = SourceDatabase.isMariaDb(connection.getMetaData().getDatabaseProductVersion());
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(Integer.MIN_VALUE); // row by row: a file has millions of events
            try (ResultSet events = statement.executeQuery("SHOW BINLOG EVENTS IN " + SourceDatabase.quoted(file))) {
                while (events.next()) {
                    if (isAfterGtid) {
                        begin = events.getLong("Pos");
                    }
                    String type = events.getString("Event_type");
                    isAfterGtid = type.equals("Gtid") || type.equals("Anonymous_Gtid");
                    if (isMariaDb && isAfterGtid) {
                        begin = events.getLong("Pos"); // MariaDB's GTID is the XA START too
                        isAfterGtid = false;
                    }
                    boolean isPrepare = type.equals("XA_prepare") && events.getLong("Pos") < until;
                    if (isPrepare && xid.equals(Xid.of(events.getString("Info")))) {
                        found = begin;
                    }
                }
            }
        }
        return found;
    }

    /** The same for an XA COMMIT that was met, an error when the log that is left does not have it. */
    static SourcePosition require(Connection connection, Unknown unknown) throws SQLException {
        SourcePosition place = find(connection, unknown.xid(), unknown.commit());
        if (place == null) {
            throw new DataException(
                    "TR-C035",
                    unknown.place() + "XA transaction " + unknown.xid()
                            + " is committed, but it was prepared before capture began, and the log with its changes was purged",
                    "copy the source anew under another source-id");
        }
        return place;
    }

    /**
     * An XA transaction is committed whose rows are not known.
     *
     * @param commit where the XA COMMIT is
     * @param place the same for messages
     */
    record Unknown(Xid xid, SourcePosition commit, String place) {}
}
