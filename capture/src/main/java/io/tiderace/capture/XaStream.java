package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.Prepared;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.WireBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * XA transactions: the log has their rows when they are prepared, and the outcome later, maybe after restarts. The rows wait in the topic of prepared
 * transactions, written in one Kafka transaction with the position that knows of them; at XA COMMIT they go into the relay topic as the
 * transaction that the commit is. Used by the thread that reads the log.
 *
 * <pre>
 * XA START -> rows -> XA END -> prepared ------------> XA COMMIT: rows to the relay topic, tombstones
 *                        |      (position knows it) -> XA ROLLBACK: tombstones
 *                        +-> one phase: rows to the relay topic
 * </pre>
 *
 * <p>What was prepared before the place where capture began is looked for in the earlier log when it is committed, and collected in a run of its own.
 */
final class XaStream {
    /** Rows of small transactions stay in memory as well: most are committed at once. */
    private static final long CACHE_BYTES = 2 * HeldRows.MEMORY_BYTES;

    private static final long WAIT_MS = 1_000;

    private final CaptureRun run;
    private final TransactionStream stream;
    private final Map<String, Prepared> prepared;
    private final Map<String, List<byte[]>> cache = new LinkedHashMap<>();
    private long cacheBytes;
    private long fromOffset = -1;
    private @Nullable HeldRows open;

    XaStream(CaptureRun run, TransactionStream stream, Map<String, Prepared> start) {
        this.run = run;
        this.stream = stream;
        prepared = new HashMap<>(start);
    }

    /** What the position has to know. */
    Map<String, Prepared> prepared() {
        return prepared;
    }

    /** True between XA START and its end: rows are held back. */
    boolean isHolding() {
        return open != null;
    }

    void start(String sql, String at) {
        if (fromOffset < 0) {
            fromOffset =
                    run.prepared().end(); // whoever wrote before is fenced: later records of ours have larger offsets
        }
        fromOffset = Math.max(fromOffset, run.relay().preparedEnd());
        open = new HeldRows(xid(sql), at, run.relay());
    }

    void add(WireBuffer key, WireBuffer row, int tailAt) throws InterruptedException {
        required().add(key, row, tailAt);
    }

    /** The rows are complete; the outcome comes later. */
    void prepare(Xid xid) throws InterruptedException {
        HeldRows held = closed(xid);
        if (!held.isSpilled()) {
            held.write();
            remember(held);
        }
        prepared.put(xid.text(), new Prepared(held.at(), held.rows(), held.chunkCount(), fromOffset));
        StoredPosition goOn = run.isCollecting() ? run.relay().committed() : null;
        if (goOn == null) {
            stream.end();
        } else {
            run.relay().store(goOn.withPrepared(prepared));
            run.relay().flush();
            run.collected();
        }
    }

    /** XA COMMIT … ONE PHASE: an ordinary transaction. */
    void onePhase(Xid xid) throws InterruptedException {
        HeldRows held = closed(xid);
        Prepared all = new Prepared(held.at(), held.rows(), held.chunkCount(), fromOffset);
        if (held.isSpilled()) {
            readBack(xid, all);
            end(xid, all);
        } else {
            for (byte[] chunk : held.chunks()) {
                stream.held(chunk);
            }
            stream.end();
        }
    }

    private HeldRows closed(Xid xid) throws InterruptedException {
        HeldRows held = required();
        if (!held.xid().equals(xid)) {
            throw new IllegalStateException("XA transaction " + xid + " ends in " + held.xid());
        }
        held.closeChunk();
        open = null;
        return held;
    }

    private HeldRows required() {
        if (open == null) {
            throw new IllegalStateException("no XA transaction is open");
        }
        return open;
    }

    /** XA COMMIT of a prepared transaction. */
    void commit(String sql) throws InterruptedException {
        Xid xid = xid(sql);
        Prepared known = prepared.remove(xid.text());
        if (known == null) {
            run.collect(new PreparedSearch.Unknown(xid, stream.eventPosition(), stream.place()));
            return;
        }
        List<byte[]> chunks = forget(xid);
        if (chunks == null) {
            readBack(xid, known);
        } else {
            for (byte[] chunk : chunks) {
                stream.held(chunk);
            }
        }
        end(xid, known);
    }

    /** XA ROLLBACK of a prepared transaction. */
    void rollback(String sql) throws InterruptedException {
        Xid xid = xid(sql);
        forget(xid);
        Prepared known = prepared.remove(xid.text());
        if (known == null) {
            stream.end();
        } else {
            end(xid, known);
        }
    }

    private void readBack(Xid xid, Prepared known) throws InterruptedException {
        if (known.chunks() == 0) {
            return;
        }
        boolean isCommitted = false;
        while (!isCommitted && !run.isStopping()) {
            isCommitted = run.relay().awaitCommitted(WAIT_MS);
        }
        if (run.isStopping()) {
            return;
        }
        run.prepared().read(xid, known, chunk -> {
            stream.held(chunk);
            return !run.isStopping();
        });
    }

    private void end(Xid xid, Prepared known) throws InterruptedException {
        if (run.isStopping()) {
            return; // maybe in the middle of the rows: the next run begins with this statement again
        }
        List<byte[]> done = new ArrayList<>();
        for (int chunk = 0; chunk < known.chunks(); chunk++) {
            done.add(HeldRows.key(xid, known.at(), chunk));
        }
        stream.end(done);
    }

    private void remember(HeldRows held) {
        long bytes = bytes(held.chunks());
        if (cacheBytes + bytes <= CACHE_BYTES) {
            cache.put(held.xid().text(), List.copyOf(held.chunks()));
            cacheBytes += bytes;
        }
    }

    private @Nullable List<byte[]> forget(Xid xid) {
        List<byte[]> chunks = cache.remove(xid.text());
        if (chunks != null) {
            cacheBytes -= bytes(chunks);
        }
        return chunks;
    }

    private static long bytes(List<byte[]> chunks) {
        return chunks.stream().mapToLong(chunk -> chunk.length).sum();
    }

    private Xid xid(String sql) {
        Xid xid = Xid.of(sql);
        if (xid == null) {
            throw new DataException(
                    "TR-C039",
                    stream.place() + "the log holds a statement of an unknown form: " + sql,
                    "report it with the server's version");
        }
        return xid;
    }
}
