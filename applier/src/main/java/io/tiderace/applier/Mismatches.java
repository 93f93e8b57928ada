package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.schemas.TideraceException.DataException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when the target does not hold a row as the source did: such rows are counted when their group is in the target, and told with
 * key and position at most every ten seconds. Thread-safe.
 */
final class Mismatches {
    private static final Logger LOG = LoggerFactory.getLogger(Mismatches.class);
    private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(10);

    private final OnMismatch policy;
    private final AtomicLong missing = new AtomicLong();
    private final AtomicLong inTheWay = new AtomicLong();
    private final AtomicLong statements = new AtomicLong();
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - PAUSE_NS);

    Mismatches(OnMismatch policy) {
        this.policy = policy;
    }

    /**
     * By how many rows the target differs from what the source held, by the count that a statement gave: positive when it lacks some, negative
     * when it has rows that are not to be there yet.
     */
    static long difference(Write write, long affected, Group group) {
        long expected = write.expected();
        return expected < 0 || expected == affected || group.isRepeat() ? 0 : expected - affected;
    }

    boolean isStopping() {
        return policy == OnMismatch.STOP;
    }

    /** True when a row that was not found is written as the source has it now: of rows without a key only if the task wants it. */
    boolean isInserting(Write.UpdateOne update) {
        return policy == OnMismatch.UPSERT
                || (policy == OnMismatch.WARN && !update.mapping().isKeyless());
    }

    /** True when it is worth finding out which rows are missing; the others of the next seconds are only counted. */
    boolean isWorthLooking() {
        if (policy == OnMismatch.STOP) {
            return true;
        }
        long last = toldAt.get();
        long now = System.nanoTime();
        return now - last >= PAUSE_NS && toldAt.compareAndSet(last, now);
    }

    /** True when a row that is in the way of an inserted one is replaced; never in the way of a first copy, whose tables should be empty. */
    boolean isReplacing(Group group) {
        return policy == OnMismatch.UPSERT && !group.isSnapshot();
    }

    /**
     * A statement did not find rows that the source updated or deleted.
     *
     * @param rows that are missing; with none the target held them as the statement leaves them
     * @param first of them, with key and position
     * @throws DataException when the task is to stop
     */
    void tellMissing(Write write, int rows, String first, String address) {
        String table = write.mapping().target().name().toString();
        if (policy == OnMismatch.STOP && rows > 0) {
            throw stop("table " + table + " at the target " + address + " lacks " + rows
                    + " rows that the source updated or deleted; the first: " + first);
        } else if (policy != OnMismatch.STOP) {
            LOG.atWarn()
                    .addKeyValue("table", table)
                    .addKeyValue("rows", rows)
                    .addKeyValue("rowsSinceStart", missing.get() + rows)
                    .addKeyValue("first", first)
                    .log(
                            rows > 0
                                    ? "the target lacked rows that the source updated or deleted; those with a key were inserted where they were updated"
                                    : "the target held rows as the source has made them only now");
        }
    }

    /**
     * A row was in the way of one that the source inserted.
     *
     * @param table empty when it is not known
     * @param row with key and position
     * @throws DataException when the task is to stop
     */
    void tellInTheWay(String table, String row, String address) {
        if (policy == OnMismatch.STOP) {
            throw stop("table " + table + " at the target " + address
                    + " held a row that the source only inserted now: " + row);
        }
        if (isWorthLooking()) {
            LOG.atWarn()
                    .addKeyValue("table", table)
                    .addKeyValue("groupsSinceStart", inTheWay.get() + 1)
                    .addKeyValue("first", row)
                    .log("the target held a row that the source inserted; it is gone");
        }
    }

    private static DataException stop(String problem) {
        return new DataException(
                "TR-A024",
                problem,
                "compare the two with 'tiderace compare', bring the target's rows into the state the source had, then start again: it "
                        + "goes on where it stopped; or set syncers.<name>.on-mismatch: warn, and updated rows are inserted");
    }

    /** A group is in the target. */
    void applied(int statementCount, long rowsMissing, boolean wasInTheWay) {
        statements.addAndGet(statementCount);
        if (rowsMissing > 0) {
            missing.addAndGet(rowsMissing);
        }
        if (wasInTheWay) {
            inTheWay.incrementAndGet();
        }
    }

    long count() {
        return missing.get();
    }

    /** Groups in which a row was in the way. */
    long inTheWay() {
        return inTheWay.get();
    }

    long statements() {
        return statements.get();
    }
}
