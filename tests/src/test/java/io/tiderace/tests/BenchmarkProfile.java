package io.tiderace.tests;

import com.sun.management.OperatingSystemMXBean;
import io.tiderace.schemas.StatusReport;
import io.tiderace.tests.BenchmarkPipeline.Stage;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Looks at a pipeline while it works: who uses the processors, which threads never rest, and how many transactions wait in front of each stage. So
 * it can say which stage the others wait for. One run, from construction to {@link #end}.
 */
final class BenchmarkProfile {
    private static final long LOOK_MS = 250;
    private static final int THREADS_SHOWN = 8;
    private static final String COMPILER = "compiler and garbage collector";
    private static final OperatingSystemMXBean MACHINE =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final BenchmarkPipeline pipeline;
    private final Map<Long, ThreadUse> threads = new HashMap<>();
    private final Map<Long, ProcessUse> children = new HashMap<>();
    private final Map<String, String> childNames;
    private final List<Map<Stage, Long>> txns = new ArrayList<>();
    private final List<Double> machineLoads = new ArrayList<>();
    private final List<Long> lanesBusy = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread = new Thread(this::lookOn, "benchmark-profile");
    private final long begun = System.nanoTime();
    private final long begunCpu = processCpuNanos();

    private record ThreadUse(String name, long firstNanos, long lastNanos) {}

    private record ProcessUse(String name, long firstNanos, long lastNanos) {}

    /** @param childNames what to call a process that this one has started, by a part of its command line */
    BenchmarkProfile(BenchmarkPipeline pipeline, Map<String, String> childNames) {
        this.pipeline = pipeline;
        this.childNames = childNames;
        look();
        thread.setDaemon(true);
        thread.start();
    }

    static long processCpuNanos() {
        return MACHINE.getProcessCpuTime();
    }

    private void lookOn() {
        try {
            while (!ended.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void look() {
        for (ThreadInfo info : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            long nanos = info == null ? -1 : THREADS.getThreadCpuTime(info.getThreadId());
            if (info != null && nanos >= 0) {
                // a thread that comes later begins at 0
                long first = txns.isEmpty() ? nanos : 0;
                threads.merge(
                        info.getThreadId(),
                        new ThreadUse(info.getThreadName(), first, nanos),
                        (before, now) -> new ThreadUse(now.name(), before.firstNanos(), now.lastNanos()));
            }
        }
        ProcessHandle.current().children().forEach(this::look);
        Map<Stage, Long> done = new EnumMap<>(Stage.class);
        for (StatusReport report : pipeline.reports()) {
            done.merge(Stage.valueOf(report.stage().toUpperCase(Locale.ROOT)), report.txn(), Long::sum);
            if (report.figures().containsKey("lanesBusy") && report.txn() > 0) {
                lanesBusy.add(report.figures().get("lanesBusy"));
            }
        }
        txns.add(done);
        machineLoads.add(Math.max(0, MACHINE.getCpuLoad()));
    }

    private void look(ProcessHandle child) {
        Duration used = child.info().totalCpuDuration().orElse(null);
        if (used != null) {
            String command = child.info().commandLine().orElse("");
            String name = childNames.entrySet().stream()
                    .filter(entry -> command.contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse("other processes of the benchmark");
            children.merge(
                    child.pid(),
                    new ProcessUse(name, used.toNanos(), used.toNanos()),
                    (before, now) -> new ProcessUse(name, before.firstNanos(), now.lastNanos()));
        }
    }

    /**
     * @param changes that were made in the meantime
     * @param transactions that they are
     */
    Result end(long changes, long transactions) throws InterruptedException {
        look();
        ended.countDown();
        thread.join();
        double seconds = (System.nanoTime() - begun) / 1e9;
        double processors = Runtime.getRuntime().availableProcessors();
        Map<String, Double> cpu = new TreeMap<>();
        Map<String, Double> busy = new HashMap<>();
        long inThreads = 0;
        for (ThreadUse use : threads.values()) {
            long nanos = use.lastNanos() - use.firstNanos();
            inThreads += nanos;
            cpu.merge(group(use.name()), nanos / 1e9, Double::sum);
            busy.merge(use.name(), nanos / 1e9 / seconds, Math::max);
        }
        cpu.merge(COMPILER, (processCpuNanos() - begunCpu - inThreads) / 1e9, Double::sum);
        for (ProcessUse use : children.values()) {
            cpu.merge(use.name(), (use.lastNanos() - use.firstNanos()) / 1e9, Double::sum);
        }
        double load =
                machineLoads.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        double lanes = lanesBusy.stream().mapToLong(Long::longValue).average().orElse(0);
        return new Result(seconds, processors, changes, sorted(cpu), top(busy), waiting(transactions), lanes, load);
    }

    /** In front of each stage, on the average of the looks since all of them work. */
    private Map<Stage, Double> waiting(long transactions) {
        Map<Stage, Double> result = new EnumMap<>(Stage.class);
        List<Map<Stage, Long>> looks = txns.stream()
                .filter(look -> look.size() == Stage.values().length
                        && look.values().stream().allMatch(txn -> txn > 0))
                .toList();
        for (Map<Stage, Long> look : looks.isEmpty() ? txns : looks) {
            long before = transactions;
            for (Stage stage : Stage.values()) {
                long done = Math.min(before, look.getOrDefault(stage, 0L));
                int count = looks.isEmpty() ? txns.size() : looks.size();
                result.merge(stage, (double) (before - done) / count, Double::sum);
                before = done;
            }
        }
        return result;
    }

    private static Map<String, Double> sorted(Map<String, Double> values) {
        Map<String, Double> result = new LinkedHashMap<>();
        values.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .filter(entry -> entry.getValue() >= 0.01)
                .forEach(entry -> result.put(entry.getKey(), entry.getValue()));
        return result;
    }

    private static Map<String, Double> top(Map<String, Double> busy) {
        Map<String, Double> result = new LinkedHashMap<>();
        busy.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry<String, Double>::getValue)
                        .reversed())
                .limit(THREADS_SHOWN)
                .forEach(entry -> result.put(entry.getKey(), entry.getValue()));
        return result;
    }

    /** Whom a thread of this process works for. */
    static String group(String thread) {
        if (thread.startsWith("lane-")) {
            return "applier's lanes";
        }
        if (thread.equals("applier") || thread.contains("applier")) {
            return "applier's loop";
        }
        if (thread.contains("StreamThread") || thread.contains("router")) {
            return "router";
        }
        if (thread.matches("(capture|engine|relay|blc|copy|late-copy|debezium).*") || thread.contains("capture.")) {
            return "capture";
        }
        if (thread.matches(
                ".*(kafka|raft|replica|quorum|coordinator|ThrottledChannel|log-|socket-server|metadata|broker|controller|Expiration|purgatory|Purgatory).*")) {
            return "Kafka";
        }
        return thread.startsWith("benchmark") || thread.equals("main") ? "benchmark" : "other threads";
    }

    /**
     * What was seen.
     *
     * @param cpuSeconds by who used them
     * @param busiest threads, with the share of the time in which they ran
     * @param waiting transactions in front of each stage, on average
     * @param lanesBusy on average
     * @param machineLoad share of all processors in use, by anyone
     */
    record Result(
            double seconds,
            double processors,
            long changes,
            Map<String, Double> cpuSeconds,
            Map<String, Double> busiest,
            Map<Stage, Double> waiting,
            double lanesBusy,
            double machineLoad) {
        private static final double BUSY = 0.85;
        private static final Set<String> OWN =
                Set.of("capture", "router", "applier's loop", "applier's lanes", "Kafka", "other threads", COMPILER);

        /** The stage that the most waits for, and what it lacks. */
        String bottleneck() {
            Map.Entry<Stage, Double> slowest = waiting.entrySet().stream()
                    .max(Map.Entry.comparingByValue())
                    .orElseThrow();
            String stage = slowest.getKey().name().toLowerCase(Locale.ROOT);
            String thread = busiest.entrySet().stream()
                    .filter(entry -> group(entry.getKey()).startsWith(stage) && entry.getValue() >= BUSY)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse("");
            String most = cpuSeconds.keySet().stream().findFirst().orElse("nobody");
            String reason;
            if (!thread.isEmpty()) {
                reason = "its thread " + thread + " never rests";
            } else if (machineLoad >= BUSY) {
                reason = "all processors are in use, most by " + most;
            } else if (slowest.getKey() == Stage.APPLIER) {
                reason = "%.1f lanes at work wait for the target".formatted(lanesBusy);
            } else {
                reason = "none of its threads and not all processors are busy: it waits for what it reads or writes";
            }
            return stage + ": " + reason;
        }

        /** Of this process, Kafka included and the benchmark itself not. */
        double ownCpuMicros() {
            double own = cpuSeconds.entrySet().stream()
                    .filter(entry -> OWN.contains(entry.getKey()))
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
            return own * 1e6 / changes;
        }

        String text(String name) {
            StringBuilder text = new StringBuilder("%s: bottleneck %s%n".formatted(name, bottleneck()));
            waiting.forEach((stage, count) -> text.append("  in front of %s wait %s transactions%n"
                    .formatted(stage.name().toLowerCase(Locale.ROOT), BenchmarkFigure.number(count))));
            return text + usage();
        }

        String usage() {
            StringBuilder text = new StringBuilder();
            text.append("  lanes at work %.1f; processors in use %.0f %%%n".formatted(lanesBusy, 100 * machineLoad));
            cpuSeconds.forEach((who, used) -> text.append("  %-32s %6.1f µs a change %5.1f %% of the processors%n"
                    .formatted(who, used * 1e6 / changes, 100 * used / seconds / processors)));
            text.append("  busiest threads:");
            busiest.forEach((thread, share) -> text.append(" %s %.0f %%,".formatted(thread, 100 * share)));
            text.setCharAt(text.length() - 1, '\n');
            return text.toString();
        }

        Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("bottleneck", bottleneck());
            json.put("seconds", seconds);
            json.put("changes", changes);
            json.put("machineLoad", machineLoad);
            json.put("lanesBusy", lanesBusy);
            json.put("transactionsWaiting", waiting);
            json.put("cpuSeconds", cpuSeconds);
            json.put("busiestThreads", busiest);
            return json;
        }
    }
}
