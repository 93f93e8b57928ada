package io.tiderace.router;

import io.tiderace.router.Decisions.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The Streams side of a {@link TransactionRouter}: hands it records, forwards what it gives out, asks for a commit when the input is
 * drained. Commits it asks for are at least {@link #PACE_NANOS} apart, so that a trickle of records does not become a flood of them.
 */
final class RuleProcessor
        implements Processor<byte[], byte[], byte[], byte[]>, TransactionRouter.Output, TransactionRouter.Memory {
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration TICK = Duration.ofMillis(10);

    private static final List<Header> NONE = List.of();
    private static final byte[] NOTHING = {};

    private final TransactionRouter.Source source;
    private final String applyTopic;
    private final String storeName;
    private @Nullable ProcessorContext<byte[], byte[]> context;
    private @Nullable KeyValueStore<byte[], byte[]> store;
    private @Nullable TransactionRouter router;
    private @Nullable ConsumerRecord<byte[], byte[]> current;
    private List<ProducerRecord<byte[], byte[]>> routed = new ArrayList<>();
    private long committedAtNanos = System.nanoTime();
    private boolean commitDue;

    RuleProcessor(TransactionRouter.Source source, String applyTopic, String storeName) {
        this.source = source;
        this.applyTopic = applyTopic;
        this.storeName = storeName;
    }

    /** Also when Streams takes a task into use again of which Kafka did not commit the last transaction: with a store from before it. */
    @Override
    public void init(ProcessorContext<byte[], byte[]> processorContext) {
        router = null;
        current = null;
        routed = new ArrayList<>();
        commitDue = false;
        context = processorContext;
        store = processorContext.getStateStore(storeName);
        processorContext.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
    }

    /** @param batch a {@link PolledBatch} */
    @Override
    public void process(Record<byte[], byte[]> batch) {
        PolledBatch polled = PolledBatch.of(batch.headers());
        TransactionRouter routing = router();
        for (ConsumerRecord<byte[], byte[]> record : polled.records()) {
            current = record;
            routing.take(record.value(), record.offset());
        }
        forward();
        if (polled.isLast()) {
            commitDue = true;
            commitIfDue();
        }
    }

    private void tick(long nowMs) {
        router().tick(nowMs);
        forward();
        commitIfDue();
    }

    private void commitIfDue() {
        long now = System.nanoTime();
        if (commitDue && now - committedAtNanos >= PACE_NANOS) {
            context().commit();
            committedAtNanos = now;
            commitDue = false;
        }
    }

    @Override
    public void close() {
        if (router != null) {
            router.release();
        }
    }

    @Override
    public void pass(@Nullable Target target) {
        ConsumerRecord<byte[], byte[]> record = current();
        Headers headers = record.headers();
        if (target != null) {
            headers.add(target.schema());
            headers.add(target.table());
        }
        routed(record.timestamp(), record.key(), record.value(), headers);
    }

    @Override
    public void replace(byte[] value) {
        ConsumerRecord<byte[], byte[]> record = current();
        routed(record.timestamp(), record.key(), value, record.headers());
    }

    @Override
    public void add(byte[] value, long timestampMs) {
        routed(timestampMs, null, value, NONE);
    }

    private void routed(long timestampMs, byte @Nullable [] key, byte[] value, Iterable<Header> headers) {
        routed.add(new ProducerRecord<>(applyTopic, 0, timestampMs, key, value, headers));
    }

    private void forward() {
        if (!routed.isEmpty()) {
            RoutedBatch batch = new RoutedBatch(routed);
            routed = new ArrayList<>();
            long timestampMs = batch.records().get(batch.records().size() - 1).timestamp();
            context().forward(new Record<>(NOTHING, NOTHING, timestampMs, batch.asHeaders()));
        }
    }

    @Override
    public RelayProgress restore() {
        return ProgressStore.restore(store());
    }

    @Override
    public byte @Nullable [] restoreFolded() {
        return ProgressStore.folded(store());
    }

    @Override
    public void save(RelayProgress progress) {
        ProgressStore.save(store(), progress);
    }

    @Override
    public void saveFolded(byte[] lastCommit) {
        ProgressStore.saveFolded(store(), lastCommit);
    }

    private TransactionRouter router() {
        if (router == null) {
            router = new TransactionRouter(source, this, this);
        }
        return router;
    }

    private ProcessorContext<byte[], byte[]> context() {
        return initialised(context);
    }

    private KeyValueStore<byte[], byte[]> store() {
        return initialised(store);
    }

    private ConsumerRecord<byte[], byte[]> current() {
        return initialised(current);
    }

    private static <T> T initialised(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("used before init");
        }
        return value;
    }
}
