package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats what fails for a reason that passes, with growing pauses, for a bounded time. Thread-safe. */
final class Backoff {
    private static final Logger LOG = LoggerFactory.getLogger(Backoff.class);
    private static final long FIRST_MS = 10;
    private static final long LONGEST_MS = 5_000;
    private static final long SLICE_MS = 200;

    /** Work at the target that can be begun again from its start. */
    @FunctionalInterface
    interface Action<T> {
        T run() throws SQLException, FencedException, InterruptedException;
    }

    private final String address;
    private final Duration patience;
    private final BooleanSupplier stopping;
    private final Consumer<@Nullable String> waiting;
    private final Time time;

    /**
     * @param address of the target, for messages
     * @param patience how long one action may fail before it is given up
     * @param stopping when true a pause ends the action with an InterruptedException
     * @param waiting is told why it waits, and null when it does not any more
     */
    Backoff(String address, Duration patience, BooleanSupplier stopping, Consumer<@Nullable String> waiting) {
        this(address, patience, stopping, waiting, Time.SYSTEM);
    }

    Backoff(
            String address,
            Duration patience,
            BooleanSupplier stopping,
            Consumer<@Nullable String> waiting,
            Time time) {
        this.address = address;
        this.patience = patience;
        this.stopping = stopping;
        this.waiting = waiting;
        this.time = time;
    }

    /**
     * @param what is done, for messages
     * @throws io.tiderace.schemas.TideraceException when the failure does not pass, or not in time
     */
    <T> T call(String what, Action<T> action) throws FencedException, InterruptedException {
        long failingSince = 0;
        int failures = 0;
        while (true) {
            try {
                T result = action.run();
                if (failures > 0) {
                    waiting.accept(null);
                }
                return result;
            } catch (SQLException e) {
                requireTransient(e, what);
                failingSince = failures++ == 0 ? time.nanos() : failingSince;
                if (time.nanos() - failingSince > patience.toNanos()) {
                    throw exhausted(what, failures, e);
                }
                pause(what, failures, e);
            }
        }
    }

    /** @throws io.tiderace.schemas.TideraceException when the failure does not pass */
    void requireTransient(SQLException e, String what) {
        SqlErrors.Kind kind = SqlErrors.kind(e);
        if (kind != SqlErrors.Kind.TRANSIENT && kind != SqlErrors.Kind.CONNECTION_LOST) {
            throw SqlErrors.toException(e, what, address);
        }
    }

    private void pause(String what, int failures, SQLException e) throws InterruptedException {
        long limitMs = Math.min(LONGEST_MS, FIRST_MS << Math.min(failures, 20));
        // conflicts between lanes pass at once and are no news; the others are told, ever more rarely
        if (failures > 3 && Integer.bitCount(failures) == 1) {
            LOG.atWarn()
                    .addKeyValue("target", address)
                    .addKeyValue("retries", failures)
                    .addKeyValue("code", e.getErrorCode())
                    .addKeyValue("reason", SqlErrors.reason(e))
                    .log("{} failed and is tried again", what);
        }
        if (failures > 3) {
            waiting.accept("target " + address + ": " + SqlErrors.reason(e));
        }
        long pauseMs = limitMs / 2 + time.jitter(limitMs / 2 + 1);
        for (long slept = 0; slept < pauseMs; slept += SLICE_MS) {
            if (stopping.getAsBoolean()) {
                throw new InterruptedException("stopping");
            }
            time.sleep(Math.min(SLICE_MS, pauseMs - slept));
        }
    }

    private RetriesExhaustedException exhausted(String what, int failures, SQLException e) {
        return new RetriesExhaustedException(
                "TR-A010",
                what + " at the target " + address + " failed " + failures + " times in " + patience.toSeconds()
                        + " s: " + SqlErrors.reason(e),
                "see that the target runs and can be reached from here (mysql -h HOST -P PORT -u USER -p), then start again: it goes on "
                        + "where it stopped",
                e);
    }
}
