package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.Claim;
import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Work.Group;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One process that applies the source: the applier's own reader, scheduler, lanes, checkpoint and DDL, in place of threads a step each
 * time it is asked. As in the service, it claims, reads from where the checkpoint says, and gives up when it finds itself fenced.
 */
final class SimulatedApplier {
    private final String name;
    private final Random random;
    private final SimulatedSource source;
    private final SimulatedTarget server;
    private final Target target;
    private final TransactionReader.Limits limits;
    private final CommitOrder order;
    private final OnDataError policy;
    private final Backoff backoff;
    private final Time time;
    private final CheckpointStore store = new CheckpointStore("task", "s1");
    private final Oversized oversized = new Oversized();
    private final Mismatches mismatches = new Mismatches(OnMismatch.STOP);
    private final Lane[] lanes;
    private final @Nullable Work[] work;
    private @Nullable Dispatcher dispatcher;
    private @Nullable Intake intake;
    private @Nullable DdlExecutor ddl;
    private @Nullable Quarantine quarantine;
    private Intake.Owner owner = () -> {};
    private boolean isDdlFree;
    private final QuarantineLog log;
    private boolean fenced;
    private boolean isBusy;
    private long nextOffset;
    private long pausedUntil;

    SimulatedApplier(
            String name,
            int laneCount,
            Random random,
            SimulatedSource source,
            SimulatedTarget server,
            TransactionReader.Limits limits,
            CommitOrder order,
            OnDataError policy,
            QuarantineLog log,
            Time time) {
        this.log = log;
        this.name = name;
        this.random = random;
        this.source = source;
        this.server = server;
        this.target = server.of(name);
        this.limits = limits;
        this.order = order;
        this.policy = policy;
        this.time = time;
        this.lanes = new Lane[laneCount];
        this.work = new @Nullable Work[laneCount];
        this.backoff = new Backoff("simulated", Duration.ofDays(1), () -> false, reason -> {}, time);
    }

    String name() {
        return name;
    }

    /** True when another has taken over and this one knows. */
    boolean isFenced() {
        return fenced;
    }

    /** True while it is in the middle of something that is not cut into steps. */
    boolean isBusy() {
        return isBusy;
    }

    /** As SIGSTOP does it, until so many steps were made. */
    void pause(long untilStep) {
        pausedUntil = untilStep;
    }

    boolean isPausedAt(long step) {
        return step < pausedUntil;
    }

    boolean isExecutingDdl() {
        return work[0] instanceof Work.Ddl;
    }

    long mismatches() {
        return mismatches.count();
    }

    /** Whatever this process might do next. */
    void step() throws InterruptedException {
        isBusy = true;
        try {
            Dispatcher running = dispatcher;
            if (running == null) {
                claim();
            } else if (random.nextInt(lanes.length + 1) == 0) {
                loop();
            } else {
                lane(running, random.nextInt(lanes.length));
            }
        } catch (FencedException e) {
            fenced = true;
        } finally {
            isBusy = false;
        }
    }

    private void claim() throws FencedException, InterruptedException {
        Claim claim;
        try { // it may have to wait for one that waits for this one to return: not for ever, the next step is another
            // try
            claim = new Backoff("simulated", Duration.ofSeconds(1), () -> false, reason -> {}, time)
                    .call("claiming", () -> {
                        try (TargetSession session = target.session()) {
                            return store.claim(session, lanes.length);
                        }
                    });
        } catch (RetriesExhaustedException later) {
            return;
        }
        Dispatcher made = new Dispatcher(lanes.length, order, new LowWater(claim.low()), () -> {}, time);
        TransactionReader reader = new TransactionReader(SimulatedSource.codec(), claim.low(), claim.applied(), limits);
        Quarantine shared = new Quarantine(store, claim, policy, log);
        Lane.Shared common = new Lane.Shared(claim, target, store, mismatches, shared, oversized);
        for (int lane = 0; lane < lanes.length; lane++) {
            lanes[lane] = new Lane(lane, common);
        }
        quarantine = shared;
        ddl = new DdlExecutor(target, store, claim);
        owner = () -> {
            try (TargetSession session = target.session()) {
                store.requireOwner(session, claim.epoch());
            }
        };
        Intake ready = new Intake(reader, new TargetSchema(target), made, backoff, owner, false);
        nextOffset = ready.startOffset(source.beginning());
        intake = ready;
        dispatcher = made;
    }

    private void loop() throws FencedException, InterruptedException {
        Intake ready = intake;
        if (ready == null || fenced) {
            return;
        }
        if (random.nextInt(200) == 0) {
            nextOffset = Math.max(source.beginning(), nextOffset - random.nextInt(10)); // delivered again
        }
        List<ConsumerRecord<byte[], byte[]>> records = source.records(nextOffset, 1 + random.nextInt(20));
        if (!records.isEmpty()) {
            nextOffset = records.get(records.size() - 1).offset() + 1;
        }
        ready.offer(records);
        ready.advance(random.nextInt(3) > 0 && nextOffset < source.end() ? Intake.Input.AT_HAND : Intake.Input.NONE);
    }

    private void lane(Dispatcher running, int number) throws FencedException, InterruptedException {
        Work current = work[number];
        if (current == null) {
            current = running.poll(number);
            if (current instanceof Group group) {
                lanes[number].begin(group);
            } else if (current instanceof Work.Ddl statement && ddl != null) {
                ddl.begin(statement.step().ddl());
                isDdlFree = false;
            }
            work[number] = current;
            return;
        }
        try {
            if (current instanceof Group && lanes[number].isWaiting() && random.nextInt(40) == 0) {
                lanes[number].giveBack();
            }
            boolean done = current instanceof Work.Ddl statement ? ddl(statement) : lanes[number].step();
            if (done) {
                work[number] = null;
                running.finished(number, current);
            }
        } catch (SQLException e) {
            backoff.requireTransient(e, "applying");
        } catch (FencedException e) {
            work[number] = null;
            running.stop();
            throw e;
        }
    }

    private boolean ddl(Work.Ddl statement) throws SQLException, FencedException {
        if (!isDdlFree && quarantine != null) {
            quarantine.requireNone(target, statement.step().ddl().targetTables(), owner);
            isDdlFree = true;
            return false;
        }
        return ddl != null && ddl.step();
    }

    @Override
    public String toString() {
        return name + (fenced ? " fenced " : isBusy ? " busy " : " ") + "lanes " + lanes.length + " at offset "
                + nextOffset + " of " + source.end() + (dispatcher == null ? "" : " " + dispatcher.figures());
    }

    boolean isDrained() {
        return dispatcher != null
                && dispatcher.isDrained()
                && source.records(nextOffset, 1).isEmpty();
    }

    /** Notes the low-water mark, as at an orderly stop; what lanes were at is left, as after the patience of a stop. */
    void stop() throws InterruptedException {
        Dispatcher running = dispatcher;
        if (running == null) {
            return;
        }
        running.stop();
        if (!fenced && lanes[0] != null && lanes[0].isAtRest() && !isExecutingDdl()) {
            Group checkpoint = new Group(List.of(), running.low());
            lanes[0].begin(checkpoint);
            try {
                new Backoff("simulated", Duration.ofSeconds(1), () -> false, reason -> {}, time)
                        .call("writing the checkpoint", () -> {
                            boolean done = lanes[0].step();
                            while (!done) {
                                done = lanes[0].step();
                            }
                            return true;
                        });
            } catch (FencedException | RetriesExhaustedException e) {
                fenced = true; // the mark only saves reading again
            }
        }
        server.crash(name);
    }
}
