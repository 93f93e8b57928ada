package io.tiderace.capture;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.Topics;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * Puts records and positions into Kafka transactions. The threads that read the source fill one batch while this class's own thread sends the
 * one before, so a Kafka commit never blocks reading. A batch ends at a source transaction's end; only one larger than {@link
 * CommitPacing#BATCH_BYTES} is sent in parts, without a position, and is sent again with the same numbers after a crash. {@link CommitPacing}
 * says when. All methods but {@link #run} are thread-safe.
 */
final class RelayWriter implements Runnable {
    private static final long PENDING_BYTES = 2 * CommitPacing.BATCH_BYTES;
    private static final long MARGIN_MAX_MS = 30_000;
    private static final int NONE = -1;
    private static final long MILLI = 1_000_000;
    /** What a row's images have around them at most: key, place, headers of apply records, the frame of held rows, the head of Kafka's batch. */
    private static final int HEAD_BYTES = 16 << 10;

    /** More than this is never in memory while the source is read: a row of tens of MiB is sent before the next one comes. */
    private static final long HELD_MAX_BYTES = 4 * CommitPacing.BATCH_BYTES;

    private final Producer<byte[], byte[]> producer;
    private final RecordCodec codec;
    private final String relayTopic;
    private final String positionsTopic;
    private final String preparedTopic;
    private final String sourceId;
    private final int recordBytesMax;

    private RelayRecords records = new RelayRecords();
    private int whole; // records up to the last end of a transaction
    private @Nullable Commit lastCommit;
    private int lastCommitAt = NONE;
    private @Nullable StoredPosition position;
    private boolean hasPosition;
    private long firstNanos;
    private long commitNanos = System.nanoTime(); // when the last commit began; of the sending thread
    private long commitTookNanos; // of the same
    private boolean isDrained;
    private boolean isClosing;
    private boolean isSending;
    private long sendingBytes;
    private final List<TableName> held = new ArrayList<>();
    private boolean isPartSent; // of the Kafka transaction that is to be committed next
    private boolean isCommitOwed; // or one hold after another would keep a transaction open for ever
    private @Nullable RuntimeException failure;
    private @Nullable StoredPosition sentPosition; // of the sending thread
    private volatile @Nullable StoredPosition committed;
    private volatile long preparedEnd;
    private long takenCount; // records taken from the list so far
    private volatile long committedUpTo; // of these
    private volatile @Nullable HistoryExtent history;
    private final AtomicLong committedRecords = new AtomicLong();
    private final long heldMaxMs;

    /** @param transactionMs how long the broker lets a transaction of the producer last */
    RelayWriter(
            Producer<byte[], byte[]> producer,
            RecordCodec codec,
            String sourceId,
            ServiceConfig config,
            @Nullable StoredPosition start,
            long transactionMs) {
        heldMaxMs = transactionMs - Math.min(transactionMs / 10, MARGIN_MAX_MS);
        Topics topics = config.topics();
        this.producer = producer;
        this.codec = codec;
        this.sourceId = sourceId;
        relayTopic = topics.relay(sourceId);
        positionsTopic = topics.positions();
        preparedTopic = topics.prepared(sourceId);
        recordBytesMax = config.maxMessageBytes() - HEAD_BYTES;
        committed = start;
        sentPosition = start;
    }

    /** A row's images may not be larger: its record would not fit into a topic, here or further on. */
    int recordBytesMax() {
        return recordBytesMax;
    }

    /** Adds a record of the transaction that is being written; waits while too much is unsent. */
    synchronized void add(byte @Nullable [] key, byte[] value) throws InterruptedException {
        awaitRoom();
        begin();
        records.add(key, value);
        notifyIfFull();
    }

    /** Takes over records of the transaction that is being written; waits while too much is unsent. */
    synchronized void addAll(RelayRecords more) throws InterruptedException {
        awaitRoom();
        begin();
        records.addAll(more);
        more.clear();
        notifyIfFull();
        while (records.bytes() + sendingBytes >= HELD_MAX_BYTES && failure == null) {
            wait();
        }
    }

    private void notifyIfFull() {
        if (records.bytes() >= CommitPacing.BATCH_BYTES) {
            notifyAll();
        }
    }

    private void awaitRoom() throws InterruptedException {
        while (records.bytes() >= PENDING_BYTES && failure == null) {
            wait();
        }
        check();
    }

    /** Before anything is added. */
    private void begin() {
        if (records.count() == 0) {
            firstNanos = System.nanoTime();
        }
        isDrained = false;
    }

    /**
     * Adds a chunk of an XA transaction that is being read, to the topic of prepared transactions. It may be committed without a position: it is
     * written again after a crash. Only while no transaction of the relay topic is open.
     */
    synchronized void prepared(byte[] key, byte[] chunk) throws InterruptedException {
        awaitRoom();
        begin();
        records.addPrepared(key, chunk);
        whole = records.count();
        notifyAll();
    }

    /**
     * Ends a transaction.
     *
     * @param after the position to store once it is in Kafka, null when the source cannot be read from here
     */
    void commit(Commit commit, @Nullable StoredPosition after) throws InterruptedException {
        commit(commit, after, List.of());
    }

    /**
     * Ends a transaction.
     *
     * @param after the position to store once it is in Kafka, null when the source cannot be read from here
     * @param done keys in the topic of prepared transactions that are not needed any more after this one
     */
    synchronized void commit(Commit commit, @Nullable StoredPosition after, List<byte[]> done)
            throws InterruptedException {
        awaitRoom();
        begin();
        for (byte[] key : done) {
            records.addPrepared(key, null);
        }
        appendLast(commit);
        if (after != null) {
            position = after;
            hasPosition = true;
        }
    }

    private void appendLast(Commit commit) {
        records.add(null, codec.encode(commit));
        lastCommitAt = records.count() - 1;
        lastCommit = commit;
        whole = records.count();
    }

    /** A transaction whose records go to Kafka together or not at all, whatever their size. Used by one thread. */
    static final class Transaction {
        private final RelayRecords records = new RelayRecords();
        private @Nullable TableName released;

        /** What a {@link RelayWriter#hold} held back for a table may be committed with this transaction, not before. */
        void release(TableName table) {
            released = table;
        }

        void add(byte @Nullable [] key, byte[] value) {
            records.add(key, value);
        }

        /** Adds a record of the positions topic; null removes what is there under the key. */
        void store(byte[] key, byte @Nullable [] state) {
            records.addStored(key, state);
        }
    }

    /** Adds a whole transaction, with its end; waits before while too much is unsent. */
    synchronized void transaction(Transaction transaction, Commit commit, StoredPosition after)
            throws InterruptedException {
        awaitRoom();
        begin();
        records.addAll(transaction.records);
        if (transaction.released != null) {
            held.remove(transaction.released);
            isCommitOwed = true;
        }
        appendLast(commit);
        position = after;
        hasPosition = true;
        notifyAll();
    }

    /** Stores what a transaction has for the positions topic, without the rest of it; only before the first transaction of a run. */
    synchronized void store(Transaction transaction) {
        check();
        begin();
        records.addAll(transaction.records);
        whole = records.count();
        notifyAll();
    }

    /** Stores a position without a transaction: before the first one, or when only the copy's state changed. */
    synchronized void store(StoredPosition after) {
        check();
        position = after;
        hasPosition = true;
        notifyAll();
    }

    /** The reader says that the source has nothing more at the moment. */
    synchronized void drained() {
        if (!isDrained && whole > 0) {
            isDrained = true;
            notifyAll();
        }
    }

    /** The schema history as it is now; stored with every position from here on. */
    synchronized void history(HistoryExtent extent) {
        history = extent;
    }

    /** A record was added to the schema history. */
    synchronized void historyGrew() {
        HistoryExtent before = history;
        history = before == null ? null : before.grown();
    }

    /**
     * From here on nothing is committed until a transaction that {@link Transaction#release releases} the table: what is added becomes visible at once.
     * Waits for the commit of what was held before.
     */
    synchronized void hold(TableName table) throws InterruptedException {
        while (isCommitOwed && failure == null) {
            wait();
        }
        check();
        held.add(table);
    }

    /** Waits until everything added so far is committed. */
    synchronized void flush() throws InterruptedException {
        isDrained = true;
        notifyAll();
        while (failure == null && (whole > 0 || hasPosition || isPartSent || isSending)) {
            wait();
        }
        check();
    }

    /**
     * Waits until everything added so far is committed, also where a {@link #hold} delays that.
     *
     * @return false when it took longer than that
     */
    synchronized boolean awaitCommitted(long ms) throws InterruptedException {
        long wanted = takenCount + records.count();
        long until = System.nanoTime() + ms * 1_000_000;
        isDrained = true;
        notifyAll();
        while (failure == null && committedUpTo < wanted) {
            long leftMs = (until - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        check();
        return true;
    }

    /** Sends what is whole, then ends {@link #run}. */
    synchronized void close() {
        isClosing = true;
        notifyAll();
    }

    /** The position that is safely in Kafka. */
    @Nullable
    StoredPosition committed() {
        return committed;
    }

    long committedRecords() {
        return committedRecords.get();
    }

    synchronized @Nullable RuntimeException failure() {
        return failure;
    }

    @Override
    public void run() {
        boolean isOpen = false;
        long openedNanos = 0;
        List<TableName> heldSoFar = List.of();
        try {
            for (Batch batch = next(); batch != null; batch = next()) {
                if (!isOpen) {
                    producer.beginTransaction();
                    openedNanos = System.nanoTime();
                    heldSoFar = batch.held();
                }
                requireInTime(heldSoFar, (System.nanoTime() - openedNanos) / 1_000_000);
                heldSoFar = batch.held();
                isOpen = batch.staysOpen();
                send(batch);
            }
            if (isOpen) {
                producer.abortTransaction(); // a table that becomes visible as a whole was not finished
            }
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            fail(new SourceLostException(sourceId));
        } catch (InterruptedException | InterruptException e) {
            fail(new SourceLostException(sourceId));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /**
     * @param held tables that are not whole yet: nothing may be committed
     * @param isPart true when more follows before the commit
     */
    private record Batch(
            RelayRecords records, @Nullable StoredPosition position, List<TableName> held, boolean isPart, long upTo) {
        boolean staysOpen() {
            return isPart || !held.isEmpty();
        }
    }

    private @Nullable Batch next() throws InterruptedException {
        sent();
        while (true) {
            long restNanos;
            synchronized (this) {
                long waitNanos = untilDue();
                boolean isPart = waitNanos > 0 && isPartDue(waitNanos);
                if (waitNanos == 0 || isPart) {
                    return begun(take(isPart));
                }
                if (isClosing) {
                    return null; // else something would be due
                }
                if (waitNanos >= MILLI) {
                    wait(waitNanos == CommitPacing.NEVER ? 0 : waitNanos / MILLI);
                    continue;
                }
                restNanos = waitNanos;
            }
            LockSupport.parkNanos(restNanos); // wait() rounds up to the next millisecond
        }
    }

    private synchronized void sent() {
        isSending = false;
        sendingBytes = 0;
        notifyAll();
    }

    private Batch begun(Batch batch) {
        isSending = true;
        sendingBytes = batch.records().bytes();
        return batch;
    }

    private long untilDue() {
        if (isClosing && (whole > 0 || hasPosition || isPartSent)) {
            return 0;
        }
        return CommitPacing.dueInNanos(waiting());
    }

    private CommitPacing.Waiting waiting() {
        long now = System.nanoTime();
        return new CommitPacing.Waiting(
                records.bytes(),
                whole > 0,
                hasPosition,
                isPartSent,
                isDrained,
                now - firstNanos,
                now - commitNanos,
                commitTookNanos);
    }

    /** The first records of a Kafka transaction take the longest; what waits for its pace goes ahead meanwhile. */
    private boolean isPartDue(long waitNanos) {
        return held.isEmpty() && CommitPacing.isPartDue(waiting(), waitNanos);
    }

    private Batch take(boolean isPart) {
        RelayRecords taken = records;
        boolean isOversized = whole == 0 && (!isPartSent || taken.bytes() >= CommitPacing.BATCH_BYTES);
        records = taken.cut(isOversized ? taken.count() : whole);
        firstNanos = System.nanoTime();
        StoredPosition stored = hasPosition ? position : null;
        if (lastCommitAt != NONE && lastCommit != null && stored != null) {
            taken.replace(lastCommitAt, codec.encode(withGtidSet(lastCommit, stored)));
        }
        lastCommitAt = NONE;
        whole = 0;
        hasPosition = false;
        isPartSent = isPart;
        isCommitOwed &= isPart || !held.isEmpty();
        notifyAll();
        takenCount += taken.count();
        return new Batch(taken, stored, List.copyOf(held), isPart, takenCount);
    }

    private static Commit withGtidSet(Commit commit, StoredPosition stored) {
        return new Commit(
                commit.txn(),
                commit.txnRow(),
                commit.firstTxn(),
                commit.rows(),
                commit.gtid(),
                commit.gtid() == null && !commit.snapshot()
                        ? null
                        : stored.position().gtidSet(),
                commit.file(),
                commit.pos(),
                commit.tsMs(),
                commit.snapshot(),
                commit.replay());
    }

    private void send(Batch batch) {
        if (!batch.staysOpen()) {
            commitNanos = System.nanoTime();
        }
        RelayRecords sent = batch.records();
        for (int i = 0; i < sent.count(); i++) {
            Future<?> unused = // commitTransaction throws what it would tell
                    sent.isPrepared(i)
                            ? producer.send(record(preparedTopic, sent, i), this::sentPrepared)
                            : producer.send(record(sent.isStored(i) ? positionsTopic : relayTopic, sent, i));
        }
        StoredPosition stored = batch.position();
        if (stored != null) {
            stored = stored.withHistory(history);
            byte[] key = sourceId.getBytes(StandardCharsets.UTF_8);
            Future<?> unused = producer.send(new ProducerRecord<>(positionsTopic, 0, key, stored.toJson()));
        }
        sent.clear(); // the producer has copies of them
        sentPosition = stored == null ? sentPosition : stored;
        if (batch.staysOpen()) {
            if (batch.isPart()) {
                producer.flush();
            }
            return;
        }
        producer.commitTransaction();
        commitTookNanos = System.nanoTime() - commitNanos;
        committedRecords.addAndGet(batch.upTo() - committedUpTo);
        committedUpTo = batch.upTo();
        committed = sentPosition;
    }

    /** The broker would abort the transaction, and take this writer for one that was replaced. */
    private void requireInTime(List<TableName> wholeOnly, long openMs) {
        if (openMs > heldMaxMs) {
            String tables = wholeOnly.stream().map(TableName::toString).collect(Collectors.joining(", "));
            throw new SourceException(
                    "TR-C049",
                    "source " + sourceId + ": table " + tables
                            + " has no key by which it could be copied in parts, so it has to be"
                            + " copied in one Kafka transaction, and that is not done after " + openMs / 1000 + " s",
                    "give the table a primary key, or leave it out with the block-allow list; or let Kafka's transactions last longer:"
                            + " transaction.max.timeout.ms at the brokers, and transaction.timeout.ms under kafka in"
                            + " tiderace.yaml; then start again");
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, RelayRecords records, int index) {
        return new ProducerRecord<>(topic, 0, records.key(index), records.value(index));
    }

    private void sentPrepared(@Nullable RecordMetadata sent, @Nullable Exception error) {
        if (error == null && sent != null) {
            preparedEnd = sent.offset() + 1;
        }
    }

    /** What is added from now on to the topic of prepared transactions lies there or behind; 0 when nothing was written yet. */
    long preparedEnd() {
        return preparedEnd;
    }

    private synchronized void fail(RuntimeException e) {
        failure = e;
        notifyAll();
    }

    private void check() {
        if (failure != null) {
            throw new RelayFailedException(failure);
        }
    }

    /** Another process captures the source now. */
    static final class SourceLostException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SourceLostException(String sourceId) {
            super("source " + sourceId + " is captured by another process");
        }
    }

    /** Kafka did not take a batch; the cause says why. What was not committed is read from the source again. */
    static final class RelayFailedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RelayFailedException(RuntimeException cause) {
            super(cause);
        }
    }
}
