package io.tiderace.capture;

import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.StatusReport.TableProgress;
import io.tiderace.schemas.TideraceException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What capture says about its sources: a status report a second, a log line a minute. Used by the service's thread. */
final class Reports {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureService.class);

    private final String instance;
    private final StatusReport.Sink sink;
    private final Map<String, Sample> last = new HashMap<>();

    private record Sample(long rows, long nanos) {}

    Reports(String instance, StatusReport.Sink sink) {
        this.instance = instance;
        this.sink = sink;
    }

    void report(SourceCapture capture) {
        report(capture, null);
    }

    void failed(SourceCapture capture, RuntimeException failure) {
        String error = failure instanceof TideraceException known
                ? known.code() + ": " + known.problem()
                : String.valueOf(failure);
        capture.progress().phase("failed");
        report(capture, error);
    }

    private void report(SourceCapture capture, @Nullable String error) {
        Progress progress = capture.progress();
        long rows = progress.rows();
        long now = System.nanoTime();
        Sample before = last.put(capture.sourceId(), new Sample(rows, now));
        double rate = before == null || now == before.nanos
                ? 0
                : Math.max(0, rows - before.rows) * 1e9 / (now - before.nanos);
        StoredPosition position = capture.position();
        String phase = progress.phase();
        sink.report(new StatusReport(
                "capture",
                capture.sourceId(),
                null,
                instance,
                phase,
                phase.equals("waiting") ? "the source or Kafka was lost; trying again" : progress.waitingFor(),
                rows,
                rate,
                position == null ? 0 : position.txn(),
                progress.lagMs(),
                Progress.position(position),
                progress.copy(),
                error,
                Map.of(),
                System.currentTimeMillis()));
    }

    void summary(SourceCapture capture) {
        StoredPosition position = capture.position();
        LOG.atInfo()
                .addKeyValue("source", capture.sourceId())
                .addKeyValue("phase", capture.progress().phase())
                .addKeyValue("rows", capture.progress().rows())
                .addKeyValue("txn", position == null ? 0 : position.txn())
                .addKeyValue(
                        "position", position == null ? "" : position.position().toString())
                .addKeyValue("lagMs", capture.progress().lagMs())
                .log("summary");
        String waitingFor = capture.progress().waitingFor();
        if (waitingFor != null) {
            LOG.atInfo().addKeyValue("source", capture.sourceId()).log("the copy waits: {}", waitingFor);
        }
        if (capture.progress().copy() != null) {
            capture.progress().running().forEach(table -> copying(capture, table));
        }
    }

    private static void copying(SourceCapture capture, TableProgress table) {
        LOG.atInfo()
                .addKeyValue("source", capture.sourceId())
                .addKeyValue("table", table.table())
                .addKeyValue("rows", table.rows())
                .addKeyValue("ofAbout", table.rowsTotal())
                .addKeyValue("bytes", table.bytes())
                .addKeyValue("rowsPerSecond", Math.round(table.rowsPerSecond()))
                .addKeyValue("remainingMs", table.remainingMs())
                .log("copying");
    }
}
