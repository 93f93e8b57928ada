package io.tiderace.tests;

import io.tiderace.tests.FaultDeck.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The three services, two processes of each, between real servers under sustained load, while faults that a seed draws befall processes, servers and
 * connections. A checker reads the target all the time; at the end source and target are equal row by row. {@code tests/faults} starts it;
 * docs/reliability.md has what it showed.
 */
final class FaultSuite {
    private static final long STUCK_SECONDS = 300;
    /** A machine that is too slow for the load has to be able to catch up. */
    private static final long EASE_SECONDS = 20;

    private static final int EASE_TIMES = 8;
    private static final int QUIET_MAX_MS = 2_000;
    private static final int DISK_MIB = 700;
    private static final int AT_ONCE = 2;

    /** Of one fault alone: some 18 s until a connection in use is missed, more after a start that was just before, and what then is asked over others. */
    private static final double HALF_OPEN_SECONDS = 60;

    /** Kafka keeps everything; in a longer run it needs the real disk. */
    private static final double SMALL_DISK_MINUTES = 15;

    private final String target;
    private final double minutes;
    private final long seed;
    private final Map<FaultKind, Integer> kinds;
    private final FaultReport report;
    private final List<String> late = new ArrayList<>();

    private FaultSuite(String target, double minutes, long seed, Map<FaultKind, Integer> kinds) {
        this.target = target;
        this.minutes = minutes;
        this.seed = seed;
        this.kinds = new EnumMap<>(kinds);
        this.report = new FaultReport(target, seed);
    }

    /**
     * One fault after the other until so many minutes are over; a fault ends with the recovery from it.
     *
     * @param target {@code tidb} or {@code mysql}
     */
    static FaultSuite lasting(String target, double minutes, long seed, Collection<FaultKind> kinds) {
        Map<FaultKind, Integer> each = new EnumMap<>(FaultKind.class);
        kinds.forEach(kind -> each.put(kind, 1));
        return new FaultSuite(target, minutes, seed, each);
    }

    /**
     * Each kind so many times, by twos: the second befalls what still recovers from the first.
     *
     * @param target {@code tidb} or {@code mysql}
     */
    static FaultSuite once(String target, long seed, Map<FaultKind, Integer> times) {
        return new FaultSuite(target, 0, seed, times);
    }

    /** Options: {@code --minutes N --target tidb|mysql --seed N --only KINDS --page yes|no --keep DIR}. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>(Map.of(
                "--minutes", "3",
                "--target", "tidb",
                "--seed", Long.toString(System.nanoTime()),
                "--only", "",
                "--page", "no",
                "--keep", ""));
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            if (options.replace(arguments[i], arguments[i + 1]) == null) {
                throw new IllegalArgumentException("no option " + arguments[i] + "; there are " + options.keySet());
            }
        }
        Collection<FaultKind> kinds = EnumSet.allOf(FaultKind.class);
        if (!options.get("--only").isEmpty()) {
            kinds = new ArrayList<>();
            for (String kind : options.get("--only").split(",")) {
                kinds.add(FaultKind.of(kind));
            }
        }
        Path folder = options.get("--keep").isEmpty()
                ? Servers.temporaryFolder("tiderace-faults")
                : Files.createDirectories(Path.of(options.get("--keep")));
        FaultSuite suite = lasting(
                options.get("--target"),
                Double.parseDouble(options.get("--minutes")),
                Long.parseLong(options.get("--seed")),
                kinds);
        List<String> findings = suite.run(folder);
        System.out.println(suite.report.table());
        findings.forEach(finding -> System.out.println("FOUND " + finding));
        if (findings.isEmpty() && options.get("--page").equals("yes")) {
            suite.report.writePage();
        }
        System.exit(findings.isEmpty() ? 0 : 1);
    }

    FaultReport report() {
        return report;
    }

    /** Gives what was wrong: nothing, if all is well. */
    List<String> run(Path folder) throws Exception {
        System.err.println("seed " + seed + " (again with --seed " + seed + ")");
        try (FaultStack stack = FaultStack.start(folder, target, minutes <= SMALL_DISK_MINUTES ? DISK_MIB : 0)) {
            FaultLoad.createSchema(stack.sourceUrl(), FaultStack.NAME);
            try (FaultChecker checker = new FaultChecker(stack.targetUrl(), FaultStack.NAME);
                    FaultLoad load = FaultLoad.start(stack.sourceUrl(), FaultStack.NAME, seed)) {
                stack.startServices();
                awaitBeat(stack, load, checker);
                stack.startTwins();
                load.startDdl(seed);
                awaitBeat(stack, load, checker);
                inject(stack, load, checker);
                return judge(stack, load, checker);
            }
        }
    }

    private void inject(FaultStack stack, FaultLoad load, FaultChecker checker) throws Exception {
        Supplier<List<Fault>> course = course(stack);
        FaultInjector injector = new FaultInjector(stack, load, seed);
        Random random = new Random(seed);
        for (List<Fault> faults = course.get(); !faults.isEmpty(); faults = course.get()) {
            long begin = System.nanoTime();
            for (Fault fault : faults) {
                injector.inject(fault);
            }
            double held = (System.nanoTime() - begin) / 1e9;
            double stall = awaitBeat(stack, load, checker);
            faults.forEach(fault -> report.add(fault.kind(), stall));
            if (minutes > 0 && faults.get(0).kind() == FaultKind.HALF_OPEN && stall > HALF_OPEN_SECONDS) {
                late.add("after " + names(faults) + " the target waited for " + Math.round(stall) + " s");
            }
            System.err.printf(Locale.ROOT, "%-28s held %4.1f s, then stalled %4.1f s%n", names(faults), held, stall);
            Thread.sleep(random.nextInt(QUIET_MAX_MS));
        }
        report.figure("processes killed with -9", injector.kills());
    }

    private static String names(List<Fault> faults) {
        return faults.stream().map(Fault::toString).collect(Collectors.joining(", "));
    }

    /** What comes next each time that it is asked; nothing at the end. */
    private Supplier<List<Fault>> course(FaultStack stack) {
        Map<FaultKind, Integer> possible = new EnumMap<>(kinds);
        possible.keySet().removeIf(kind -> !FaultInjector.isPossible(kind, stack));
        kinds.keySet().stream()
                .filter(kind -> !possible.containsKey(kind))
                .forEach(kind -> System.err.println("not shown on this machine: " + kind.option()));
        if (minutes == 0) {
            Deque<Fault> hand = new ArrayDeque<>(FaultDeck.hand(seed, possible));
            return () -> Stream.generate(hand::poll)
                    .limit(AT_ONCE)
                    .takeWhile(Objects::nonNull)
                    .toList();
        }
        FaultDeck deck = new FaultDeck(seed, possible.keySet());
        long end = System.nanoTime() + (long) (minutes * 60e9);
        return () -> System.nanoTime() < end ? List.of(deck.next()) : List.of();
    }

    /** Until the target has a change that the source committed after now; seconds. */
    private static double awaitBeat(FaultStack stack, FaultLoad load, FaultChecker checker)
            throws InterruptedException {
        long wanted = load.lastBeat() + 2;
        long begin = System.nanoTime();
        while (checker.beat() < wanted) {
            long waited = System.nanoTime() - begin;
            load.ease(waited > EASE_SECONDS * 1_000_000_000L ? EASE_TIMES : 1);
            if (waited > STUCK_SECONDS * 1_000_000_000L) {
                throw new AssertionError("stuck for " + STUCK_SECONDS + " s at beat " + checker.beat()
                        + ", the source is at " + load.lastBeat() + stack.state());
            }
            Thread.sleep(10);
        }
        load.ease(1);
        return (System.nanoTime() - begin) / 1e9;
    }

    private List<String> judge(FaultStack stack, FaultLoad load, FaultChecker checker) throws Exception {
        load.close();
        FaultVerdict verdict = new FaultVerdict(stack);
        awaitEqual(stack);
        stack.endSupervision();
        verdict.stopAll();
        checker.close();
        verdict.rows();
        verdict.compare();
        long numbered = verdict.numbers();
        verdict.processes();
        late.forEach(finding -> verdict.require(false, finding));
        checker.findings().forEach(finding -> verdict.require(false, "checker, " + finding));
        report.figure("target", target.equals("tidb") ? "TiDB" : "MySQL 8.0");
        report.figure("minutes", minutes);
        report.figure("faults", report.faults());
        report.figure("source transactions", load.transactions());
        report.figure("DDL statements", load.ddlStatements());
        report.figure("numbered transactions in the relay topic", numbered);
        report.figure("processes that ended with 4 and were started again", endings(stack));
        report.figure(
                "times that Kafka ended by itself and was started again",
                stack.kafka().endings().size());
        report.figure("looks at the whole target while it ran", checker.looks());
        report.figure(
                "looks that found a part of a transaction", checker.findings().size());
        report.figure("rows lost", verdict.lost());
        report.figure("rows repeated", verdict.repeated());
        return verdict.findings();
    }

    private static int endings(FaultStack stack) {
        return stack.members().stream()
                .mapToInt(member -> member.endings().size())
                .sum();
    }

    /** The last beat may be there before what lanes beside its own still write. */
    private static void awaitEqual(FaultStack stack) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(STUCK_SECONDS).toNanos();
        Map<String, String> wanted = Fingerprint.of(stack.sourceUrl(), FaultStack.NAME);
        while (!isTarget(stack, wanted) && System.nanoTime() < deadline) {
            Thread.sleep(200);
        }
    }

    private static boolean isTarget(FaultStack stack, Map<String, String> wanted) throws Exception {
        try {
            return Fingerprint.of(stack.targetUrl(), FaultStack.NAME).equals(wanted);
        } catch (SQLException e) {
            return false; // a statement of the source altered a table while it was looked at: the rows are judged
            // afterwards
        }
    }
}
