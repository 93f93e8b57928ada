package io.tiderace.applier;

import io.tiderace.applier.SimulatedTarget.Crash;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whatever happens to the appliers, their connections and the target, the target ends equal to the source, every transaction counted
 * once, and shows whole transactions all the time. Method (after Kafka's RaftEventSimulationTest): the applier's own reader, scheduler, lanes,
 * compactor, planner, checkpoint and DDL journal on a topic and a target in memory; one scheduler decides from a seed who makes the next step.
 * Processes crash between any two steps, stop, are started with another number of lanes, or go on although another has claimed the source;
 * requests fail before and after they took effect, COMMITs and DDL statements come through late, records are delivered again, or lost, which stops all.
 *
 * <p>The seed of a failing run is in its message; {@code -Dtiderace.seed=N} runs that one alone, {@code -Dtiderace.simulations=N} so many.
 */
class ApplierSimulationTest {
    private static final int RUNS = 2_000;

    @Test
    void everyRunEndsEqual() throws InterruptedException {
        Long replayed = Long.getLong("tiderace.seed");
        long first = replayed != null ? replayed : System.nanoTime();
        int runs = replayed != null ? 1 : Integer.getInteger("tiderace.simulations", RUNS);
        System.err.println("seeds from " + first);
        long startedAt = System.nanoTime();
        long steps = 0;
        long quarantined = 0;
        for (int i = 0; i < runs; i++) {
            World world = run(first + i);
            steps += world.steps;
            quarantined += world.quarantine.size();
        }
        long seconds = Math.max(1, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedAt));
        System.err.println(
                runs + " runs, " + steps + " steps, " + quarantined + " changes quarantined in " + seconds + " s");
    }

    private static World run(long seed) throws InterruptedException {
        World world = new World(seed);
        try {
            world.run();
            return world;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ", step " + world.steps + ": " + e, e);
        }
    }

    /** All that is there in one run. */
    private static final class World implements Time {
        private static final int STEPS_MAX = 200_000;

        /** Rows: one replaces three others, and is changed once more. */
        private static final int ROOM_MIN = 6;

        private final Random random;
        private final boolean splits;
        private final boolean replays;
        private final SimulatedSource source;
        private final SimulatedTarget target;
        private final List<SimulatedApplier> processes = new ArrayList<>();
        private final TransactionReader.Limits limits;
        private final int transactions;
        private final SimulatedQuarantineLog quarantine;
        private final boolean refuses;
        private final CommitOrder order;
        private final OnDataError policy;
        private final boolean stalks;
        private final boolean isNarrow;

        /** A transaction of no more row changes is seen whole. */
        private final int wholeRows;

        /** Transactions that the source commits at once, at most. */
        private final int burst;

        /** Of 200 steps so many are the server's own while something is under way there. */
        private final int late;

        private final boolean loses;

        /** The transaction of which the topic has lost a row. */
        private long lostTxn;

        private boolean isStopped;
        private int started;
        private boolean isHealed;
        private boolean isCured;
        private boolean isOperating;
        private int depth;
        private int commitsSeen;
        private int stateSeen;
        private long nanos;
        private long steps;

        World(long seed) {
            random = new Random(seed);
            splits = random.nextInt(4) == 0;
            replays = random.nextInt(4) == 0;
            transactions = 10 + random.nextInt(50);
            limits = splits ? new TransactionReader.Limits(6, 1 << 20, 3) : TransactionReader.Limits.of(100_000);
            order = random.nextBoolean() ? CommitOrder.ANY : CommitOrder.SOURCE;
            boolean families = random.nextInt(3) == 0;
            source = new SimulatedSource(
                    random, random.nextInt(3) == 0, 1 + random.nextInt(6), order == CommitOrder.SOURCE, families);
            target = new SimulatedTarget(random, random.nextBoolean());
            target.checksForeignKeys = families;
            isNarrow = random.nextInt(4) == 0;
            if (isNarrow) {
                narrow();
                target.statementRowsMax = 1 + random.nextInt(4);
            }
            int affordable = isNarrow ? ROOM_MIN / (replays ? 5 : 2) : Integer.MAX_VALUE;
            wholeRows = splits ? Math.min(affordable, 6) : affordable;
            SimulatedSource.structures().forEach(target::create);
            target.interlude = this::interlude;
            quarantine = new SimulatedQuarantineLog(random, source);
            refuses = random.nextInt(3) == 0;
            policy = refuses || random.nextBoolean() ? OnDataError.QUARANTINE : OnDataError.STOP;
            stalks = random.nextInt(4) == 0;
            burst = random.nextBoolean() ? 1 : 2 + random.nextInt(12);
            late = List.of(0, 5, 40).get(random.nextInt(3));
            loses = !refuses && random.nextInt(8) == 0;
            target.refuses = this::isRefused;
            if (isNarrow) {
                target.hanging = this::narrowBelow;
            }
            if (replays) {
                source.copied(5 + random.nextInt(10));
            }
        }

        /** What a transaction may have depends on how much memory the others leave. */
        private void narrow() {
            boolean isWide = target.hangs > 0 && random.nextInt(4) > 0;
            target.transactionRowsMax =
                    isWide ? Integer.MAX_VALUE : ROOM_MIN + random.nextInt(random.nextBoolean() ? 6 : 40);
        }

        /** Where a COMMIT hangs, more than that may be wrong: the next attempt may be too large. */
        private void narrowBelow(int rows) {
            if (rows > ROOM_MIN && random.nextInt(4) > 0) {
                target.transactionRowsMax = ROOM_MIN + random.nextInt(rows - ROOM_MIN);
            } else {
                narrow();
            }
        }

        /** Some values are too long for the target. */
        private boolean isRefused(TableName table, @Nullable Object[] row) {
            if (!refuses
                    || isCured
                    || isHealed
                    || !(row[table.equals(SimulatedSource.ITEMS) ? 3 : 0] instanceof Integer value)) {
                return false;
            }
            return table.equals(SimulatedSource.ITEMS)
                    ? value < 5
                    : (table.equals(SimulatedSource.LEDGER) && value % 40 == 7)
                            || (table.equals(SimulatedSource.GOODS) && value % 10 == 7);
        }

        void run() throws InterruptedException {
            target.faults = random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 60 : 250);
            target.hangs = random.nextInt(isNarrow ? 2 : 6) == 0 ? 50 + random.nextInt(400) : 0;
            if (target.hangs > 0) {
                target.transactionRowsMax = Integer.MAX_VALUE; // until a COMMIT hangs
            }
            int crashes = random.nextInt(10);
            for (int i = random.nextInt(3) == 0 || target.hangs > 0 ? random.nextInt(transactions) : 0; i > 0; i--) {
                source.act(); // nobody was there to apply it
            }
            start();
            while (!isStopped && (source.txn() < transactions || crashes > 0)) {
                int kind = random.nextInt(200);
                SimulatedApplier process = any();
                boolean isDelicate = process.isExecutingDdl() && !process.isPausedAt(steps);
                if (kind < 15 && source.txn() < transactions) {
                    for (int i = random.nextInt(burst); i >= 0; i--) {
                        source.act();
                    }
                } else if (stalks && isDelicate && kind > 100 && processes.size() < 3) {
                    process.pause(steps + random.nextInt(3_000)); // in the middle of DDL, and another goes on
                    List.copyOf(processes).stream()
                            .filter(SimulatedApplier::isFenced)
                            .forEach(this::remove);
                    start();
                } else if (crashes > 0 && (kind == 15 || (kind > 180 && isDelicate))) {
                    crashes--;
                    disturb(process);
                } else if (kind < 20 || (kind < 20 + late && !target.isQuiet())) {
                    target.act();
                    if (isNarrow && kind == 19) {
                        narrow();
                    }
                } else if (kind == 198 && loses && lostTxn == 0) {
                    lostTxn = source.lose(target.lowTxn());
                } else if (kind == 199 && refuses) {
                    operate(random.nextBoolean());
                } else {
                    step(process);
                }
                check();
            }
            if (!isStopped) {
                end();
            }
        }

        /** An operator replays some of what waits, after the tables were made to take it or in vain. */
        private void operate(boolean cure) throws InterruptedException {
            if (isOperating || target.quarantined().isEmpty()) {
                return;
            }
            isOperating = true;
            isCured = cure;
            Backoff patient = new Backoff("simulated", Duration.ofSeconds(30), () -> false, reason -> {}, this);
            try (QuarantineTool tool = new QuarantineTool(target.of("operator"), "task", patient)) {
                for (QuarantineTool.Entry entry : tool.list("s1")) {
                    if (cure || random.nextBoolean()) {
                        replay(tool, entry);
                    }
                }
            } finally {
                isOperating = false;
                isCured = false;
            }
        }

        private void replay(QuarantineTool tool, QuarantineTool.Entry entry) throws InterruptedException {
            try {
                tool.replay(quarantine, SimulatedSource.codec(), entry);
            } catch (RetriesExhaustedException later) {
                // many requests that all have to go well, at a target where many do not
            } catch (DataException refused) {
                assertThat(isCured).as(refused.getMessage()).isFalse();
            } catch (Crash e) {
                target.crash("operator");
            }
        }

        private void end() throws InterruptedException {
            target.faults = 0;
            target.hangs = 0;
            source.complete();
            while (processes.size() > 1) {
                remove(processes.get(0));
            }
            drain();
            if (isStopped) {
                return;
            }
            while (!target.quarantined().isEmpty()) {
                operate(true);
            }
            requireEqual();
            isHealed = true;
            for (int i = 0; refuses && i < 5; i++) {
                source.act();
            }
            drain();
            assertThat(target.quarantined()).isEmpty(); // nothing waits any more for what was replayed
            requireEqual();
        }

        private void drain() throws InterruptedException {
            while (!isStopped && (!target.isQuiet() || !any().isDrained() || target.lowTxn() < source.txn())) {
                target.act();
                if (any().isFenced()) {
                    remove(any());
                    start();
                }
                step(any());
                check();
            }
        }

        private void requireEqual() {
            assertThat(target.namesWhatIsBelowTheMark()).isFalse();
            assertThat(target.tables()).hasToString(source.tables().toString());
            Set<Integer> here = ids(SimulatedSource.HERE);
            assertThat(target.tables().rows(SimulatedSource.HERE)).hasSize(here.size());
        }

        private SimulatedApplier any() {
            return processes.get(random.nextInt(processes.size()));
        }

        private void start() {
            processes.add(new SimulatedApplier(
                    "p" + ++started,
                    1 + random.nextInt(5),
                    random,
                    source,
                    target,
                    limits,
                    order,
                    policy,
                    quarantine,
                    this));
        }

        private void remove(SimulatedApplier process) {
            target.crash(process.name());
            processes.remove(process);
        }

        /** A process crashes, or stops, or is believed dead and goes on some time later; another takes over. */
        private void disturb(SimulatedApplier process) throws InterruptedException {
            switch (random.nextInt(4)) {
                case 0 -> remove(process);
                case 1 -> {
                    try {
                        process.stop();
                    } catch (Crash e) {
                        target.crash(process.name());
                    }
                    processes.remove(process);
                }
                case 2 -> {
                    List.copyOf(processes).forEach(this::remove);
                    source.expire(target.lowOffset());
                }
                default -> {
                    if (processes.size() == 3) {
                        remove(process);
                    } else {
                        process.pause(steps + random.nextInt(1_000));
                    }
                }
            }
            start();
            List.copyOf(processes).stream().filter(SimulatedApplier::isFenced).forEach(this::remove);
        }

        private void step(SimulatedApplier process) throws InterruptedException {
            steps++;
            nanos += random.nextInt(5_000_000);
            if (steps > STEPS_MAX) {
                throw new AssertionError("no end in sight: " + target + processes + ", source at " + source.txn());
            }
            if (process.isBusy() || process.isPausedAt(steps)) {
                return;
            }
            try {
                process.step();
            } catch (Crash e) {
                remove(process);
                start();
            } catch (DataException e) {
                remove(process);
                start();
                stopped(e.getMessage());
            }
        }

        /** By what the topic has lost, where nobody has applied that, or by DDL for a table with changes in quarantine. */
        private void stopped(String message) throws InterruptedException {
            if (lostTxn > 0 && message.contains("TR-A001")) {
                isStopped |= target.lowTxn() < lostTxn;
                return;
            }
            assertThat(message).contains("TR-A026");
            operate(true);
        }

        /** Others go on while one is at something that is not cut into steps. */
        private void interlude() {
            if (depth > 3 || random.nextInt(20) > 0) {
                return;
            }
            others();
        }

        private void others() {
            depth++;
            try {
                for (int i = random.nextInt(6); i > 0 && !processes.isEmpty(); i--) {
                    if (random.nextInt(4) == 0) {
                        target.act();
                    } else {
                        step(any());
                    }
                    check();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                depth--;
            }
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(long pauseMs) {
            nanos += TimeUnit.MILLISECONDS.toNanos(pauseMs);
            target.act();
            if (depth < 8) {
                others();
            }
        }

        @Override
        public long jitter(long bound) {
            return random.nextLong(bound);
        }

        /** A reader of the target sees whole transactions. */
        private void check() {
            if (target.commits() == commitsSeen) {
                return;
            }
            commitsSeen = target.commits();
            if (!refuses) {
                assertThat(target.quarantined()).isEmpty();
            }
            Set<Integer> here = ids(SimulatedSource.HERE);
            Set<Integer> there = ids(SimulatedSource.THERE);
            if (!here.equals(there)) {
                Set<Integer> parts = new HashSet<>(here);
                parts.removeAll(there);
                there.removeAll(here);
                parts.addAll(there);
                assertThat(parts).allMatch(txn -> target.isInPieces() && source.size(txn) > wholeRows);
            }
            if (target.isInPieces()) {
                return;
            }
            int sum = 0;
            int accounts = 0;
            for (@Nullable
            Object[] row : target.tables().rows(SimulatedSource.ACCOUNTS).values()) {
                sum += row[1] instanceof Integer balance ? balance : 0;
                accounts++;
            }
            assertThat(sum).isEqualTo(accounts * SimulatedSource.BALANCE);
            if (order == CommitOrder.SOURCE) {
                String state = SimulatedSource.state(target.tables());
                List<String> states = source.states();
                while (stateSeen < states.size() && !states.get(stateSeen).equals(state)) {
                    stateSeen++;
                }
                assertThat(stateSeen)
                        .as("the source never was " + state + " from then on")
                        .isLessThan(states.size());
            }
        }

        private Set<Integer> ids(TableName table) {
            Set<Integer> ids = new HashSet<>();
            for (@Nullable Object[] row : target.tables().rows(table).values()) {
                ids.add(row[0] instanceof Integer id ? id : -1);
            }
            return ids;
        }
    }
}
