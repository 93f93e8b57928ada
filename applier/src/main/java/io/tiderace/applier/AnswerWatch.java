package io.tiderace.applier;

import io.tiderace.applier.JdbcDdlSession.Seat;
import io.tiderace.applier.JdbcDdlSession.Witness;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an answer that will not come from one that takes its time. How long a statement may take nobody knows: it may wait for locks, or read a whole table. So
 * a session of its own asks the server, and a request whose session has nothing to do there, in several looks, was lost with its connection, or its answer was;
 * the connection is ended so that the caller hears. Whether a COMMIT came through is then for the caller to find out. Where the server does not show the session
 * nothing is concluded. Thread-safe.
 */
final class AnswerWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerWatch.class);
    private static final long LOOK_MS = 2_000;
    private static final long PATIENCE_MS = 4_000;
    private static final int IDLE_LOOKS = 3;

    private final Witness witness;
    private final Set<Asking> open = ConcurrentHashMap.newKeySet();
    private final Map<Connection, Seat> seats = Collections.synchronizedMap(new WeakHashMap<>());
    private final CountDownLatch closed = new CountDownLatch(1);

    private AnswerWatch(Witness witness) {
        this.witness = witness;
    }

    static AnswerWatch start(Witness witness) {
        AnswerWatch watch = new AnswerWatch(witness);
        Thread thread = new Thread(watch::run, "answer-watch");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    /** Looks after a connection's requests until {@link Asking#close}. */
    Asking over(Connection pooled, TargetDialect dialect) throws SQLException {
        Connection connection = pooled.unwrap(Connection.class);
        Seat seat = seats.get(connection);
        if (seat == null) {
            seat = new JdbcDdlSession(connection, dialect, witness).seat();
            connection.rollback(); // or what follows would read what was there at this moment
            seats.put(connection, seat);
        }
        Asking asking = new Asking(connection, seat, open::remove);
        open.add(asking);
        return asking;
    }

    private void run() {
        try {
            while (!closed.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                List<Asking> overdue = open.stream()
                        .filter(asking -> asking.isOverdue(now, PATIENCE_MS))
                        .toList();
                if (!overdue.isEmpty()) {
                    look(overdue);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(List<Asking> overdue) {
        try (JdbcDdlSession look = witness.open()) {
            String server = look.seat().server();
            for (Asking asking : overdue) {
                Seat seat = asking.seat();
                if (seat.session() > 0 && seat.server().equals(server)) {
                    long request = asking.request();
                    boolean isAtWork = look.isActive(seat.session());
                    if (asking.looked(request, isAtWork) >= IDLE_LOOKS) {
                        abort(look, asking);
                    }
                }
            }
        } catch (SQLException e) {
            LOG.atDebug().addKeyValue("reason", SqlErrors.reason(e)).log("cannot see what the target is at");
        }
    }

    private static void abort(JdbcDdlSession look, Asking asking) throws SQLException {
        LOG.atWarn()
                .addKeyValue("session", asking.seat().session())
                .log("the target is not at work on a request and its answer does not come: its connection is ended");
        try {
            look.kill(asking.seat().session()); // or it would keep its locks until the server's own time-out
        } finally {
            asking.connection().abort(Runnable::run);
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
