package io.tiderace.router;

import io.tiderace.router.Decisions.Decision;
import io.tiderace.router.Decisions.Target;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One source's relay records in, its apply records out; knows nothing of Kafka. Rows are passed on undecoded. Not thread-safe.
 *
 * <pre>
 *   relay:  row row ddl Commit(5, rows 3) | row Commit(6, rows 1) | Commit(7, rows 0) | row Commit(8, rows 1)
 *   apply:  row     ddl Commit(5, rows 2) |        Commit(6..7, rows 0)               | row Commit(8, rows 1)
 * </pre>
 */
final class TransactionRouter {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionRouter.class);
    private static final long FOLD_MS = 1000;
    private static final byte[] NOTHING = {};

    private final Source source;
    private final Memory memory;
    private final Output output;
    private final RelayProgress progress;
    private final Decisions decisions;
    private final DdlRewriter ddl;
    private final RelayProblem problem;
    private byte[] folded;
    private long markedAtMs = Long.MIN_VALUE / 2;
    private long passed;
    private long dropped;
    private long repeats;
    private long statements;

    /**
     * What a router is made for.
     *
     * @param codec of the apply topic
     * @param copyOnly nothing passes after the end of the copy
     */
    record Source(
            String id, String relayTopic, RecordCodec codec, Rules rules, boolean copyOnly, SourceFigures figures) {}

    /** Where it stands, kept in step with what was taken and given out. */
    interface Memory {
        RelayProgress restore();

        byte @Nullable [] restoreFolded();

        void save(RelayProgress progress);

        void saveFolded(byte[] lastCommit);
    }

    /** Where records go. */
    interface Output {
        /** The record just taken, as it is. */
        void pass(@Nullable Target target);

        /** A record of our own in its place. */
        void replace(byte[] value);

        /** A record of our own that has no key and is not in the place of one. */
        void add(byte[] value, long timestampMs);
    }

    TransactionRouter(Source source, Memory memory, Output output) {
        this.source = source;
        this.memory = memory;
        this.output = output;
        this.progress = memory.restore();
        byte[] restored = memory.restoreFolded();
        this.folded = restored == null ? NOTHING : restored;
        this.decisions = new Decisions(source.codec, source.rules);
        this.ddl = new DdlRewriter(source.rules);
        this.problem = new RelayProblem(source.id, source.relayTopic);
        source.figures.own(true, progress.lastWholeTxn());
    }

    /** @throws io.tiderace.schemas.TideraceException.DataException when the record is not the next one, or cannot be carried over */
    void take(byte @Nullable [] value, long offset) {
        if (value == null) {
            throw problem.unexpected(offset, "a record without a value");
        }
        if (source.copyOnly && progress.isCopyEnded() && !progress.isInTransaction()) {
            return;
        }
        Decision decision = decisions.of(RecordCodec.schemaId(value));
        long txn = RecordCodec.txn(value);
        long row = RecordCodec.txnRow(value);
        switch (progress.step(txn, row)) {
            case REPEAT -> {
                repeats++;
                return;
            }
            case GAP -> {
                if (decision.kind() != RecordCodec.Kind.COMMIT || !isFoldedByCapture(value, row)) {
                    throw problem.gap(offset, progress.expected(), txn, row);
                }
            }
            case NEXT -> {}
        }
        switch (decision.kind()) {
            case ROW -> row(decision.target(), txn, row);
            case COMMIT -> commit(value, offset);
            case SCHEMA_CHANGE -> schemaChange(value);
            case SNAPSHOT_PROGRESS -> snapshotProgress(value);
            case SKIPPABLE -> progress.taken(txn, row, false);
            case ROUTED_DDL ->
                throw problem.unexpected(offset, "a routed statement, which belongs into an apply topic");
        }
        memory.save(progress);
    }

    /** To be called now and then when nothing comes: writes a marker that has been held back long enough. */
    void tick(long nowMs) {
        if (progress.foldFirst() != 0 && nowMs - markedAtMs >= FOLD_MS) {
            writeFolded(nowMs);
            memory.save(progress);
        }
        publish();
    }

    /** The source goes to another thread or process, or the service stops. */
    void release() {
        publish();
        source.figures.own(false, progress.lastWholeTxn());
    }

    private void publish() {
        source.figures.count(passed, dropped, repeats, statements);
    }

    private boolean isFoldedByCapture(byte[] value, long row) {
        Commit commit = (Commit) source.codec.decode(value);
        return row == 1 && !progress.isInTransaction() && commit.firstTxn() <= progress.txn() + 1;
    }

    private void row(@Nullable Target target, long txn, long row) {
        if (target == null) {
            dropped++;
        } else {
            passed++;
            beforePassing();
            output.pass(target);
        }
        progress.taken(txn, row, target != null);
    }

    private void schemaChange(byte[] value) {
        SchemaChange change = (SchemaChange) source.codec.decode(value);
        DdlRewriter.Outcome outcome = ddl.rewrite(change);
        if (outcome instanceof DdlRewriter.Rewritten rewritten) {
            beforePassing();
            output.replace(source.codec.encode(routed(change, rewritten)));
            statements++;
            LOG.atInfo()
                    .addKeyValue("source", source.id)
                    .addKeyValue("txn", change.txn())
                    .addKeyValue("statement", rewritten.statement())
                    .log("Statement routed");
        } else if (outcome instanceof DdlRewriter.Skipped skipped) {
            LOG.atDebug()
                    .addKeyValue("source", source.id)
                    .addKeyValue("txn", change.txn())
                    .addKeyValue("reason", skipped.reason())
                    .addKeyValue("statement", change.statement())
                    .log("Statement dropped");
        }
        progress.taken(change.txn(), change.txnRow(), outcome instanceof DdlRewriter.Rewritten);
    }

    private static RoutedDdl routed(SchemaChange change, DdlRewriter.Rewritten rewritten) {
        List<TableName> targets = rewritten.targets();
        // names are qualified, and the schema of a database statement need not exist before or after it
        String schema = targets.get(0).table().isEmpty() ? null : targets.get(0).schema();
        StatementContext context = change.context();
        return new RoutedDdl(
                change.txn(),
                change.txnRow(),
                rewritten.statement(),
                change.statement(),
                new StatementContext(
                        schema, context.sqlMode(), context.charset(), context.collation(), context.timeZone()),
                rewritten.sources(),
                targets,
                change.snapshot(),
                null,
                change.gtid(),
                change.file(),
                change.pos(),
                change.tsMs());
    }

    private void snapshotProgress(byte[] value) {
        SnapshotProgress event = (SnapshotProgress) source.codec.decode(value);
        source.figures.copying(event);
        TableName table = event.table();
        Target target = table == null ? null : decisions.target(table);
        boolean passes = table == null || target != null;
        if (passes) {
            beforePassing();
            output.pass(target);
        }
        if (event.progress() == Progress.COPY_END) {
            progress.copyEnded();
        }
        progress.taken(event.txn(), event.txnRow(), passes);
    }

    private void commit(byte[] value, long offset) {
        Commit commit = (Commit) source.codec.decode(value);
        if (commit.rows() != commit.txnRow() - 1) {
            throw problem.wrongCount(offset, commit);
        }
        long first = progress.lastWholeTxn() + 1;
        if (progress.passed() > 0) {
            output.replace(source.codec.encode(marker(commit, first, progress.passed())));
            markedAtMs = System.currentTimeMillis();
        } else {
            fold(commit, first, value);
        }
        progress.whole(commit.txn());
        source.figures.committed(commit);
    }

    /** Empty transactions are held back to share one marker, but the first after a pause is not: a quiet pipeline shows progress at once. */
    private void fold(Commit commit, long first, byte[] value) {
        long now = System.currentTimeMillis();
        if (progress.foldFirst() != 0) {
            Commit before = (Commit) source.codec.decode(folded);
            if (before.snapshot() != commit.snapshot() || before.replay() != commit.replay()) {
                writeFolded(now);
            }
        }
        if (progress.foldFirst() == 0) {
            progress.folding(first);
        }
        folded = value;
        if (now - markedAtMs >= FOLD_MS) {
            writeFolded(now);
        } else {
            memory.saveFolded(value);
        }
    }

    /** Rows of a later transaction must not overtake the marker of those before it. */
    private void beforePassing() {
        if (progress.foldFirst() != 0) {
            writeFolded(System.currentTimeMillis());
        }
    }

    private void writeFolded(long nowMs) {
        Commit last = (Commit) source.codec.decode(folded);
        output.add(source.codec.encode(marker(last, progress.foldFirst(), 0)), Math.max(0, last.tsMs()));
        progress.folding(0);
        folded = NOTHING;
        markedAtMs = nowMs;
    }

    private static Commit marker(Commit commit, long first, long rows) {
        return new Commit(
                commit.txn(),
                commit.txnRow(),
                first,
                rows,
                commit.gtid(),
                commit.gtidSet(),
                commit.file(),
                commit.pos(),
                commit.tsMs(),
                commit.snapshot(),
                commit.replay());
    }
}
