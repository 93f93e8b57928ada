package io.tiderace.capture;

import io.tiderace.capture.SourceLog.LogFile;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.SourceException;
import java.time.Instant;
import java.util.List;

/**
 * Whether a server can go on with the log where capture stopped, on the same server or on another one of its replication group. Pure. Source of the
 * rules: MySQL manual, 19.1.3.3 (GTID auto-positioning).
 */
final class Continuity {
    private final String sourceId;
    private final String address;

    Continuity(String sourceId, String address) {
        this.sourceId = sourceId;
        this.address = address;
    }

    /**
     * What a server says of itself.
     *
     * @param executed and {@code purged} are empty without GTIDs
     */
    record Server(String uuid, boolean hasGtids, GtidSet executed, GtidSet purged, List<LogFile> files) {}

    /** What to do. */
    enum Verdict {
        GO_ON,
        /** It is another server, and has all that was captured: look for errant transactions, then take it. */
        MOVE,
        /** It is another server, and lacks what a lagging replica may still get. */
        WAIT
    }

    /** @throws SourceException when the server cannot take part */
    Verdict judge(StoredPosition stored, Server server) {
        String set = stored.position().gtidSet();
        boolean isSame = stored.serverUuid().isEmpty() || stored.serverUuid().equals(server.uuid());
        if (set == null) {
            if (!isSame) {
                throw another(
                        stored, server, "its position is a file and an offset, which mean nothing on another server");
            }
            requireFile(stored.position(), server.files());
            return Verdict.GO_ON;
        }
        if (!server.hasGtids()) {
            throw isSame
                    ? new SourceException(
                            "TR-C056",
                            "source " + sourceId + ": " + address
                                    + " runs without GTIDs now and had them when it was captured",
                            "switch them on again (gtid_mode=ON), or copy the source anew under another source-id")
                    : another(stored, server, "it runs without GTIDs");
        }
        GtidSet captured = GtidSet.parse(set);
        GtidSet missing = captured.minus(server.executed());
        if (!missing.isEmpty()) {
            if (isSame) {
                throw reset("it has not executed transactions that were captured from it: " + missing);
            }
            return Verdict.WAIT;
        }
        GtidSet lacking = server.purged().minus(captured);
        if (!lacking.isEmpty()) {
            throw purged("transactions that come next are in no log file any more: " + lacking
                    + (isSame ? "" : " (or they were never on the server captured before)"));
        }
        if (isSame) {
            requireNotReset(stored.position(), server.files());
        }
        return isSame ? Verdict.GO_ON : Verdict.MOVE;
    }

    /** The error after waiting for nothing. */
    SourceException lacking(StoredPosition stored, Server server) {
        String set = stored.position().gtidSet();
        GtidSet missing = GtidSet.parse(set == null ? "" : set).minus(server.executed());
        return new SourceException(
                "TR-C054",
                "source " + sourceId + ": " + address + " (server " + server.uuid()
                        + ") lacks transactions that were captured from server " + stored.serverUuid() + ": " + missing,
                "let it replicate them (SHOW REPLICA STATUS there says what holds it up) and start again, or go back to a server that"
                        + " has them; if they are lost for good, the target is ahead: copy the source anew under another source-id");
    }

    /** The error when the numbers fit and the transactions are others, as only MariaDB's GTIDs allow it. */
    SourceException diverged(StoredPosition stored, Server server, List<String> missing) {
        return new SourceException(
                "TR-C055",
                "source " + sourceId + ": the log of " + address + " (server " + server.uuid()
                        + ") has not the transactions at which capture of server " + stored.serverUuid() + " stopped: "
                        + String.join(", ", missing),
                "go back to the former server, or to another replica; a server that was written to by itself, or whose log begins later,"
                        + " can only be copied anew under another source-id");
    }

    private SourceException another(StoredPosition stored, Server server, String why) {
        return new SourceException(
                "TR-C056",
                "source " + sourceId + ": " + address + " is another server (" + server.uuid()
                        + ") than the one captured so far (" + stored.serverUuid() + ", at " + stored.position()
                        + "), and " + why,
                "go back to that server; or copy the new one under another source-id. With gtid_mode=ON on both, from before the"
                        + " switch, a source may move");
    }

    /** @throws SourceException when the file of the position was begun at another time than the one that was captured */
    void requireBegun(String file, long capturedMs, long begunMs) {
        if (capturedMs != begunMs) {
            throw reset(file + " was begun at " + Instant.ofEpochMilli(begunMs) + ", and the one that was captured at "
                    + Instant.ofEpochMilli(capturedMs));
        }
    }

    private SourceException reset(String how) {
        return new SourceException(
                "TR-C017",
                "source " + sourceId + ": the log of " + address + " is not the one that was captured: " + how
                        + " (RESET, or restored from a backup)",
                "copy the source anew under another source-id");
    }

    private SourceException purged(String what) {
        return new SourceException(
                "TR-C017",
                "source " + sourceId + " cannot send its log from the stored position: " + what,
                "copy the source anew under another source-id, and keep binlog_expire_logs_seconds longer than the longest stop");
    }

    private void requireFile(SourcePosition position, List<LogFile> files) {
        requireNotReset(position, files);
        if (files.stream().noneMatch(file -> file.name().equals(position.file()))) {
            throw purged("file " + position.file() + " was purged");
        }
    }

    /** A log that was reset begins again with file 1. */
    private void requireNotReset(SourcePosition position, List<LogFile> files) {
        if (position.file().isEmpty() || files.isEmpty()) {
            return;
        }
        LogFile stored = new LogFile(position.file(), position.pos());
        LogFile last = files.get(files.size() - 1);
        if (stored.number() > last.number()) {
            throw reset("it ends with " + last.name() + ", and " + position.file() + ":" + position.pos()
                    + " was captured");
        }
        for (LogFile file : files) {
            if (file.name().equals(stored.name()) && file.bytes() < stored.bytes()) {
                throw reset(file.name() + " has " + file.bytes() + " bytes, and was captured up to " + stored.bytes());
            }
        }
    }
}
