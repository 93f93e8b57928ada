package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.DdlSession.JournalEntry;
import io.tiderace.applier.DdlSession.JournalKey;
import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.TargetException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes DDL once. The journal says {@code started} with a fingerprint of the tables as they are before, then the statement runs, then the
 * journal says {@code done}. When that is interrupted, the fingerprint tells whether the statement was executed: with an equal one it was not, or
 * it changes nothing that a second time would change again. No transaction protects DDL from an owner that was left behind, so a statement
 * runs only in a session that holds the task's lock, taken before the epoch is looked at. In steps of about one request; one thread.
 *
 * <pre>
 *   lock ─▶ epoch ─▶ nobody executes it ─▶ fingerprint ─▶ journal:
 *     (none) ──start──▶ started ──statement──▶ done
 *                          │  interrupted: tables changed? ──yes──▶ done
 *                          │                               ──no───▶ statement again
 *                          ├──copied table that is there already──▶ done
 *                          ├──several changes at once refused──▶ started, step 1 of n ─▶ … ─▶ step n of n ─▶ done
 *                          └──refused──▶ failed ──next start──▶ started
 * </pre>
 */
final class DdlExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(DdlExecutor.class);
    /** TiDB does not make these changes in one statement, for itself (8200) or since one needs a column that another makes. */
    private static final Set<Integer> ONE_BY_ONE = Set.of(8200, 1054, 1072);

    private static final String ABSENT = "absent";

    /** The target is already what the statement wants (DM 3.8): database or table exists or is gone; column or key exists or is gone. */
    private static final Set<Integer> ALREADY = Set.of(1007, 1008, 1050, 1051, 1060, 1061, 1091);

    private enum Stage {
        OPEN,
        LOCK,
        OWNER,
        RUNNING,
        FINGERPRINT,
        JOURNAL,
        START,
        EXECUTE,
        END
    }

    private final Target target;
    private final CheckpointKey checkpoint;
    private final long epoch;

    private @Nullable RoutedDdl ddl;
    private @Nullable DdlSession journal;
    private @Nullable DdlSession work;
    private Stage stage = Stage.OPEN;
    private String before = "";
    private boolean there;
    private List<String> steps = List.of();

    /** The step at hand; 0 while the statement is tried as a whole. */
    private int step;

    private boolean isResumed;

    DdlExecutor(Target target, CheckpointStore store, CheckpointStore.Claim claim) {
        this.target = target;
        this.checkpoint = store.key();
        this.epoch = claim.epoch();
    }

    void begin(RoutedDdl next) {
        ddl = next;
        steps = AlterSplit.split(next.statement(), next.context().sqlMode());
        stage = Stage.OPEN;
    }

    /** Why the last step came no further, which is worth a pause; null when it did. */
    @Nullable
    String waitingFor() {
        return switch (stage) {
            case LOCK -> "another session of the target holds the lock for this task's DDL";
            case RUNNING -> "the target still executes the DDL of an earlier attempt";
            case OPEN, OWNER, FINGERPRINT, JOURNAL, START, EXECUTE, END -> null;
        };
    }

    /**
     * The next step of the statement that was begun, or of its next attempt after an error.
     *
     * @return true when it is executed, now or before
     */
    boolean step() throws SQLException, FencedException {
        boolean goesOn = false;
        try {
            boolean done = next();
            goesOn = !done;
            return done;
        } finally {
            if (!goesOn) {
                close();
            }
        }
    }

    private boolean next() throws SQLException, FencedException {
        RoutedDdl statement = ddl;
        if (statement == null) {
            throw new IllegalStateException("no statement was begun");
        }
        DdlSession notes = journal;
        DdlSession session = work;
        if (notes == null) {
            journal = target.ddlSession();
            if (session == null) {
                stage = Stage.OPEN;
                step = 0;
                isResumed = false;
            }
            return false;
        }
        if (session == null) {
            work = target.ddlSession();
            stage = Stage.LOCK;
            return false;
        }
        return next(statement, notes, session);
    }

    private boolean next(RoutedDdl statement, DdlSession notes, DdlSession session)
            throws SQLException, FencedException {
        JournalKey key = new JournalKey(checkpoint, statement.txn(), statement.txnRow());
        switch (stage) {
            case OPEN -> throw new IllegalStateException("no session");
            case LOCK -> stage = session.lock(checkpoint) ? Stage.OWNER : Stage.LOCK;
            case OWNER -> {
                if (notes.epoch(checkpoint) != epoch) {
                    throw new FencedException("another applier has taken over source " + checkpoint.sourceId()
                            + " of task " + checkpoint.task());
                }
                stage = Stage.RUNNING;
            }
            case RUNNING -> stage = isRunning(notes, statement) ? Stage.RUNNING : Stage.FINGERPRINT;
            case FINGERPRINT -> {
                List<String> structures = structures(notes, statement.targetTables());
                before = DdlNote.fingerprint(statement.targetTables(), structures);
                there = !structures.isEmpty() && !structures.contains(ABSENT);
                stage = isResumed ? Stage.START : Stage.JOURNAL;
            }
            case JOURNAL -> {
                return isDone(notes.journal(key));
            }
            case START -> {
                notes.started(
                        key,
                        statement,
                        DdlNote.before(step, steps.size(), before).text());
                stage = isMadeBefore(statement) ? Stage.END : Stage.EXECUTE;
            }
            case EXECUTE -> {
                notes.close(); // the server would end it for being idle while the statement runs
                journal = null;
                stage = execute(statement, session, key);
            }
            case END -> {
                notes.ended(key, "done", null);
                return true;
            }
        }
        return false;
    }

    private boolean isRunning(DdlSession notes, RoutedDdl statement) throws SQLException {
        boolean running = notes.isRunning(statement.statement());
        for (int i = 0; i < steps.size() && steps.size() > 1 && !running; i++) {
            running = notes.isRunning(steps.get(i));
        }
        return running;
    }

    private boolean isDone(@Nullable JournalEntry entry) {
        DdlNote.Resume resume = DdlNote.resume(entry, steps.size(), before);
        if (resume.isDone() && !resume.wasInterrupted()) {
            return true;
        }
        if (resume.wasInterrupted()) {
            LOG.atInfo().addKeyValue("source", checkpoint.sourceId()).log("DDL was executed before the interruption");
        }
        step = resume.step();
        isResumed = true;
        stage = resume.isDone() ? Stage.END : Stage.START;
        return false;
    }

    /** A copied table that was made by hand is left as it is: perhaps the target cannot make it as the source has it. */
    private boolean isMadeBefore(RoutedDdl statement) {
        boolean made = statement.snapshot() && there;
        if (made) {
            LOG.atInfo().addKeyValue("tables", statement.targetTables()).log("the target has the table already");
        }
        return made;
    }

    private Stage execute(RoutedDdl whole, DdlSession session, JournalKey key) throws SQLException {
        RoutedDdl statement = step == 0 ? whole : AlterSplit.part(whole, steps.get(step - 1));
        LOG.atInfo()
                .addKeyValue("source", checkpoint.sourceId())
                .addKeyValue("txn", statement.txn())
                .addKeyValue("statement", statement.statement())
                .log("DDL");
        try {
            session.execute(statement);
        } catch (SQLException e) {
            SqlErrors.Kind kind = SqlErrors.kind(e);
            if (kind == SqlErrors.Kind.TRANSIENT || kind == SqlErrors.Kind.CONNECTION_LOST) {
                throw e;
            }
            boolean isThere = ALREADY.contains(e.getErrorCode());
            if (step == 0 && steps.size() > 1 && (isThere || ONE_BY_ONE.contains(e.getErrorCode()))) {
                return nextStep(); // some of it may be missing, or it may work one by one
            }
            if (!isThere) {
                noteFailed(key, e);
                throw refused(statement, e);
            }
            if (!statement.snapshot()) {
                LOG.atWarn()
                        .addKeyValue("source", checkpoint.sourceId())
                        .addKeyValue("txn", statement.txn())
                        .addKeyValue("reason", SqlErrors.reason(e))
                        .log("the target is already as the DDL wants it");
            }
        }
        return step == 0 || step == steps.size() ? Stage.END : nextStep();
    }

    private void noteFailed(JournalKey key, SQLException e) throws SQLException {
        try (DdlSession notes = target.ddlSession()) {
            notes.ended(key, "failed", new DdlNote(step, steps.size(), SqlErrors.reason(e)).text());
        }
    }

    private Stage nextStep() {
        step++;
        return Stage.FINGERPRINT;
    }

    private static List<String> structures(DdlSession session, List<TableName> tables) throws SQLException {
        List<String> result = new ArrayList<>();
        for (TableName table : tables) {
            String structure = session.structure(table);
            result.add(structure.isEmpty() ? ABSENT : structure);
        }
        return result;
    }

    private void close() {
        for (DdlSession open : new @Nullable DdlSession[] {work, journal}) {
            if (open != null) {
                open.close();
            }
        }
        work = null;
        journal = null;
    }

    private TargetException refused(RoutedDdl statement, SQLException e) {
        return new TargetException(
                "TR-A030",
                "the target " + target.address() + " refuses a DDL statement of source " + checkpoint.sourceId()
                        + " (transaction " + statement.txn() + ", " + statement.file() + ":" + statement.pos()
                        + (statement.gtid() == null ? "" : ", " + statement.gtid()) + "): " + SqlErrors.reason(e)
                        + (step > 1 ? "; the " + (step - 1) + " changes before are made" : "") + "; statement: "
                        + statement.statement(),
                "cure the cause and start again: the statement is tried again; or bring the table into the wanted shape by hand and pass "
                        + "over the statement with: "
                        + target.dialect()
                                .passOverJournal(
                                        checkpoint.task(), checkpoint.sourceId(), statement.txn(), statement.txnRow()),
                e);
    }
}
