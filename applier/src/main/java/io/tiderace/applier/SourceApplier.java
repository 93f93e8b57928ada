package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.Claim;
import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Step.RoutedRow;
import io.tiderace.applier.Work.Group;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.StatusReport.CopyProgress;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One source of the task, claimed: from its records to its lanes. Used by the service's loop; the lanes are threads of its own. */
final class SourceApplier {
    private static final Logger LOG = LoggerFactory.getLogger(SourceApplier.class);
    private static final long STOP_MS = 4_000;
    private static final int TRANSACTIONS_MAX = 200_000;

    private final String sourceId;
    private final boolean safeMode;
    private final Target target;
    private final TargetSchema schema;
    private final CheckpointStore store;
    private final Claim claim;
    private final Backoff backoff;
    private final Mismatches mismatches = new Mismatches();
    private final TransactionReader reader;
    private final Dispatcher dispatcher;
    private final DdlExecutor ddl;
    private final List<Thread> threads = new ArrayList<>();
    private final Lane firstLane;
    private final Deque<Step> inbox = new ArrayDeque<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable String> waitingFor = new AtomicReference<>();
    private boolean ddlInFlight;
    private long inboxBytes;
    private long copyEndTxn = Long.MAX_VALUE;
    private final CopyCount copy = new CopyCount();

    private SourceApplier(
            String sourceId,
            TaskConfig.Apply apply,
            Target target,
            CheckpointStore store,
            Claim claim,
            DdlExecutor ddl,
            Backoff backoff,
            RecordCodec codec,
            Runnable wakeLoop) {
        this.sourceId = sourceId;
        this.safeMode = apply.safeMode();
        this.target = target;
        this.schema = new TargetSchema(target);
        this.store = store;
        this.claim = claim;
        this.ddl = ddl;
        this.backoff = backoff;
        this.reader = new TransactionReader(codec, claim.low(), claim.applied(), TransactionReader.Limits.DEFAULT);
        this.dispatcher = new Dispatcher(apply.workerCount(), new LowWater(claim.low()), wakeLoop);
        this.firstLane = lane(0);
    }

    /** What all sources of a task have in common. */
    record Context(TaskConfig task, Target target, Duration patience, BooleanSupplier stopping, Runnable wakeLoop) {}

    /** Takes the source from whoever had it. */
    static SourceApplier claim(Context context, TaskConfig.Instance instance, RecordCodec codec)
            throws InterruptedException, FencedException {
        String sourceId = instance.sourceId();
        Target target = context.target();
        AtomicReference<@Nullable SourceApplier> made = new AtomicReference<>();
        Backoff backoff = new Backoff(target.address(), context.patience(), context.stopping(), reason -> {
            SourceApplier applier = made.get();
            if (applier != null) {
                applier.waitingFor.set(reason);
            }
        });
        CheckpointStore store =
                new CheckpointStore(target.dialect(), context.task().name(), sourceId);
        Claim claim = backoff.call("claiming source " + sourceId, () -> {
            try (Connection connection = target.connection()) {
                return store.claim(connection, instance.apply().workerCount());
            }
        });
        DdlExecutor ddl = new DdlExecutor(target, context.task().name(), sourceId, backoff);
        SourceApplier applier = new SourceApplier(
                sourceId, instance.apply(), target, store, claim, ddl, backoff, codec, context.wakeLoop());
        made.set(applier);
        applier.start(instance.apply().workerCount());
        LOG.atInfo()
                .addKeyValue("source", sourceId)
                .addKeyValue("epoch", claim.epoch())
                .addKeyValue("txn", claim.low().txn())
                .addKeyValue("position", String.valueOf(claim.low().position()))
                .log("source claimed");
        return applier;
    }

    private Lane lane(int number) {
        return new Lane(number, claim, target, store, backoff, mismatches);
    }

    private void start(int lanes) {
        for (int number = 0; number < lanes; number++) {
            int laneNumber = number;
            Lane lane = number == 0 ? firstLane : lane(number);
            Thread thread = new Thread(() -> work(laneNumber, lane), "lane-" + sourceId + "-" + number);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void work(int number, Lane lane) {
        try {
            for (Work work = dispatcher.take(number); work != null; work = dispatcher.take(number)) {
                if (work instanceof Group group) {
                    lane.apply(group);
                } else if (work instanceof Work.Ddl statement) {
                    waitingFor.set("the target executes DDL of transaction "
                            + statement.step().mark().txn());
                    ddl.execute(statement.step().ddl());
                    waitingFor.set(null);
                }
                dispatcher.finished(number, work);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (FencedException | RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            dispatcher.stop();
        }
    }

    long startOffset(long beginning) {
        return reader.startOffset(beginning);
    }

    AppliedPosition claimedAt() {
        return claim.low();
    }

    /** Takes records in the topic's order. */
    void offer(List<ConsumerRecord<byte[], byte[]>> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            reader.read(record, step -> {
                inbox.add(step);
                inboxBytes += step.bytes();
            });
        }
    }

    /**
     * Hands on what can be handed on; never waits for the lanes.
     *
     * @param behind true when more records are at hand
     * @throws FencedException when another process has claimed the source
     */
    void advance(boolean behind) throws FencedException, InterruptedException {
        Throwable failed = failure.get();
        if (failed instanceof FencedException fenced) {
            throw fenced;
        } else if (failed instanceof RuntimeException exception) {
            throw exception;
        } else if (failed instanceof Error error) {
            throw error;
        }
        if (ddlInFlight && dispatcher.isDrained()) {
            ddlInFlight = false;
            schema.invalidate();
        }
        while (!ddlInFlight && !inbox.isEmpty()) {
            Step step = inbox.remove();
            inboxBytes -= step.bytes();
            if (step instanceof Step.Ddl statement) {
                ddlInFlight = true; // what follows is prepared with the table as it is then
                dispatcher.offer(statement);
            } else if (step instanceof Step.Rows rows) {
                prepare(rows);
            }
        }
        dispatcher.setBehind(behind);
    }

    private void prepare(Step.Rows step) throws FencedException, InterruptedException {
        List<MappedRow> rows = new ArrayList<>(step.rows().size());
        OrderKeys keys = new OrderKeys();
        for (RoutedRow row : step.rows()) {
            RowMapping mapping = schema.known(row.change().table(), row.target());
            if (mapping == null) {
                mapping = backoff.call(
                        "reading the structure of " + row.target(),
                        () -> schema.mapping(row.change().table(), row.target()));
            }
            rows.add(new MappedRow(mapping, row.change()));
            keys.add(mapping, row.change().before(), row.change().after());
        }
        for (SnapshotProgress told : step.progress()) {
            copy.take(told);
            copyEndTxn = told.progress() == Progress.COPY_END ? told.txn() : copyEndTxn;
        }
        // a piece does not know yet whether its transaction is replayed
        dispatcher.offer(
                step,
                rows,
                keys.toArray(),
                safeMode || step.isReplay() || step.mark().commit() == null);
    }

    /** True when no more records should be read for now: too many bytes, or too many transactions behind one that is stuck. */
    boolean isFull(long bytesMax) {
        return inboxBytes + dispatcher.bytes() > bytesMax || dispatcher.transactionsInFlight() > TRANSACTIONS_MAX;
    }

    /** True when the first copy is in the target whole. */
    boolean isCopied() {
        return reader.isCopyEndSeen() || dispatcher.low().txn() >= copyEndTxn;
    }

    Dispatcher.Figures figures() {
        return dispatcher.figures();
    }

    long splitTransactions() {
        return reader.splitTransactions();
    }

    Mismatches mismatches() {
        return mismatches;
    }

    @Nullable
    CopyProgress copy() {
        return copy.progress();
    }

    @Nullable
    String waitingFor() {
        return waitingFor.get();
    }

    String sourceId() {
        return sourceId;
    }

    /** No lane begins anything more. */
    void stop() {
        dispatcher.stop();
    }

    /** Lets the lanes end what they are at, notes the low-water mark, and returns within five seconds. */
    void close() throws InterruptedException {
        stop();
        long deadline = System.nanoTime() + STOP_MS * 1_000_000;
        boolean ended = true;
        for (Thread thread : threads) {
            thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            ended &= !thread.isAlive();
        }
        if (!ended) {
            threads.forEach(Thread::interrupt);
            return;
        }
        if (failure.get() == null) {
            noteLowWater();
        }
    }

    private void noteLowWater() throws InterruptedException {
        try {
            Group checkpoint = new Group(List.of(), dispatcher.low());
            new Backoff(target.address(), Duration.ofMillis(500), () -> false, reason -> {})
                    .call("writing the checkpoint", () -> {
                        firstLane.applyOnce(checkpoint);
                        return true;
                    });
        } catch (FencedException | RuntimeException e) {
            // the mark only saves reading again what the lanes' rows say is applied
            LOG.atDebug().setCause(e).log("no last checkpoint");
        }
    }
}
