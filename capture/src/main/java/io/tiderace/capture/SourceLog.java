package io.tiderace.capture;

import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a server says about its log as a whole, and stretches of it. Used by one thread. */
final class SourceLog {
    private final Connection connection;
    private final LogScan scan;
    private final boolean hasGtids;

    SourceLog(Connection connection, LogScan scan, boolean hasGtids) {
        this.connection = connection;
        this.scan = scan;
        this.hasGtids = hasGtids;
    }

    /** A binlog file. */
    record LogFile(String name, long bytes) {
        /** Its number, by which the files are ordered. */
        long number() {
            return Long.parseLong(name.substring(name.lastIndexOf('.') + 1));
        }
    }

    LogScan scan() {
        return scan;
    }

    boolean hasGtids() {
        return hasGtids;
    }

    /** The files that are left, oldest first. */
    List<LogFile> files() throws SQLException {
        return files(connection);
    }

    /** The files that a server has left, oldest first. */
    static List<LogFile> files(Connection connection) throws SQLException {
        List<LogFile> result = new ArrayList<>();
        SourceDatabase.query(
                connection,
                "SHOW BINARY LOGS",
                row -> result.add(new LogFile(row.getString("Log_name"), row.getLong("File_size"))));
        return result;
    }

    GtidSet executed() throws SQLException {
        return set(isMariaDb() ? "SELECT @@GLOBAL.gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed");
    }

    private boolean isMariaDb() throws SQLException {
        return SourceDatabase.isMariaDb(connection.getMetaData().getDatabaseProductVersion());
    }

    /** Transactions that are in no file any more. */
    GtidSet purged() throws SQLException {
        if (isMariaDb()) {
            List<LogFile> files = files();
            return files.isEmpty()
                    ? GtidSet.empty()
                    : executedBefore(files.get(0).name());
        }
        return set("SELECT @@GLOBAL.gtid_purged");
    }

    private GtidSet set(String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        SourceDatabase.query(connection, sql, row -> {
            String text = row.getString(1);
            result.add(text == null ? "" : text);
        });
        return GtidSet.parse(result.get(0));
    }

    /** Transactions that were executed before a file began: its second event says. */
    GtidSet executedBefore(String file) throws SQLException {
        if (isMariaDb()) {
            return set("SELECT BINLOG_GTID_POS(" + SourceDatabase.quoted(file) + ", 4)");
        }
        List<String> result = new ArrayList<>();
        SourceDatabase.query(connection, "SHOW BINLOG EVENTS IN " + SourceDatabase.quoted(file) + " LIMIT 3", row -> {
            if (row.getString("Event_type").equals("Previous_gtids")) {
                result.add(row.getString("Info"));
            }
        });
        return GtidSet.parse(result.isEmpty() ? "" : result.get(0));
    }

    /** When the server began a file, 0 when it does not say. */
    long begunMs(String file) throws IOException {
        List<Long> result = new ArrayList<>();
        scan.read(file, 4, new LogScan.Visitor() {
            @Override
            public boolean transaction(LogScan.Transaction transaction) {
                return false;
            }

            @Override
            public boolean between(String name, long begin, long end, long tsMs) {
                result.add(tsMs);
                return false;
            }
        });
        return result.isEmpty() ? 0 : result.get(0);
    }

    /** Reads every transaction after a position up to the log's present end. */
    void readAfter(SourcePosition position, LogScan.Visitor visitor) throws SQLException, IOException {
        String captured = position.gtidSet();
        if (captured == null) {
            scan.read(position.file(), position.pos(), visitor);
            return;
        }
        GtidSet before = GtidSet.parse(captured);
        String file = lastFileWithin(before);
        if (file == null) {
            return;
        }
        scan.read(file, 4, transaction -> {
            String gtid = transaction.gtid();
            boolean isBefore = gtid != null && before.contains(GtidSet.parse(gtid));
            return isBefore || visitor.transaction(transaction);
        });
    }

    /** The newest file before which nothing but the given transactions was executed; null when there is none. */
    @Nullable
    String lastFileWithin(GtidSet captured) throws SQLException {
        List<LogFile> files = files();
        int low = -1; // the sets only grow from file to file
        int high = files.size();
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (captured.contains(executedBefore(files.get(middle).name()))) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low < 0 ? null : files.get(low).name();
    }
}
