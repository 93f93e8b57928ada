package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.Claim;
import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Work.Group;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.StatusReport.CopyProgress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One source of the task, claimed: from its records to its lanes. Used by the service's loop; the lanes are threads of its own. */
final class SourceApplier {
    private static final Logger LOG = LoggerFactory.getLogger(SourceApplier.class);
    private static final long STOP_MS = 4_000;
    private static final long DDL_POLL_MS = 500;

    private final String sourceId;
    private final Target target;
    private final CheckpointStore store;
    private final Claim claim;
    private final Backoff backoff;
    private final Mismatches mismatches;
    private final Quarantine quarantine;
    private final Oversized oversized = new Oversized();
    private final Dispatcher dispatcher;
    private final Intake intake;
    private final DdlExecutor ddl;
    private final List<Thread> threads = new ArrayList<>();
    private final Lane firstLane;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable String> waitingFor = new AtomicReference<>();

    private SourceApplier(
            TaskConfig.Instance instance,
            Context context,
            CheckpointStore store,
            Claim claim,
            Backoff backoff,
            RecordCodec codec) {
        this.sourceId = instance.sourceId();
        this.target = context.target();
        this.store = store;
        this.claim = claim;
        this.ddl = new DdlExecutor(target, store, claim);
        this.backoff = backoff;
        this.mismatches = new Mismatches(instance.apply().onMismatch());
        this.quarantine = new Quarantine(
                store,
                claim,
                instance.apply().onDataError(),
                context.quarantineLogs().apply(sourceId));
        this.dispatcher = new Dispatcher(
                instance.apply().workerCount(),
                instance.apply().commitOrder(),
                new LowWater(claim.low()),
                context.wakeLoop(),
                Time.SYSTEM);
        this.intake = new Intake(
                new TransactionReader(
                        codec,
                        claim.low(),
                        claim.applied(),
                        TransactionReader.Limits.of(instance.apply().transactionRowsMax())),
                new TargetSchema(target),
                dispatcher,
                backoff,
                this::requireOwner,
                instance.apply().safeMode());
        this.firstLane = lane(0);
    }

    /** What all sources of a task have in common. */
    record Context(
            TaskConfig task,
            Target target,
            Duration patience,
            BooleanSupplier stopping,
            Runnable wakeLoop,
            Function<String, QuarantineLog> quarantineLogs) {}

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
        CheckpointStore store = new CheckpointStore(context.task().name(), sourceId);
        Claim claim = backoff.call("claiming source " + sourceId, () -> {
            try (TargetSession session = target.session()) {
                return store.claim(session, instance.apply().workerCount());
            }
        });
        SourceApplier applier = new SourceApplier(instance, context, store, claim, backoff, codec);
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

    private void requireOwner() throws SQLException, FencedException {
        try (TargetSession session = target.session()) {
            store.requireOwner(session, claim.epoch());
            session.rollback();
        }
    }

    private Lane lane(int number) {
        return new Lane(number, new Lane.Shared(claim, target, store, mismatches, quarantine, oversized));
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
                    apply(lane, group, backoff);
                } else if (work instanceof Work.Ddl statement) {
                    execute(statement.step().ddl());
                }
                dispatcher.finished(number, work);
            }
        } catch (InterruptedException stopped) {
            dispatcher.fail();
            Thread.currentThread().interrupt();
        } catch (FencedException | RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            dispatcher.fail();
        }
    }

    private void apply(Lane lane, Group group, Backoff backoff) throws FencedException, InterruptedException {
        lane.begin(group);
        boolean done = false;
        while (!done) {
            done = backoff.call("applying " + group.describe(), () -> applyPart(lane));
        }
    }

    /** Returns when something of the group has got into the target: true when that is all of it. */
    private boolean applyPart(Lane lane) throws SQLException, FencedException, InterruptedException {
        try {
            int left = lane.partsLeft();
            boolean done = lane.step();
            while (!done && lane.partsLeft() >= left) {
                left = lane.partsLeft();
                if (lane.isWaiting()) {
                    lane.awaitTurn();
                }
                done = lane.step();
            }
            return done;
        } catch (SQLException e) {
            if (SqlErrors.isOverload(e)) {
                dispatcher.overloaded();
            }
            throw e;
        }
    }

    private void execute(RoutedDdl statement) throws FencedException, InterruptedException {
        String executing = "the target executes DDL of transaction " + statement.txn();
        backoff.call("looking into the quarantine", () -> {
            quarantine.requireNone(target, statement.targetTables(), this::requireOwner);
            return true;
        });
        ddl.begin(statement);
        backoff.call("executing the DDL of transaction " + statement.txn(), () -> {
            boolean done = ddl.step();
            while (!done) {
                String other = ddl.waitingFor();
                waitingFor.set(other == null ? executing : other);
                done = ddl.step();
                if (!done && other != null && ddl.waitingFor() != null) {
                    Thread.sleep(DDL_POLL_MS);
                }
            }
            return true;
        });
        waitingFor.set(null);
    }

    long startOffset(long beginning) {
        return intake.startOffset(beginning);
    }

    AppliedPosition claimedAt() {
        return claim.low();
    }

    /** Takes records in the topic's order. */
    void offer(List<ConsumerRecord<byte[], byte[]>> records) {
        intake.offer(records);
    }

    /**
     * Hands on what can be handed on; never waits for the lanes.
     *
     * @param input what of the source is to be expected
     * @throws FencedException when another process has claimed the source
     */
    void advance(Intake.Input input) throws FencedException, InterruptedException {
        Throwable failed = failure.get();
        if (failed instanceof FencedException fenced) {
            throw fenced;
        } else if (failed instanceof RuntimeException exception) {
            throw exception;
        } else if (failed instanceof Error error) {
            throw error;
        }
        intake.advance(input);
    }

    boolean isFull(long bytesMax) {
        return intake.isFull(bytesMax);
    }

    boolean isCopied() {
        return intake.isCopied();
    }

    Dispatcher.Figures figures() {
        return dispatcher.figures();
    }

    long splitTransactions() {
        return intake.splitTransactions() + oversized.transactions();
    }

    Mismatches mismatches() {
        return mismatches;
    }

    /** Changes that wait in quarantine. */
    int quarantined() {
        return quarantine.size();
    }

    @Nullable
    CopyProgress copy() {
        return intake.copy();
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
        } else if (failure.get() == null && firstLane.isAtRest()) { // else its row may say more than we know
            noteLowWater();
        }
        quarantine.log().close();
    }

    private void noteLowWater() throws InterruptedException {
        try {
            Group checkpoint = new Group(List.of(), dispatcher.low());
            Duration patience = Duration.ofMillis(500);
            apply(firstLane, checkpoint, new Backoff(target.address(), patience, () -> false, reason -> {}));
        } catch (FencedException | RuntimeException e) {
            // the mark only saves reading again what the lanes' rows say is applied
            LOG.atDebug().setCause(e).log("no last checkpoint");
        }
    }
}
