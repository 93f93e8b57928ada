package io.tiderace.applier;

import io.tiderace.applier.JdbcDdlSession.Seat;
import io.tiderace.applier.JdbcDdlSession.Witness;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks, while a statement of any length runs in one session, from another whether the server still works on it. When it did not in three looks, the answer
 * is lost with a connection that broke unheard, and the connection is ended so that the caller hears. A look is a connection of its own: one that is kept may
 * have broken too.
 */
final class DdlWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DdlWatch.class);
    private static final long LOOK_MS = 3_000;
    private static final int IDLE_LOOKS = 3;

    private final Connection connection;
    private final Seat seat;
    private final String statement;
    private final Witness witness;
    private final CountDownLatch closed = new CountDownLatch(1);

    private DdlWatch(Connection connection, Seat seat, String statement, Witness witness) {
        this.connection = connection;
        this.seat = seat;
        this.statement = statement;
        this.witness = witness;
    }

    /** To be called before the statement is sent over the connection, which has that seat. */
    static DdlWatch start(Connection connection, Seat seat, String statement, Witness witness) {
        DdlWatch watch = new DdlWatch(connection, seat, statement, witness);
        Thread thread = new Thread(watch::run, "ddl-watch");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    private void run() {
        int idleLooks = 0;
        try {
            while (!closed.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                Boolean isAtWork = look();
                if (isAtWork != null) {
                    idleLooks = isAtWork ? 0 : idleLooks + 1;
                }
                if (idleLooks >= IDLE_LOOKS) {
                    abort();
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the server works on the statement; null when that cannot be seen. */
    private @Nullable Boolean look() {
        try (JdbcDdlSession look = witness.open()) {
            if (look.isRunning(statement)) {
                return true;
            }
            boolean isSeen = seat.session() > 0 && look.seat().server().equals(seat.server());
            return isSeen ? look.isActive(seat.session()) : null;
        } catch (SQLException e) {
            LOG.atDebug()
                    .addKeyValue("reason", SqlErrors.reason(e))
                    .log("cannot see whether the DDL statement still runs");
            return null;
        }
    }

    private void abort() {
        if (closed.getCount() == 0) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("statement", statement)
                .log("the target is no longer at work on the DDL statement and its answer does not come");
        try (JdbcDdlSession killer = witness.open()) {
            if (killer.seat().server().equals(seat.server())) {
                killer.kill(seat.session()); // or it would keep its locks until the server's own time-out
            }
        } catch (SQLException e) {
            LOG.atWarn().addKeyValue("reason", SqlErrors.reason(e)).log("the session cannot be killed");
        }
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.atWarn().addKeyValue("reason", SqlErrors.reason(e)).log("the connection cannot be ended");
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
