package io.tiderace.cli;

import io.tiderace.config.SourceConfig;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What {@code --until-synced} waits for: every task has, of every source, all that the source had committed when this was asked. Thread-safe. */
final class SyncGoal {
    /** A rotate or stop event, with checksum, is at most this long without the name of the next file (MySQL internals, Rotate_event). */
    private static final int LAST_EVENT_BYTES = 31;

    private static final Set<String> NOT_TRANSACTIONS = Set.of(
            "Format_desc", "Previous_gtids", "Gtid_list", "Binlog_checkpoint", "Start_encryption", "Rotate", "Stop");

    private static final Set<String> NOT_STREAMING = Set.of("starting", "copying");

    private final Map<String, SourcePosition> wanted;
    private final Map<String, SourcePosition> reached = new ConcurrentHashMap<>();
    private final Map<String, Long> captured = new ConcurrentHashMap<>();
    private final Map<String, Long> quarantined = new ConcurrentHashMap<>();
    private final Set<Use> open = ConcurrentHashMap.newKeySet();

    /** @param uses task and source pairs whose applier has to get there */
    SyncGoal(Map<String, SourcePosition> wanted, List<Use> uses) {
        this.wanted = Map.copyOf(wanted);
        open.addAll(uses);
    }

    /** One task's use of one source. */
    record Use(String task, String sourceId) {}

    /**
     * Asks every source where it is now.
     *
     * @throws TideraceException when a source cannot be asked
     */
    static Map<String, SourcePosition> positions(List<SourceConfig> sources) {
        Map<String, SourcePosition> positions = new LinkedHashMap<>();
        for (SourceConfig source : sources) {
            try (Database database = Database.open(source.from())) {
                positions.put(source.sourceId(), position(database));
            } catch (ServerRefusal e) {
                throw ServerErrors.source(source, e);
            }
        }
        return positions;
    }

    static SourcePosition position(Database database) throws ServerRefusal {
        Map<String, @Nullable String> status = masterStatus(database);
        String file = String.valueOf(status.get("file"));
        long pos = Long.parseLong(String.valueOf(status.get("position")));
        String gtids = status.get("executed_gtid_set");
        if (gtids == null) {
            gtids = mariaGtids(database);
        }
        if (gtids != null && !gtids.isBlank()) {
            return new SourcePosition(file, pos, gtids.replaceAll("\\s", ""));
        }
        return lastTransaction(database, file, pos);
    }

    /** A MariaDB server's own set; null where there is no such variable. */
    private static @Nullable String mariaGtids(Database database) throws ServerRefusal {
        Map<String, @Nullable String> variables = Variables.read(database, "gtid_binlog_pos");
        return variables.get("gtid_binlog_pos");
    }

    static Map<String, @Nullable String> masterStatus(Database database) throws ServerRefusal {
        String version = String.valueOf(database.value("SELECT VERSION()"));
        boolean newName =
                !version.toLowerCase(java.util.Locale.ROOT).contains("mariadb") && Variables.atLeast(version, 8, 4);
        List<Map<String, @Nullable String>> rows =
                database.rows(newName ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
        if (rows.isEmpty()) {
            throw new ServerRefusal("the binary log is off: the server has no position");
        }
        return rows.get(0);
    }

    /**
     * Without GTIDs a new binlog file would be waited for in vain: nothing follows its head until the next transaction. Then the goal is the end
     * of the file before, just ahead of the event that points to the new one.
     */
    private static SourcePosition lastTransaction(Database database, String file, long pos) throws ServerRefusal {
        List<Map<String, @Nullable String>> events = database.rows("SHOW BINLOG EVENTS IN '" + file + "' LIMIT 6");
        boolean empty =
                events.stream().allMatch(event -> NOT_TRANSACTIONS.contains(String.valueOf(event.get("event_type"))));
        if (!empty) {
            return new SourcePosition(file, pos, null);
        }
        SourcePosition before = null;
        for (Map<String, @Nullable String> log : database.rows("SHOW BINARY LOGS")) {
            String name = String.valueOf(log.get("log_name"));
            if (name.equals(file)) {
                break;
            }
            long size = Long.parseLong(String.valueOf(log.get("file_size")));
            before = new SourcePosition(name, Math.max(4, size - LAST_EVENT_BYTES - file.length()), null);
        }
        return before == null ? new SourcePosition(file, 4, null) : before;
    }

    /**
     * Takes any stage's report; true when this one completed the goal. Capture says with which transaction number it had the wanted position,
     * its first copy being over; an applier is there when it has applied everything up to that number. (Positions alone would not do: every
     * chunk of the copy carries the copy's position.)
     */
    boolean accept(StatusReport report) {
        SourcePosition at = report.position();
        SourcePosition goal = wanted.get(report.sourceId());
        if (goal == null || open.isEmpty()) {
            return false;
        }
        if (report.stage().equals("capture")) {
            boolean isCopied = report.copy() == null && !NOT_STREAMING.contains(report.phase());
            if (isCopied
                    && at != null
                    && at.covers(goal)
                    && captured.putIfAbsent(report.sourceId(), report.txn()) == null) {
                reached.put(report.sourceId(), at);
            }
            return false;
        }
        Long needed = captured.get(report.sourceId());
        if (!report.stage().equals("applier") || needed == null || report.txn() < needed) {
            return false;
        }
        if (at != null) { // null: nothing has happened at the source since the task began
            reached.put(report.sourceId(), at);
        }
        quarantined.merge(report.sourceId(), report.figures().getOrDefault("changesInQuarantine", 0L), Long::max);
        return open.remove(new Use(String.valueOf(report.task()), report.sourceId())) && open.isEmpty();
    }

    boolean isReached() {
        return open.isEmpty();
    }

    /** Sources of which changes wait in quarantine, with how many, once the goal is reached. */
    Map<String, Long> quarantined() {
        Map<String, Long> result = new TreeMap<>(quarantined);
        result.values().removeIf(count -> count == 0);
        return result;
    }

    /** Where each source's changes are applied to, once the goal is reached. */
    Map<String, SourcePosition> reached() {
        return Map.copyOf(reached);
    }
}
