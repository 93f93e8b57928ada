package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Adds to the error that a position is not in the log what the log still has. */
final class LogLeft {
    private LogLeft() {}

    /** @param wanted where the log was to be read from, null when that was not known yet */
    static SourceException explained(SourceException error, SourceDatabase database, @Nullable StoredPosition wanted) {
        return new SourceException(
                error.code(),
                error.problem() + (wanted == null ? "" : "; wanted is " + wanted.position()) + "; "
                        + left(database, wanted == null ? null : wanted.position()),
                error.cure(),
                error);
    }

    private static String left(SourceDatabase database, @Nullable SourcePosition wanted) {
        try (Connection connection = database.connect()) {
            List<SourceLog.LogFile> files = SourceLog.files(connection);
            String earliest = files.isEmpty()
                    ? "the source has no log files"
                    : "the earliest position available is " + files.get(0).name() + ":4";
            boolean isMariaDb =
                    SourceDatabase.isMariaDb(connection.getMetaData().getDatabaseProductVersion());
            return earliest
                    + (isMariaDb && !files.isEmpty()
                            ? mariaDbGtids(connection, files.get(0).name())
                            : gtids(connection, wanted == null ? null : wanted.gtidSet()));
        } catch (SQLException e) {
            return "the earliest position available is not known: " + e.getMessage();
        }
    }

    private static String mariaDbGtids(Connection connection, String file) throws SQLException {
        List<String> before = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SELECT BINLOG_GTID_POS(" + SourceDatabase.quoted(file) + ", 4)",
                row -> before.add(String.valueOf(row.getString(1))));
        return before.get(0).isEmpty() || before.get(0).equals("null") ? "" : " (after GTIDs " + before.get(0) + ")";
    }

    private static String gtids(Connection connection, @Nullable String captured) throws SQLException {
        List<String> purged = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SHOW GLOBAL VARIABLES LIKE 'gtid_purged'",
                row -> purged.add(row.getString(2).replaceAll("\\s", "")));
        if (purged.isEmpty() || purged.get(0).isEmpty()) {
            return "";
        }
        String text = " (purged are " + purged.get(0);
        if (captured != null) {
            SourceDatabase.query(
                    connection,
                    "SELECT GTID_SUBTRACT(" + SourceDatabase.quoted(purged.get(0)) + ", "
                            + SourceDatabase.quoted(captured) + ")",
                    row -> purged.add(row.getString(1).replaceAll("\\s", "")));
            text += purged.get(1).isEmpty() ? "" : ", of which " + purged.get(1) + " were not captured";
        }
        return text + ")";
    }
}
