package io.tiderace.cli;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.StatusReport.CopyProgress;
import io.tiderace.schemas.StatusReport.TableProgress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Status reports as text for people. Pure. */
final class StatusText {
    /** A process that is well reports once a second. */
    static final long STALE_AFTER_MS = 10_000;

    private static final List<String> STAGES = List.of("capture", "router", "applier");
    private static final int BAR_WIDTH = 24;
    private static final int TABLE_LINES_MAX = 8;

    private StatusText() {}

    /** Every source with a line a stage, and the progress of its copy. */
    static List<String> block(Collection<StatusReport> reports, long nowMs) {
        List<String> lines = new ArrayList<>();
        bySource(reports).forEach((source, stages) -> {
            lines.add(source);
            long newest = newestTxn(stages);
            for (StatusReport report : stages) {
                lines.add(stageLine(report, newest, nowMs));
                if (report.waitingFor() != null) {
                    lines.add("             waiting: " + report.waitingFor());
                }
                long held = report.figures().getOrDefault("changesInQuarantine", 0L);
                if (held > 0) {
                    lines.add("             quarantine: " + held + " changes wait, see 'tiderace quarantine list'");
                }
                if (report.error() != null) {
                    lines.add("             error " + report.error().replace("\n", "\n             "));
                }
            }
            CopyProgress copy = copyOf(stages);
            if (copy != null) {
                lines.add("  copy     " + bar(copy) + " " + copyText(copy, nowMs));
            }
            for (StatusReport report : stages) {
                tableLines(report.copy(), lines);
            }
        });
        return lines;
    }

    /** Every source in one line, for logs and pipes. */
    static List<String> plain(Collection<StatusReport> reports, long nowMs) {
        List<String> lines = new ArrayList<>();
        bySource(reports).forEach((source, stages) -> {
            StringBuilder line = new StringBuilder(source);
            CopyProgress copy = copyOf(stages);
            if (copy != null) {
                line.append(" | copy ").append(copyText(copy, nowMs));
            }
            for (StatusReport report : stages) {
                line.append(" | ").append(report.stage());
                if (report.task() != null && tasks(stages) > 1) {
                    line.append(' ').append(report.task());
                }
                line.append(' ').append(report.phase()).append(' ').append(rate(report));
                if (report.stage().equals("applier")) {
                    line.append(" lag ").append(lag(report.lagMs()));
                }
            }
            StatusReport last = stages.get(stages.size() - 1);
            if (last.position() != null) {
                line.append(" | ").append(shortPosition(last.position()));
            }
            lines.add(line.toString());
        });
        return lines;
    }

    private static String stageLine(StatusReport report, long newestTxn, long nowMs) {
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, "  %-8s %-10s %15s", report.stage(), report.phase(), rate(report)));
        line.append(String.format(Locale.ROOT, "  lag %-8s", lag(report.lagMs())));
        boolean isKnown = report.txn() > 0; // a stage that has handled nothing yet does not know where it is
        String behind = report.stage().equals("capture") || newestTxn <= report.txn() || !isKnown
                ? ""
                : String.format(Locale.ROOT, "%,d txn behind", newestTxn - report.txn());
        line.append(String.format(Locale.ROOT, " %-16s", behind));
        SourcePosition position = report.position();
        if (position != null) {
            line.append("  ").append(shortPosition(position));
        }
        if (report.task() != null) {
            line.append("  task ").append(report.task());
        }
        long ageMs = nowMs - report.updatedAtMs();
        if (isStale(report, nowMs)) {
            line.append("  (no report for ").append(duration(ageMs)).append(": is its process alive?)");
        }
        return line.toString().stripTrailing();
    }

    /** True when the process that wrote this should have said more since then. */
    static boolean isStale(StatusReport report, long nowMs) {
        boolean ended = report.phase().equals("stopped") || report.phase().equals("finished");
        return !ended && nowMs - report.updatedAtMs() > STALE_AFTER_MS;
    }

    private static Map<String, List<StatusReport>> bySource(Collection<StatusReport> reports) {
        Map<String, List<StatusReport>> sources = new TreeMap<>();
        for (StatusReport report : reports) {
            sources.computeIfAbsent(report.sourceId(), key -> new ArrayList<>()).add(report);
        }
        Comparator<StatusReport> order = Comparator.comparing((StatusReport r) -> STAGES.indexOf(r.stage()))
                .thenComparing(r -> r.task() == null ? "" : r.task())
                .thenComparing(StatusReport::instance);
        sources.values().forEach(stages -> stages.sort(order));
        return sources;
    }

    private static long tasks(List<StatusReport> stages) {
        return stages.stream()
                .map(report -> report.task() == null ? "" : report.task())
                .filter(task -> !task.isEmpty())
                .distinct()
                .count();
    }

    static long newestTxn(Collection<StatusReport> stages) {
        return stages.stream().mapToLong(StatusReport::txn).max().orElse(0);
    }

    /** The applier's view of the copy counts most: what it has done is in the target. */
    private static @Nullable CopyProgress copyOf(List<StatusReport> stages) {
        CopyProgress found = null;
        for (StatusReport report : stages) {
            if (report.copy() != null) {
                found = report.copy();
            }
        }
        return found;
    }

    private static String bar(CopyProgress copy) {
        int done = (int) Math.round(fraction(copy) * BAR_WIDTH);
        return "[" + "#".repeat(done) + "-".repeat(BAR_WIDTH - done) + "]";
    }

    /** Totals are the optimizer's estimates, so a copy that is not over never claims to be. */
    private static double fraction(CopyProgress copy) {
        if (copy.tablesTotal() > 0 && copy.tablesDone() >= copy.tablesTotal()) {
            return 1;
        }
        if (copy.rowsTotal() <= 0) { // not told again after a restart
            return copy.tablesTotal() <= 0 ? 0 : (double) copy.tablesDone() / copy.tablesTotal();
        }
        return Math.min(0.99, (double) copy.rows() / copy.rowsTotal());
    }

    private static String copyText(CopyProgress copy, long nowMs) {
        double fraction = fraction(copy);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%d %%  %,d of about %,d rows, %d of %d tables",
                (int) (fraction * 100),
                copy.rows(),
                Math.max(copy.rows(), copy.rowsTotal()),
                copy.tablesDone(),
                copy.tablesTotal()));
        long elapsedMs = nowMs - copy.startedAtMs();
        if (fraction > 0 && fraction < 1 && elapsedMs > 2000 && copy.startedAtMs() > 0) {
            text.append(", ")
                    .append(duration((long) (elapsedMs * (1 - fraction) / fraction)))
                    .append(" left");
        }
        return text.toString();
    }

    /** A line for each table that is being read, the longest first. */
    private static void tableLines(@Nullable CopyProgress copy, List<String> lines) {
        if (copy == null) {
            return;
        }
        copy.running().stream()
                .sorted(Comparator.comparing(TableProgress::remainingMs).reversed())
                .limit(TABLE_LINES_MAX)
                .forEach(table -> lines.add("           " + tableText(table)));
    }

    private static String tableText(TableProgress table) {
        String text = String.format(
                Locale.ROOT,
                "%s  %,d of about %,d rows, %s, %,.0f rows/s",
                table.table(),
                table.rows(),
                Math.max(table.rows(), table.rowsTotal()),
                size(table.bytes()),
                table.rowsPerSecond());
        return table.remainingMs() < 0 ? text : text + ", " + duration(table.remainingMs()) + " left";
    }

    private static String size(long bytes) {
        return bytes < 10L << 20
                ? String.format(Locale.ROOT, "%,d KiB", bytes >> 10)
                : String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
    }

    private static String rate(StatusReport report) {
        return String.format(Locale.ROOT, "%,.0f rows/s", report.rowsPerSecond());
    }

    static String lag(long lagMs) {
        if (lagMs < 0) {
            return "unknown";
        }
        return lagMs < 60_000 ? String.format(Locale.ROOT, "%.1f s", lagMs / 1000.0) : duration(lagMs);
    }

    /** {@code 45 s}, {@code 3:05}, {@code 2:03:05}. */
    static String duration(long millis) {
        long seconds = millis / 1000;
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private static String shortPosition(SourcePosition position) {
        return position.file().isEmpty() ? position.toString() : position.file() + ":" + position.pos();
    }
}
