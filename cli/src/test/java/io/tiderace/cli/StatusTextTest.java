package io.tiderace.cli;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.StatusReport.CopyProgress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What people see of a report says how far things are, what they wait for, and when nobody reports any more. */
class StatusTextTest {
    private static final long NOW = 1_000_000;

    private static StatusReport report(
            String stage, String phase, long txn, long lagMs, CopyProgress copy, String error) {
        return new StatusReport(
                stage,
                "s1",
                stage.equals("capture") ? null : "t1",
                "host-1",
                phase,
                null,
                50,
                12_345.4,
                txn,
                lagMs,
                new SourcePosition("bin.000002", 77, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9"),
                copy,
                error,
                Map.of("queue_bytes", 5L),
                NOW - 500);
    }

    @Test
    void aBlockHasALineAStageWithSpeedLagAndPosition() {
        List<String> lines = StatusText.block(
                List.of(
                        report("applier", "streaming", 90, 1234, null, null),
                        report("capture", "streaming", 100, 20, null, null)),
                NOW);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).isEqualTo("s1");
        assertThat(lines.get(1)).contains("capture", "streaming", "12,345 rows/s", "lag 0.0 s", "bin.000002:77");
        assertThat(lines.get(2)).contains("applier", "lag 1.2 s", "10 txn behind", "task t1");
    }

    @Test
    void aCopyHasABarAndTheTimeThatIsLeft() {
        CopyProgress copy = new CopyProgress(250, 1000, 9999, 1, 4, NOW - 30_000);
        List<String> lines = StatusText.block(List.of(report("applier", "copying", 5, -1, copy, null)), NOW);
        assertThat(lines.get(1)).contains("lag unknown");
        assertThat(lines.get(2))
                .contains("[######------------------] 25 %  250 of about 1,000 rows, 1 of 4 tables, 1:30 left");
    }

    @Test
    void estimatesThatWereTooLowNeverClaimTheEnd() {
        CopyProgress copy = new CopyProgress(2000, 1000, 9999, 3, 4, NOW - 30_000);
        assertThat(StatusText.plain(List.of(report("applier", "copying", 5, 0, copy, null)), NOW)
                        .get(0))
                .contains("99 %  2,000 of about 2,000 rows");
    }

    @Test
    void silenceIsToldExceptAfterAnEnd() {
        StatusReport report = report("applier", "streaming", 5, 0, null, null);
        StatusReport ended = report("applier", "finished", 5, 0, null, null);
        assertThat(StatusText.block(List.of(report), NOW + 65_000).get(1)).contains("no report for 1:05");
        assertThat(StatusText.block(List.of(ended), NOW + 65_000).get(1)).doesNotContain("no report");
    }

    @Test
    void anErrorIsShownWithItsCure() {
        StatusReport failed = report("applier", "failed", 5, 0, null, "TR-A001: bad\n  fix: do it");
        assertThat(StatusText.block(List.of(failed), NOW))
                .anyMatch(line -> line.contains("error TR-A001: bad"))
                .anyMatch(line -> line.contains("fix: do it"));
    }

    @Test
    void jsonKeepsEveryField() throws Exception {
        StatusReport report = report("router", "streaming", 5, 3, new CopyProgress(1, 2, 3, 4, 5, 6), "TR-R001: x");
        StatusReport rounded = StatusJson.read(StatusJson.MAPPER.writeValueAsBytes(StatusJson.write(report)));
        assertThat(rounded).isEqualTo(report);
    }

    @Test
    void ofSeveralProcessesTheNewestReportCounts() {
        StatusReport old = report("applier", "streaming", 5, 3, null, null);
        StatusReport newer = new StatusReport(
                "applier", "s1", "t1", "host-2", "streaming", null, 1, 0, 9, 0, null, null, null, Map.of(), NOW);
        assertThat(StatusTopic.relevant(List.of(newer, old), List.of(), NOW)).containsExactly(newer);
        assertThat(StatusTopic.relevant(List.of(newer, old), List.of("other"), NOW))
                .isEmpty();
    }
}
