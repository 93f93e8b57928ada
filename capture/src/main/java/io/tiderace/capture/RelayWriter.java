package io.tiderace.capture;

import io.tiderace.config.Topics;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * Puts records and positions into Kafka transactions. The threads that read the source fill one batch while this class's own thread sends the
 * one before, so a Kafka commit never blocks reading. A batch ends at a source transaction's end; only one larger than {@link #BATCH_BYTES} is
 * sent in parts, without a position, and is sent again with the same numbers after a crash.
 *
 * <p>Policy: commit as soon as the reader has nothing more to give, but no sooner than 5 ms after the last commit, and at the latest when the
 * batch is 50 ms old or has 4 MiB. All methods but {@link #run} are thread-safe.
 */
final class RelayWriter implements Runnable {
    static final long BATCH_BYTES = 4L << 20;

    private static final long PENDING_BYTES = 2 * BATCH_BYTES;
    private static final long PACE_NANOS = 5_000_000;
    private static final long AGE_NANOS = 50_000_000;
    private static final long RECORD_OVERHEAD = 64;
    private static final int NONE = -1;

    private final Producer<byte[], byte[]> producer;
    private final RecordCodec codec;
    private final String relayTopic;
    private final String positionsTopic;
    private final String preparedTopic;
    private final String sourceId;

    private List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    private long bytes;
    private int whole; // records up to the last end of a transaction
    private @Nullable Commit lastCommit;
    private int lastCommitAt = NONE;
    private @Nullable StoredPosition position;
    private boolean hasPosition;
    private long firstNanos;
    private long lastCommitNanos = System.nanoTime();
    private boolean isDrained;
    private boolean isClosing;
    private boolean isSending;
    private int holds;
    private boolean isCommitOwed; // or one hold after another would keep a transaction open for ever
    private @Nullable RuntimeException failure;
    private volatile @Nullable StoredPosition committed;
    private volatile long preparedEnd;
    private long appended; // records so far
    private volatile long committedUpTo; // of these
    private volatile @Nullable HistoryExtent history;
    private final AtomicLong committedRecords = new AtomicLong();

    RelayWriter(
            Producer<byte[], byte[]> producer,
            RecordCodec codec,
            String sourceId,
            Topics topics,
            @Nullable StoredPosition start) {
        this.producer = producer;
        this.codec = codec;
        this.sourceId = sourceId;
        relayTopic = topics.relay(sourceId);
        positionsTopic = topics.positions();
        preparedTopic = topics.prepared(sourceId);
        committed = start;
    }

    /** Adds a record of the transaction that is being written; waits while too much is unsent. */
    synchronized void add(byte @Nullable [] key, byte[] value) throws InterruptedException {
        awaitRoom();
        append(relayTopic, key, value);
        if (bytes >= BATCH_BYTES) {
            notifyAll();
        }
    }

    private void awaitRoom() throws InterruptedException {
        while (bytes >= PENDING_BYTES && failure == null) {
            wait();
        }
        check();
    }

    private void append(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        if (records.isEmpty()) {
            firstNanos = System.nanoTime();
        }
        ProducerRecord<byte[], byte[]> added = new ProducerRecord<>(topic, 0, key, value);
        records.add(added);
        appended++;
        bytes += size(added);
        isDrained = false;
    }

    private static long size(ProducerRecord<byte[], byte[]> record) {
        int key = record.key() == null ? 0 : record.key().length;
        int value = record.value() == null ? 0 : record.value().length;
        return key + value + RECORD_OVERHEAD;
    }

    /**
     * Adds a chunk of an XA transaction that is being read, to the topic of prepared transactions. It may be committed without a position: it is
     * written again after a crash. Only while no transaction of the relay topic is open.
     */
    synchronized void prepared(byte[] key, byte[] chunk) throws InterruptedException {
        awaitRoom();
        append(preparedTopic, key, chunk);
        whole = records.size();
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
        for (byte[] key : done) {
            append(preparedTopic, key, null);
        }
        appendLast(commit);
        if (after != null) {
            position = after;
            hasPosition = true;
        }
    }

    private void appendLast(Commit commit) {
        append(relayTopic, null, codec.encode(commit));
        lastCommitAt = records.size() - 1;
        lastCommit = commit;
        whole = records.size();
    }

    /** A transaction whose records go to Kafka together or not at all, whatever their size. Used by one thread. */
    static final class Transaction {
        private final List<byte @Nullable []> keys = new ArrayList<>();
        private final List<byte[]> values = new ArrayList<>();
        private boolean isRelease;

        /** What a {@link RelayWriter#hold} held back may be committed with this transaction, not before. */
        void release() {
            isRelease = true;
        }

        void add(byte @Nullable [] key, byte[] value) {
            keys.add(key);
            values.add(value);
        }
    }

    /** Adds a whole transaction, with its end; waits before while too much is unsent. */
    synchronized void transaction(Transaction transaction, Commit commit, StoredPosition after)
            throws InterruptedException {
        awaitRoom();
        for (int i = 0; i < transaction.values.size(); i++) {
            append(relayTopic, transaction.keys.get(i), transaction.values.get(i));
        }
        if (transaction.isRelease) {
            holds--;
            isCommitOwed = true;
        }
        appendLast(commit);
        position = after;
        hasPosition = true;
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
     * From here on nothing is committed until a transaction that {@link Transaction#release releases} it: what is added becomes visible at once.
     * Waits for the commit of what was held before.
     */
    synchronized void hold() throws InterruptedException {
        while (isCommitOwed && failure == null) {
            wait();
        }
        check();
        holds++;
    }

    /** Waits until everything added so far is committed. */
    synchronized void flush() throws InterruptedException {
        isDrained = true;
        notifyAll();
        while (failure == null && (whole > 0 || hasPosition || isSending)) {
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
        long wanted = appended;
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
        try {
            for (Batch batch = next(); batch != null; batch = next()) {
                if (!isOpen) {
                    producer.beginTransaction();
                }
                isOpen = batch.isHeld();
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

    private record Batch(
            List<ProducerRecord<byte[], byte[]>> records,
            @Nullable StoredPosition position,
            boolean isHeld,
            long upTo) {}

    private synchronized @Nullable Batch next() throws InterruptedException {
        isSending = false;
        notifyAll();
        for (long waitNanos = untilDue(); waitNanos > 0; waitNanos = untilDue()) {
            if (isClosing && whole == 0 && !hasPosition) {
                return null;
            }
            if (waitNanos == Long.MAX_VALUE) {
                wait();
            } else {
                wait(waitNanos / 1_000_000, (int) (waitNanos % 1_000_000));
            }
        }
        isSending = true;
        return take();
    }

    /** 0 when a batch has to go now; the time until one may have to; Long.MAX_VALUE when only an event can make it. */
    private long untilDue() {
        if (bytes >= BATCH_BYTES) {
            return 0;
        }
        if (whole == 0 && !hasPosition) {
            return Long.MAX_VALUE;
        }
        long now = System.nanoTime();
        if (isClosing || whole == 0) {
            return 0;
        }
        long byAge = firstNanos + AGE_NANOS - now;
        long byPace = isDrained ? lastCommitNanos + PACE_NANOS - now : Long.MAX_VALUE;
        return Math.max(0, Math.min(byAge, byPace));
    }

    private Batch take() {
        List<ProducerRecord<byte[], byte[]>> taken = records;
        int end = whole > 0 ? whole : records.size();
        List<ProducerRecord<byte[], byte[]>> rest = taken.subList(end, taken.size());
        records = new ArrayList<>(rest);
        rest.clear();
        bytes = 0;
        for (ProducerRecord<byte[], byte[]> record : records) {
            bytes += size(record);
        }
        firstNanos = System.nanoTime();
        StoredPosition stored = hasPosition ? position : null;
        if (lastCommitAt != NONE && lastCommit != null && stored != null) {
            taken.set(
                    lastCommitAt,
                    new ProducerRecord<>(relayTopic, 0, null, codec.encode(withGtidSet(lastCommit, stored))));
        }
        lastCommitAt = NONE;
        whole = 0;
        hasPosition = false;
        isCommitOwed &= holds > 0;
        notifyAll();
        return new Batch(taken, stored, holds > 0, appended - records.size());
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
        for (ProducerRecord<byte[], byte[]> record : batch.records()) {
            boolean isPrepared = record.topic().equals(preparedTopic);
            Future<?> unused = // commitTransaction throws what it would tell
                    isPrepared ? producer.send(record, this::sentPrepared) : producer.send(record);
        }
        StoredPosition stored = batch.position();
        if (stored != null) {
            stored = stored.withHistory(history);
            byte[] key = sourceId.getBytes(StandardCharsets.UTF_8);
            Future<?> unused = producer.send(new ProducerRecord<>(positionsTopic, 0, key, stored.toJson()));
        }
        if (batch.isHeld()) {
            return;
        }
        producer.commitTransaction();
        lastCommitNanos = System.nanoTime();
        committedUpTo = batch.upTo();
        committedRecords.addAndGet(batch.records().size());
        if (stored != null) {
            committed = stored;
        }
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
