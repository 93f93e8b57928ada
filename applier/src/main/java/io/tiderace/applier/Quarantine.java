package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a source waits in quarantine, shared by its lanes. The register in the target decides; this may know of more, never of less, since
 * only the owner's lanes add to the register and do so here before anything else of the same keys begins. The register's generation goes
 * up when something leaves it, and whoever adds or meets a waiting key locks it: so a replay and the lanes come one after the other. Thread-safe.
 */
final class Quarantine {
    private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

    /** More is no exception any more, but a table that does not fit. */
    static final int CHANGES_MAX = 10_000;

    private final CheckpointKey key;
    private final OnDataError policy;
    private final QuarantineLog log;
    private final Map<QuarantinedChange.Id, QuarantinedChange> changes = new TreeMap<>();
    private final Map<Long, Integer> uses = new HashMap<>();
    private long generation;
    private volatile int size;

    Quarantine(CheckpointStore store, CheckpointStore.Claim claim, OnDataError policy, QuarantineLog log) {
        this.key = store.key();
        this.policy = policy;
        this.log = log;
        this.generation = claim.quarantine().generation();
        add(claim.quarantine().changes());
    }

    /**
     * The register as it is stored.
     *
     * @param generation how often something has left it
     */
    record Register(long generation, List<QuarantinedChange> changes) {}

    CheckpointKey key() {
        return key;
    }

    QuarantineLog log() {
        return log;
    }

    /** True when a row that the target refuses does not stop the task. */
    boolean isTaking() {
        return policy == OnDataError.QUARANTINE;
    }

    int size() {
        return size;
    }

    synchronized boolean waits(long keyHash) {
        return uses.containsKey(keyHash);
    }

    synchronized long generation() {
        return generation;
    }

    synchronized Set<QuarantinedChange.Id> ids() {
        return new HashSet<>(changes.keySet());
    }

    synchronized void add(Collection<QuarantinedChange> added) {
        for (QuarantinedChange change : added) {
            if (changes.put(change.id(), change) == null) {
                for (long hash : change.keys()) {
                    uses.merge(hash, 1, Integer::sum);
                }
            }
        }
        size = changes.size();
    }

    /**
     * What was known before the register was read and is not in it has been replayed or discarded.
     *
     * @param known before the transaction began in which the register was read
     */
    synchronized void follow(Set<QuarantinedChange.Id> known, Register register) {
        Set<QuarantinedChange.Id> gone = new HashSet<>(known);
        register.changes().forEach(change -> gone.remove(change.id()));
        for (QuarantinedChange.Id id : gone) {
            QuarantinedChange change = changes.remove(id);
            if (change != null) {
                for (long hash : change.keys()) {
                    uses.merge(hash, -1, (uses, less) -> uses + less == 0 ? null : uses + less);
                }
            }
        }
        generation = Math.max(generation, register.generation());
        size = changes.size();
    }

    /** @throws DataException when there is no more room */
    void requireRoom(int more, String reason) {
        if (size + more > CHANGES_MAX) {
            throw new DataException(
                    "TR-A029",
                    "more than " + CHANGES_MAX + " changes of source " + key.sourceId()
                            + " would wait in quarantine; the last reason: " + reason,
                    "make the target's tables accept the rows, then 'tiderace quarantine replay', and start again: it goes on where it "
                            + "stopped");
        }
    }

    /**
     * A DDL statement may make nonsense of changes that wait for one of its tables, or of their key values.
     *
     * @param tables of the statement; one without a table's name is a whole schema
     * @param owner asked before anything is said: it may be another's affair by now
     * @throws DataException when changes wait for one of them
     */
    void requireNone(Target target, List<TableName> tables, Intake.Owner owner) throws SQLException, FencedException {
        if (waitingFor(tables).isEmpty()) {
            return;
        }
        Set<QuarantinedChange.Id> known = ids();
        try (TargetSession session = target.session()) {
            follow(known, session.quarantine(key));
            session.rollback();
        }
        List<QuarantinedChange> waiting = waitingFor(tables);
        if (!waiting.isEmpty()) {
            owner.require();
            throw new DataException(
                    "TR-A026",
                    "a DDL statement of source " + key.sourceId() + " is about "
                            + waiting.get(0).target() + ", for which " + waiting.size()
                            + " changes wait in quarantine; the first: "
                            + waiting.get(0).row(),
                    "'tiderace quarantine replay' them, or 'tiderace quarantine discard', then start again: it goes on where it stopped");
        }
    }

    private synchronized List<QuarantinedChange> waitingFor(List<TableName> tables) {
        List<QuarantinedChange> result = new ArrayList<>();
        for (QuarantinedChange change : changes.values()) {
            boolean isConcerned = tables.stream()
                    .anyMatch(table -> table.table().isEmpty()
                            ? table.schema().equalsIgnoreCase(change.target().schema())
                            : table.equals(change.target()));
            if (isConcerned) {
                result.add(change);
            }
        }
        return result;
    }

    static void tell(String row, String reason) {
        LOG.atWarn()
                .addKeyValue("row", row)
                .addKeyValue("reason", reason)
                .log("the target refuses a row; it waits in quarantine");
    }
}
