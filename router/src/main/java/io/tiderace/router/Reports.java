package io.tiderace.router;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.router.RouterTopology.Leg;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One report a source and second, one line in the log a minute. */
final class Reports {
    private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
    private static final long SUMMARY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final ServiceConfig config;
    private final TaskConfig task;
    private final List<Leg> legs;
    private final StatusReport.Sink sink;
    private final Map<String, Long> rowsBefore = new HashMap<>();
    private long sentAtNanos = System.nanoTime();
    private long summaryAtNanos = System.nanoTime();
    private @Nullable String error;

    Reports(ServiceConfig config, TaskConfig task, List<Leg> legs, StatusReport.Sink sink) {
        this.config = config;
        this.task = task;
        this.legs = legs;
        this.sink = sink;
        legs.forEach(leg -> report(leg, "starting", null, 0));
    }

    void send() {
        long now = System.nanoTime();
        double seconds = Math.max(1e-3, (now - sentAtNanos) / 1e9);
        sentAtNanos = now;
        boolean summary = now - summaryAtNanos > SUMMARY_NANOS;
        for (Leg leg : legs) {
            SourceFigures figures = leg.source().figures();
            long rows = figures.rows();
            Long before = rowsBefore.put(leg.source().id(), rows);
            String phase = !figures.isOwned() ? "waiting" : figures.copy() != null ? "copying" : "streaming";
            String waitingFor = figures.isOwned()
                    ? null
                    : "another router process has this source, or Kafka has not assigned it yet";
            report(leg, phase, waitingFor, Math.max(0, rows - (before == null ? 0 : before)) / seconds);
            if (summary) {
                summaryAtNanos = now;
                LOG.atInfo()
                        .addKeyValue("task", task.name())
                        .addKeyValue("source", leg.source().id())
                        .addKeyValue("phase", phase)
                        .addKeyValue("rows", rows)
                        .addKeyValue("txn", figures.txn())
                        .addKeyValue("lagMs", figures.lagMs())
                        .log("Routed");
            }
        }
    }

    void failed(RuntimeException thrown) {
        error = thrown instanceof TideraceException ours ? ours.code() + ": " + ours.problem() : thrown.toString();
    }

    void last(String phase) {
        legs.forEach(leg -> report(leg, phase, null, 0));
    }

    private void report(Leg leg, String phase, @Nullable String waitingFor, double rowsPerSecond) {
        SourceFigures figures = leg.source().figures();
        sink.report(new StatusReport(
                "router",
                leg.source().id(),
                task.name(),
                config.instance(),
                phase,
                waitingFor,
                figures.rows(),
                rowsPerSecond,
                figures.txn(),
                figures.lagMs(),
                figures.position(),
                figures.copy(),
                error,
                figures.more(),
                System.currentTimeMillis()));
    }
}
