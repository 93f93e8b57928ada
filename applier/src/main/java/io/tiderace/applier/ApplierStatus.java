package io.tiderace.applier;

import io.tiderace.applier.Dispatcher.Figures;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.StatusReport;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells every second what the applier is doing, and the log once a minute. Not thread-safe. */
final class ApplierStatus {
    private static final Logger LOG = LoggerFactory.getLogger(ApplierStatus.class);
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long SUMMARY_NS = TimeUnit.MINUTES.toNanos(1);

    private final String instance;
    private final TaskConfig task;
    private final StatusReport.Sink sink;
    private final Map<String, Long> rowsBefore = new HashMap<>();
    private long reportedAt = System.nanoTime();
    private long summaryAt = System.nanoTime();

    ApplierStatus(String instance, TaskConfig task, StatusReport.Sink sink) {
        this.instance = instance;
        this.task = task;
        this.sink = sink;
    }

    void starting(Collection<TaskConfig.Instance> instances) {
        instances.forEach(source -> sink.report(without(source.sourceId(), "starting")));
    }

    /** After the loop, while the lanes end. */
    void ending(Collection<SourceApplier> sources) {
        sources.forEach(source -> sink.report(report(source, "stopping", null, 1)));
    }

    void ended(Collection<TaskConfig.Instance> instances, String phase) {
        instances.forEach(source -> sink.report(without(source.sourceId(), phase)));
    }

    boolean isDue() {
        return System.nanoTime() - reportedAt >= INTERVAL_NS;
    }

    /** @param waiting why all sources wait, null when they do not */
    void report(Collection<SourceApplier> sources, @Nullable String waiting) {
        long now = System.nanoTime();
        double seconds = (now - reportedAt) / 1e9;
        reportedAt = now;
        boolean summary = now - summaryAt >= SUMMARY_NS;
        summaryAt = summary ? now : summaryAt;
        for (SourceApplier source : sources) {
            StatusReport report = report(source, null, waiting, seconds);
            sink.report(report);
            if (summary) {
                LOG.atInfo()
                        .addKeyValue("source", report.sourceId())
                        .addKeyValue("phase", report.phase())
                        .addKeyValue("txn", report.txn())
                        .addKeyValue("rows", report.rows())
                        .addKeyValue("lagMs", report.lagMs())
                        .addKeyValue("position", report.position())
                        .log("applier");
            }
        }
    }

    private StatusReport report(
            SourceApplier source, @Nullable String phase, @Nullable String waiting, double seconds) {
        Figures figures = source.figures();
        String sourceId = source.sourceId();
        long before = rowsBefore.getOrDefault(sourceId, 0L);
        rowsBefore.put(sourceId, figures.rows());
        Commit last = figures.last();
        boolean copying = last != null && last.snapshot() && !source.isCopied();
        boolean idle = figures.rows() == before && figures.transactionsInFlight() == 0;
        String waitingFor = source.waitingFor() != null ? source.waitingFor() : waiting;
        String now = waitingFor != null ? "waiting" : (copying ? "copying" : "streaming");
        return new StatusReport(
                "applier",
                sourceId,
                task.name(),
                instance,
                phase != null ? phase : now,
                waitingFor,
                figures.rows(),
                Math.max(0, figures.rows() - before) / seconds,
                figures.low().txn(),
                idle && figures.lagMs() >= 0 ? 0 : figures.lagMs(),
                figures.low().position(),
                copying ? source.copy() : null,
                null,
                numbers(source, figures),
                System.currentTimeMillis());
    }

    private static Map<String, Long> numbers(SourceApplier source, Figures figures) {
        Map<String, Long> numbers = new TreeMap<>();
        numbers.put("lanesBusy", (long) figures.busyLanes());
        numbers.put("lanesAllowed", (long) figures.allowedLanes());
        numbers.put("groups", figures.groups());
        numbers.put("statements", source.mismatches().statements());
        numbers.put("rowsMissing", source.mismatches().count());
        numbers.put("changesInQuarantine", (long) source.quarantined());
        numbers.put("groupsInTheWay", source.mismatches().inTheWay());
        numbers.put("transactionsInFlight", (long) figures.transactionsInFlight());
        numbers.put("transactionsSplit", source.splitTransactions());
        numbers.put("bytesInFlight", figures.bytes());
        return numbers;
    }

    private StatusReport without(String sourceId, String phase) {
        long now = System.currentTimeMillis();
        return new StatusReport(
                "applier", sourceId, task.name(), instance, phase, null, 0, 0, 0, -1, null, null, null, Map.of(), now);
    }
}
