package io.tiderace.capture;

import io.tiderace.capture.Continuity.Server;
import io.tiderace.capture.Continuity.Verdict;
import io.tiderace.capture.SourceDatabase.Settings;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves before anything is read that the server at the source's address can go on where capture stopped. It may be another server of the replication
 * group: then it has to have every transaction that was captured, and none that the former one cannot have had.
 */
final class SourceMove {
    private static final Logger LOG = LoggerFactory.getLogger(SourceMove.class);
    private static final long PAUSE_MS = 500;
    private static final long STANDSTILL_MAX_NANOS = 15_000_000_000L;
    private static final long WAIT_MAX_NANOS = 600_000_000_000L;

    private final SourceDatabase database;
    private final Predicate<TableName> isCaptured;
    private final BooleanSupplier isStopping;
    private final Continuity continuity;

    SourceMove(SourceDatabase database, Predicate<TableName> isCaptured, BooleanSupplier isStopping) {
        this.database = database;
        this.isCaptured = isCaptured;
        this.isStopping = isStopping;
        continuity = new Continuity(database.sourceId(), database.config().address());
    }

    /**
     * The position to go on from: the one given, or the same on another server.
     *
     * @throws SourceException when the server cannot take over, after waiting for a lagging replica as long as it gets on
     */
    StoredPosition proved(StoredPosition stored) throws SQLException, InterruptedException {
        try (Connection connection = database.connect()) {
            Settings settings = database.settings(connection);
            SourceLog log = new SourceLog(connection, new LogScan(database, isStopping), settings.hasGtids());
            Server server = awaitCaptured(stored, settings, log);
            if (continuity.judge(stored, server) != Verdict.MOVE) {
                requireSameFile(stored, server, log);
                return stored;
            }
            requireNothingErrant(stored, server, log, settings.isMariaDb());
            LOG.atInfo()
                    .addKeyValue("source", database.sourceId())
                    .addKeyValue("from", stored.serverUuid())
                    .addKeyValue("to", server.uuid())
                    .addKeyValue("address", database.config().address())
                    .addKeyValue("captured", stored.position().gtidSet())
                    .log("another server takes the source's place");
            return stored.movedTo(server.uuid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** After a reset GTIDs come again, and so do names of files; only when a file was begun does not. */
    private void requireSameFile(StoredPosition stored, Server server, SourceLog log) throws SQLException, IOException {
        String file = stored.position().file();
        boolean isThere = server.files().stream().anyMatch(each -> each.name().equals(file));
        if (isThere && stored.fileBegunMs() != 0) {
            continuity.requireBegun(file, stored.fileBegunMs(), log.begunMs(file));
        }
    }

    private Server awaitCaptured(StoredPosition stored, Settings settings, SourceLog log)
            throws SQLException, InterruptedException {
        Server server = server(settings, log);
        long begin = System.nanoTime();
        long moved = begin;
        while (continuity.judge(stored, server) == Verdict.WAIT) {
            long now = System.nanoTime();
            if (now - moved > STANDSTILL_MAX_NANOS || now - begin > WAIT_MAX_NANOS) {
                throw continuity.lacking(stored, server);
            }
            if (moved == begin && now - begin < PAUSE_MS * 1_000_000) {
                LOG.atWarn()
                        .addKeyValue("source", database.sourceId())
                        .addKeyValue(
                                "lacking", continuity.lacking(stored, server).problem())
                        .log("waiting for the new server to replicate what was captured");
            }
            if (isStopping.getAsBoolean()) {
                throw continuity.lacking(stored, server);
            }
            Thread.sleep(PAUSE_MS);
            Server later = server(settings, log);
            moved = later.executed().equals(server.executed()) ? moved : System.nanoTime();
            server = later;
        }
        return server;
    }

    private static Server server(Settings settings, SourceLog log) throws SQLException {
        boolean hasGtids = settings.hasGtids();
        return new Server(
                settings.serverUuid(),
                hasGtids,
                hasGtids ? log.executed() : GtidSet.empty(),
                hasGtids ? log.purged() : GtidSet.empty(),
                log.files());
    }

    private void requireNothingErrant(StoredPosition stored, Server server, SourceLog log, boolean isMariaDb)
            throws SQLException, IOException {
        String set = stored.position().gtidSet();
        GtidSet captured = GtidSet.parse(set == null ? "" : set);
        String file = log.lastFileWithin(captured);
        if (file == null) {
            return;
        }
        ErrantSearch search = new ErrantSearch(captured, isCaptured);
        DomainEnds ends = new DomainEnds(
                isMariaDb ? captured : GtidSet.empty(), isMariaDb ? log.executedBefore(file) : GtidSet.empty());
        log.scan().read(file, 4, transaction -> ends.transaction(transaction) && search.transaction(transaction));
        if (!ends.missing().isEmpty()) {
            throw continuity.diverged(stored, server, ends.missing());
        }
        if (!search.errant().isEmpty()) {
            throw new SourceException(
                    "TR-C055",
                    "source " + database.sourceId() + ": " + database.config().address() + " (server " + server.uuid()
                            + ") has transactions on captured tables that server " + stored.serverUuid()
                            + ", captured so far, cannot have had: " + search.errant() + "\n    "
                            + String.join("\n    ", search.places()),
                    "go back to the former server, or to another replica; or, if their changes are to be in the target, copy this"
                            + " server under another source-id. To leave them out, commit empty transactions with these GTIDs on"
                            + " the former server (SET gtid_next = '…'; BEGIN; COMMIT), let them be captured there, then switch");
        }
    }
}
