package io.tiderace.tests;

import io.tiderace.tests.FaultDeck.Fault;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lets a fault happen, and ends it: when {@link #inject} returns, everything serves again, or could if it took notice. One thread. */
final class FaultInjector {
    private static final long ZOMBIE_MS = 10_000;
    private static final long OWNERS_MS = 10_000;
    private static final long REFUSE_MS = 5_000;
    private static final long SLOW_MS = 6_000;
    private static final long SILENCE_MS = 8_000;
    private static final long DISK_MS = 5_000;
    private static final long CLOCK_MS = 4_000;
    private static final int CLOCK_SECONDS = 3_600;
    private static final int DELAY_MS = 150;
    private static final int THROTTLE_BYTES = 64 << 10;
    private static final int STORM_KILLS = 10;
    private static final int STORM_PAUSE_MS = 1_500;
    private static final int DISK_LEFT_BYTES = 40 << 20;
    private static final Duration STOP_PATIENCE = Duration.ofMinutes(2);
    private static final Duration JOURNAL_PATIENCE = Duration.ofMinutes(5);

    private final FaultStack stack;
    private final FaultLoad load;
    private final Random random;
    private int kills;
    private int statements;

    FaultInjector(FaultStack stack, FaultLoad load, long seed) {
        this.stack = stack;
        this.load = load;
        this.random = new Random(seed);
    }

    /** Processes of ours that were killed. */
    int kills() {
        return kills;
    }

    /** Whether this machine can do it. */
    static boolean isPossible(FaultKind kind, FaultStack stack) {
        return switch (kind) {
            case DISK -> stack.disk().isPresent();
            case CLOCK -> stack.hasClocks();
            default -> true;
        };
    }

    /** @throws AssertionError when a process does not do what it has to */
    void inject(Fault fault) throws InterruptedException, IOException, SQLException {
        String subject = fault.subject();
        switch (fault.kind()) {
            case KILL -> kill(List.of(drawn(subject)));
            case KILL_BOTH -> kill(stack.members(subject));
            case STORM -> storm();
            case PAUSE -> freeze(stack.owner(subject), 500 + random.nextInt(3_500));
            case ZOMBIE -> freeze(stack.owner(subject), ZOMBIE_MS);
            case OWNERS -> during(List.of(stack.owner(subject).kafka()), OWNERS_MS, FaultProxy::silence);
            case LEAVE -> leave(List.of(drawn(subject)));
            case LANES -> leave(stack.members("applier"));
            case DDL -> interruptDdl(subject);
            case RESTART -> restart(subject, FaultServer::stop);
            case CRASH -> restart(subject, FaultServer::kill);
            case FREEZE -> freeze(stack.server(subject), 2_000 + random.nextInt(4_000));
            case CUT -> links(subject).forEach(FaultProxy::cut);
            case REFUSE -> during(links(subject), REFUSE_MS, FaultProxy::refuse);
            case DELAY -> during(links(subject), SLOW_MS, proxy -> proxy.delay(DELAY_MS));
            case THROTTLE -> during(links(subject), SLOW_MS, proxy -> proxy.throttle(THROTTLE_BYTES));
            case SILENCE -> during(links(subject), SILENCE_MS, FaultProxy::silence);
            case HALF_OPEN -> links(subject).forEach(FaultProxy::halfOpen);
            case DISK -> fillDisk();
            case CLOCK -> moveClocks(subject);
        }
    }

    /** Mostly the one that does the work. */
    private FaultMember drawn(String service) {
        List<FaultMember> members = stack.members(service);
        return random.nextInt(4) == 0 ? members.get(random.nextInt(members.size())) : stack.owner(service);
    }

    private void kill(List<FaultMember> members) throws InterruptedException {
        members.forEach(FaultMember::kill);
        kills += members.size();
        Thread.sleep(random.nextInt(1_000));
        members.forEach(stack::start);
    }

    private void storm() throws InterruptedException {
        List<String> services = FaultKind.Subjects.SERVICES;
        for (int i = 0; i < STORM_KILLS; i++) {
            FaultMember member = drawn(services.get(i % services.size()));
            member.kill();
            kills++;
            stack.start(member);
            Thread.sleep(random.nextInt(STORM_PAUSE_MS));
        }
    }

    private static void freeze(FaultMember member, long millis) throws InterruptedException {
        member.signal("STOP");
        Thread.sleep(millis);
        member.signal("CONT");
    }

    private static void freeze(FaultServer server, long millis) throws InterruptedException {
        server.freeze();
        Thread.sleep(millis);
        server.resume();
    }

    private void leave(List<FaultMember> members) throws InterruptedException {
        for (FaultMember member : members) {
            int code = member.stop(STOP_PATIENCE);
            if (code != 0) {
                throw new AssertionError(member.name() + " ended with " + code + " at SIGTERM:\n" + member.output());
            }
        }
        members.forEach(stack::start);
    }

    private void restart(String server, Consumer<FaultServer> end) throws InterruptedException {
        end.accept(stack.server(server));
        Thread.sleep(random.nextInt(2_000));
        stack.server(server).start();
    }

    private static void during(List<FaultProxy> proxies, long millis, Consumer<FaultProxy> fault)
            throws InterruptedException {
        proxies.forEach(fault);
        Thread.sleep(millis);
        proxies.forEach(FaultProxy::heal);
    }

    /** The proxies of both processes of a service, for example {@code applier-target}. */
    private List<FaultProxy> links(String link) {
        String service = link.substring(0, link.indexOf('-'));
        return stack.members(service).stream()
                .map(member -> proxy(member, link.endsWith("-kafka")))
                .toList();
    }

    private static FaultProxy proxy(FaultMember member, boolean isKafka) {
        FaultProxy database = member.database();
        if (isKafka || database == null) {
            return member.kafka();
        }
        return database;
    }

    /** Kafka ends when its disk is about to be full; somebody makes room and starts it again. */
    private void fillDisk() throws IOException, InterruptedException {
        Path disk = stack.disk().orElseThrow();
        Path filler = disk.resolve("filler");
        byte[] block = new byte[1 << 20];
        stack.kafka().release();
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (disk.toFile().getUsableSpace() > DISK_LEFT_BYTES) {
                out.write(block);
            }
        }
        int code = stack.kafka().end(STOP_PATIENCE);
        if (code != 4) {
            throw new AssertionError(
                    "Kafka ended with " + code + ":\n" + stack.kafka().output());
        }
        Thread.sleep(DISK_MS);
        Files.delete(filler);
        stack.kafka().start();
    }

    private void moveClocks(String subject) throws InterruptedException {
        if (subject.equals("kafka")) {
            moveClockOfKafka();
            return;
        }
        List<MovedClock> clocks = stack.members(subject).stream()
                .map(member -> clock(member.clock()))
                .toList();
        for (int seconds : new int[] {CLOCK_SECONDS, -CLOCK_SECONDS, 0}) {
            clocks.forEach(clock -> clock.set(seconds));
            Thread.sleep(seconds == 0 ? 0 : CLOCK_MS);
        }
    }

    /** A broker whose clock is set back stands still until it is started again: it is a client of its controller, and counts waits by that clock. */
    private void moveClockOfKafka() throws InterruptedException {
        MovedClock clock = clock(stack.kafka().clock());
        clock.set(CLOCK_SECONDS);
        Thread.sleep(CLOCK_MS);
        stack.kafka().kill();
        clock.set(0);
        stack.kafka().start();
    }

    private static MovedClock clock(@Nullable MovedClock clock) {
        if (clock == null) {
            throw new IllegalStateException("no clock");
        }
        return clock;
    }

    /** Kills the appliers when the journal of a statement says so. */
    private void interruptDdl(String step) throws InterruptedException, SQLException {
        int number = ++statements;
        // the second one TiDB refuses to do at once, so that it goes in steps
        String sql = step.equals("step")
                ? "ALTER TABLE shape ADD COLUMN d" + number + " INT DEFAULT 1, ADD COLUMN e" + number
                        + " INT DEFAULT 2 AFTER d" + number + ", MODIFY v VARCHAR(" + (200 + number) + ")"
                : "ALTER TABLE shape ADD COLUMN d" + number + " INT DEFAULT 1, ADD INDEX (d" + number + ")";
        long before = journalled();
        load.execute(sql);
        if (step.equals("sent")) {
            Thread.sleep(random.nextInt(150));
        } else {
            awaitJournal(before, step.equals("done") ? "done" : "started", step.equals("step"));
        }
        kill(stack.members("applier"));
        load.execute("ALTER TABLE shape DROP COLUMN d" + number);
    }

    private void awaitJournal(long before, String state, boolean inStep) throws InterruptedException, SQLException {
        String query = "SELECT COUNT(*) FROM " + FaultStack.NAME + "_meta.ddl_journal WHERE txn > " + before
                + " AND statement LIKE '%shape% ADD COLUMN d%' AND (state = 'done'"
                + (inStep ? " OR error LIKE 'step%'" : " OR state = '" + state + "'") + ")";
        long deadline = System.nanoTime() + JOURNAL_PATIENCE.toNanos();
        try (Connection connection = DriverManager.getConnection(stack.targetUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            while (System.nanoTime() < deadline) {
                try (ResultSet row = statement.executeQuery(query)) {
                    row.next();
                    if (row.getLong(1) > 0) {
                        return;
                    }
                }
                Thread.sleep(2);
            }
        }
        throw new AssertionError("no statement came to the target within " + JOURNAL_PATIENCE);
    }

    private long journalled() throws SQLException {
        try (Connection connection = DriverManager.getConnection(stack.targetUrl(), "root", "");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT COALESCE(MAX(txn), 0) FROM " + FaultStack.NAME + "_meta.ddl_journal")) {
            row.next();
            return row.getLong(1);
        }
    }
}
