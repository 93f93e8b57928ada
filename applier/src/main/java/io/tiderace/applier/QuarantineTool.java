package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What an operator does with changes in quarantine, while the applier runs or not: the register's lock orders the two. Changes that hang together
 * by their key values are one entry; each is replayed, or discarded, in a target transaction of its own. Not thread-safe.
 */
public final class QuarantineTool implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Target target;
    private final String task;
    private final Backoff backoff;

    QuarantineTool(Target target, String task, Backoff backoff) {
        this.target = target;
        this.task = task;
        this.backoff = backoff;
    }

    /**
     * Changes that wait together.
     *
     * @param id {@code source:transaction.row} of the first
     * @param target table of the first
     * @param row key and place in the source of the first
     */
    public record Entry(String id, String sourceId, String target, int changes, String row, String reason) {}

    /**
     * What became of an entry.
     *
     * @param changes that were replayed or discarded; 0 when there was no such entry any more
     * @param rowsMissing that the target did not hold as the source did
     */
    public record Outcome(int changes, long rowsMissing) {}

    /** @throws io.tiderace.schemas.TideraceException when the target cannot be reached or refuses */
    public static QuarantineTool open(TaskConfig task) throws InterruptedException {
        Backoff backoff = new Backoff(task.target().address(), PATIENCE, () -> false, reason -> {});
        try {
            Target target = backoff.call("connecting", () -> JdbcTarget.open(task.target(), task.metaSchema(), 2));
            return new QuarantineTool(target, task.name(), backoff);
        } catch (FencedException e) {
            throw new IllegalStateException("connecting takes nothing over", e);
        }
    }

    /** What waits of a source, in the source's order. */
    public List<Entry> list(String sourceId) throws InterruptedException {
        CheckpointKey key = new CheckpointKey(task, sourceId);
        return call("reading the quarantine", session -> {
            List<Entry> entries = new ArrayList<>();
            try {
                for (List<QuarantinedChange> set :
                        QuarantineRule.connected(session.quarantine(key).changes())) {
                    QuarantinedChange first = set.get(0);
                    entries.add(new Entry(
                            id(sourceId, first),
                            sourceId,
                            first.target().toString(),
                            set.size(),
                            first.row(),
                            first.reason()));
                }
            } catch (SQLException e) {
                if (SqlErrors.kind(e) != SqlErrors.Kind.STRUCTURE) {
                    throw e;
                } // no such table: never started
            }
            session.rollback();
            return entries;
        });
    }

    private static String id(String sourceId, QuarantinedChange first) {
        return sourceId + ":" + first.txn() + "." + first.txnRow();
    }

    /** Forgets changes: the target stays without them. */
    public Outcome discard(Entry entry) throws InterruptedException {
        return release(entry, (session, set) -> 0);
    }

    /**
     * Applies changes in the source's order.
     *
     * @throws DataException when the target refuses one of them: then all of the entry stay
     */
    public Outcome replay(ServiceConfig config, Entry entry) throws InterruptedException {
        RecordCodec codec = new RecordCodec(
                new RegistryClient(config.registry()), config.topics().apply(task, entry.sourceId()));
        try (QuarantineLog log = new KafkaQuarantineLog(config, task, entry.sourceId())) {
            return replay(log, codec, entry);
        }
    }

    Outcome replay(QuarantineLog log, RecordCodec codec, Entry entry) throws InterruptedException {
        return release(entry, (session, set) -> {
            session.checkAtOnce();
            long missing = 0;
            for (Group group : groups(set, log, codec)) {
                missing += apply(session, group);
            }
            return missing;
        });
    }

    /** In the source's order, those apart for which foreign keys are not looked at: a copied child may come before its parent. */
    private List<Group> groups(List<QuarantinedChange> set, QuarantineLog log, RecordCodec codec)
            throws SQLException, InterruptedException {
        List<Long> offsets = new ArrayList<>();
        set.forEach(change -> offsets.add(change.offset()));
        List<ConsumerRecord<byte[], byte[]>> records = log.read(offsets);
        TargetSchema schema = new TargetSchema(target);
        List<Group> groups = new ArrayList<>();
        List<MappedRow> rows = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < set.size(); i++) {
            QuarantinedChange change = set.get(i);
            RowChange row = codec.decodeRow(records.get(i).value());
            if (row.txn() != change.txn() || row.txnRow() != change.txnRow()) {
                throw new DataException(
                        "TR-A027",
                        "the quarantine topic holds transaction " + row.txn() + " row " + row.txnRow() + " at offset "
                                + change.offset() + ", where the register in the target says transaction "
                                + change.txn() + " row " + change.txnRow() + ": the topic was made anew",
                        "'tiderace quarantine discard' the changes and bring the rows into the source's state by hand");
            }
            MappedRow mapped = new MappedRow(schema.mapping(row.table(), change.target()), row, change.offset());
            if (i > 0
                    && isUnchecked(change, row)
                            != isUnchecked(
                                    set.get(i - 1), rows.get(rows.size() - 1).change())) {
                groups.add(group(set.subList(from, i), rows));
                rows = new ArrayList<>();
                from = i;
            }
            rows.add(mapped);
        }
        groups.add(group(set.subList(from, set.size()), rows));
        return groups;
    }

    /** As {@link Intake} has it. */
    private static boolean isUnchecked(QuarantinedChange change, RowChange row) {
        return change.replay() || row.op() == Op.READ;
    }

    private static Group group(List<QuarantinedChange> changes, List<MappedRow> rows) {
        QuarantinedChange last = changes.get(changes.size() - 1);
        boolean replay = changes.stream().anyMatch(QuarantinedChange::replay);
        Step.Rows step = new Step.Rows(
                new Step.Mark(last.txn(), last.txn(), last.txnRow(), null, 0), List.of(), List.of(), true, 0);
        return new Group(
                List.of(new Prepared(
                        step,
                        rows,
                        new long[0],
                        replay,
                        isUnchecked(last, rows.get(rows.size() - 1).change()),
                        null)),
                AppliedPosition.START);
    }

    private long apply(TargetSession session, Group group) throws SQLException {
        long missing = 0;
        session.leaveForeignKeys(group.isUnchecked());
        for (Write planned :
                WritePlanner.plan(Compactor.compact(group.rows(), group.isUnchecked()), group.isReplay())) {
            for (Write write : EnumErrors.split(planned)) {
                try {
                    missing += Math.max(0, Mismatches.difference(write, session.write(write), group));
                } catch (SQLException e) {
                    throw RowErrors.withRow(e, write, group, target.address());
                }
            }
        }
        return missing;
    }

    /** Works on the changes of an entry as they are now; gives the rows that were missing. */
    @FunctionalInterface
    private interface OnEntry {
        long on(TargetSession session, List<QuarantinedChange> set) throws SQLException, InterruptedException;
    }

    private Outcome release(Entry entry, OnEntry work) throws InterruptedException {
        CheckpointKey key = new CheckpointKey(task, entry.sourceId());
        List<Outcome> done = new ArrayList<>(); // by an attempt whose COMMIT was not answered
        return call("working on the quarantine", session -> {
            session.lockQuarantine(key);
            Optional<List<QuarantinedChange>> set = QuarantineRule.connected(
                            session.quarantine(key).changes())
                    .stream()
                    .filter(changes -> id(entry.sourceId(), changes.get(0)).equals(entry.id()))
                    .findFirst();
            if (set.isEmpty()) {
                session.rollback();
                return done.isEmpty() ? new Outcome(0, 0) : done.get(0);
            }
            Outcome outcome = new Outcome(set.get().size(), work.on(session, set.get()));
            session.removeQuarantined(key, set.get());
            done.add(0, outcome);
            session.commit();
            return outcome;
        });
    }

    /** One transaction, begun again after an error that passes. */
    @FunctionalInterface
    private interface InSession<T> {
        T run(TargetSession session) throws SQLException, InterruptedException;
    }

    private <T> T call(String what, InSession<T> work) throws InterruptedException {
        try {
            return backoff.call(what, () -> {
                try (TargetSession session = target.session()) { // whose end undoes what is not committed
                    return work.run(session);
                }
            });
        } catch (FencedException e) {
            throw new IllegalStateException("nothing is taken over", e);
        }
    }

    @Override
    public void close() {
        target.close();
    }
}
