package io.tiderace.capture;

import io.tiderace.capture.SourceLog.LogFile;
import io.tiderace.config.StartTime;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the start point that a task gives into a position of the source's log, and refuses one at which nothing can begin: purged, beyond the end,
 * or inside a transaction. Where the source has GTIDs the position gets its set, whichever way it was given.
 */
final class StartSearch {
    private final String sourceId;
    private final Connection connection;
    private final SourceLog log;
    private final boolean prefersGtids;

    /** @param prefersGtids which one counts when a start has a GTID set and a file, as DM's {@code enable-gtid} */
    StartSearch(String sourceId, Connection connection, SourceLog log, boolean prefersGtids) {
        this.sourceId = sourceId;
        this.connection = connection;
        this.log = log;
        this.prefersGtids = prefersGtids;
    }

    /** @throws SourceException when capture cannot begin there */
    SourcePosition find(TaskConfig.Start start) throws SQLException, IOException {
        String gtids = start.binlogGtid();
        String file = start.binlogName();
        StartTime time = start.time();
        if (time != null) {
            return atTime(time);
        }
        if (gtids != null && (file == null || prefersGtids)) {
            return after(gtids);
        }
        return at(file == null ? "" : file, Math.max(start.binlogPos(), 4));
    }

    private SourcePosition after(String gtids) throws SQLException {
        if (!log.hasGtids()) {
            throw new SourceException(
                    "TR-C019",
                    "source " + sourceId + " is to start at a GTID set but runs without GTIDs",
                    "give binlog-name and binlog-pos in the task's meta instead of binlog-gtid");
        }
        GtidSet wanted = GtidSet.parse(gtids);
        GtidSet ahead = wanted.minus(log.executed());
        if (!ahead.isEmpty()) {
            throw notThere(
                    "the GTID set holds transactions that the source has not executed: " + ahead,
                    "give a set that is within " + log.executed() + ", which the source has");
        }
        GtidSet lacking = log.purged().minus(wanted);
        if (!lacking.isEmpty()) {
            throw notThere(
                    "the changes after the GTID set begin with transactions whose log files were purged: " + lacking,
                    "give a set that holds " + log.purged()
                            + ", which is the earliest possible start, or copy the source" + " (task-mode: all)");
        }
        return new SourcePosition("", 4, wanted.toString());
    }

    private SourcePosition at(String name, long pos) throws SQLException, IOException {
        List<LogFile> files = log.files();
        int index = indexOf(files, name);
        LogFile file = files.get(index);
        if (pos > file.bytes()) {
            throw notThere(
                    name + ":" + pos + " is beyond the end of the file, which has " + file.bytes() + " bytes",
                    "give a position up to " + name + ":" + file.bytes());
        }
        if (pos == file.bytes() && index < files.size() - 1) {
            return at(files.get(index + 1).name(), 4);
        }
        Boundary boundary = new Boundary(pos, executedBefore(name));
        log.scan().read(name, 4, boundary);
        if (boundary.before != pos) {
            throw new SourceException(
                    "TR-C051",
                    "source " + sourceId + ": " + name + ":" + pos + " is "
                            + (boundary.inside == null
                                    ? "no place between two events"
                                    : "inside a transaction: " + boundary.inside),
                    "begin before it, with binlog-pos: " + boundary.before
                            + (boundary.after > 0 ? ", or after it, with binlog-pos: " + boundary.after : ""));
        }
        return new SourcePosition(name, pos, boundary.executed == null ? null : boundary.executed.toString());
    }

    private int indexOf(List<LogFile> files, String name) {
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).name().equals(name)) {
                return i;
            }
        }
        LogFile first = files.get(0);
        LogFile last = files.get(files.size() - 1);
        boolean isOfServer = name.matches(".+\\.[0-9]+") && stem(name).equals(stem(first.name()));
        String why = !isOfServer
                ? "there is no log file " + name
                : new LogFile(name, 0).number() < first.number()
                        ? "log file " + name + " was purged"
                        : "log file " + name + " is beyond the end of the log";
        throw notThere(
                why + "; there are " + first.name() + " to " + last.name(),
                "the earliest possible start is " + first.name() + ":4, the latest " + last.name() + ":"
                        + last.bytes());
    }

    private static String stem(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }

    private @Nullable GtidSet executedBefore(String file) throws SQLException {
        return log.hasGtids() ? log.executedBefore(file) : null;
    }

    /** Looks for the last place between two transactions that is not after the wanted one. */
    private static final class Boundary implements LogScan.Visitor {
        private final long wanted;
        private final @Nullable GtidSet executed;
        private long before = 4;
        private long after;
        private @Nullable String inside;

        Boundary(long wanted, @Nullable GtidSet executed) {
            this.wanted = wanted;
            this.executed = executed;
        }

        @Override
        public boolean transaction(LogScan.Transaction transaction) {
            if (transaction.end() > wanted && transaction.begin() < wanted) {
                inside = transaction.gtid() == null ? "it begins at " + transaction.begin() : transaction.gtid();
            }
            if (transaction.end() <= wanted && executed != null && transaction.gtid() != null) {
                executed.advance(transaction.gtid());
            }
            return place(transaction.begin(), transaction.end());
        }

        @Override
        public boolean between(String file, long begin, long end, long tsMs) {
            return place(begin, end);
        }

        /** @return true when what lies there is before the wanted place */
        private boolean place(long begin, long end) {
            before = begin <= wanted ? begin : before;
            if (end > wanted) {
                after = begin == wanted ? 0 : end;
                return false;
            }
            before = end;
            return end < wanted;
        }
    }

    private SourcePosition atTime(StartTime time) throws SQLException, IOException {
        long wantedMs = millis(time);
        long nowMs = number("SELECT FLOOR(UNIX_TIMESTAMP(NOW(6)) * 1000)");
        if (wantedMs > nowMs) {
            throw notThere(
                    "the start time " + time + " is in the future of the source, whose clock is at "
                            + Instant.ofEpochMilli(nowMs),
                    "give a time that has passed, or none to begin now");
        }
        List<LogFile> files = log.files();
        int index = lastBegunBefore(files, wantedMs);
        if (index < 0) {
            LogFile first = files.get(0);
            if (first.number() > 1 || (log.hasGtids() && !log.purged().isEmpty())) {
                throw notThere(
                        "the log of the start time " + time + " was purged: the oldest file that is left, "
                                + first.name() + ", begins at " + Instant.ofEpochMilli(log.begunMs(first.name())),
                        "give a later time, or copy the source (task-mode: all)");
            }
            index = 0;
        }
        String name = files.get(index).name();
        Moment moment = new Moment(wantedMs, name, executedBefore(name));
        log.scan().read(name, 4, moment);
        return new SourcePosition(moment.file, moment.pos, moment.executed == null ? null : moment.executed.toString());
    }

    /** The last file begun in a second before the wanted one: everything in the files before it is older. -1 when there is none. */
    private int lastBegunBefore(List<LogFile> files, long wantedMs) throws IOException {
        int low = -1;
        int high = files.size();
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (log.begunMs(files.get(middle).name()) < wantedMs / 1000 * 1000) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Looks for the first transaction that was committed at or after a time; without one, for the end of the log. */
    private static final class Moment implements LogScan.Visitor {
        private final long wantedMs;
        private final @Nullable GtidSet executed;
        private String file;
        private long pos = 4;

        Moment(long wantedMs, String file, @Nullable GtidSet executed) {
            this.wantedMs = wantedMs;
            this.file = file;
            this.executed = executed;
        }

        @Override
        public boolean transaction(LogScan.Transaction transaction) {
            file = transaction.file();
            pos = transaction.begin();
            if (transaction.commitMs() >= wantedMs) {
                return false;
            }
            pos = transaction.end();
            if (executed != null && transaction.gtid() != null) {
                executed.advance(transaction.gtid());
            }
            return true;
        }

        @Override
        public boolean between(String name, long begin, long end, long tsMs) {
            file = name;
            pos = end;
            return true;
        }
    }

    private long millis(StartTime time) throws SQLException {
        if (time.offset() != null) {
            return time.local().toInstant(time.offset()).toEpochMilli();
        }
        SourceDatabase.execute(connection, "SET SESSION time_zone = @@GLOBAL.time_zone");
        try {
            return number("SELECT FLOOR(UNIX_TIMESTAMP('" + time.sql() + "') * 1000)");
        } finally {
            SourceDatabase.execute(connection, "SET SESSION time_zone = '+00:00'");
        }
    }

    private long number(String sql) throws SQLException {
        List<Long> result = new ArrayList<>();
        SourceDatabase.query(connection, sql, row -> result.add(row.getLong(1)));
        return result.get(0);
    }

    private SourceException notThere(String problem, String cure) {
        return new SourceException("TR-C050", "source " + sourceId + ": " + problem, cure);
    }
}
