package io.tiderace.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.tests.BenchmarkFigure.Ceiling;
import io.tiderace.tests.BenchmarkFigure.Goal;
import io.tiderace.tests.BenchmarkFigure.Runs;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Everything that a run has found, printed as it comes, and at the end as JSON and as tables in Markdown. */
final class BenchmarkReport {
    private static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 100};

    /** A table of numbers; the first column names the row. */
    record Table(String name, List<String> columns, List<List<String>> rows) {}

    private final PrintStream out;
    private final List<BenchmarkFigure> figures = new ArrayList<>();
    private final Map<String, Histogram> histograms = new LinkedHashMap<>();
    private final Map<String, BenchmarkProfile.Result> profiles = new LinkedHashMap<>();
    private final List<Table> tables = new ArrayList<>();

    BenchmarkReport(PrintStream out) {
        this.out = out;
    }

    void say(String format, Object... arguments) {
        out.printf(Locale.ROOT, format + "%n", arguments);
    }

    void figure(String name, String unit, Runs seen, @Nullable Ceiling ceiling, Goal goal) {
        BenchmarkFigure figure = new BenchmarkFigure(name, unit, seen, ceiling, goal);
        figures.add(figure);
        say("%s", figure.line());
    }

    /** @return the ceiling of that figure, null when it was not measured */
    @Nullable
    Ceiling ceilingOf(String name) {
        return figures.stream()
                .filter(figure -> figure.name().equals(name))
                .findFirst()
                .map(BenchmarkFigure::ceiling)
                .orElse(null);
    }

    /** @param microseconds of every single one */
    void histogram(String name, Histogram microseconds) {
        histograms.put(name, microseconds);
        StringBuilder line = new StringBuilder();
        for (double percentile : PERCENTILES) {
            line.append("  %s %.1f".formatted(label(percentile), microseconds.getValueAtPercentile(percentile) / 1e3));
        }
        say("%s, ms, %,d of them:%s", name, microseconds.getTotalCount(), line);
    }

    void profile(String name, BenchmarkProfile.Result profile) {
        profiles.put(name, profile);
        say("%s", profile.text(name).stripTrailing());
    }

    /** A profile of a run of which what waits in front of a stage says little. */
    void usage(String name, BenchmarkProfile.Result profile) {
        say("%s, processors:%n%s", name, profile.usage().stripTrailing());
    }

    void table(Table table) {
        tables.add(table);
        say("%s", markdown(table));
    }

    List<BenchmarkFigure> figures() {
        return List.copyOf(figures);
    }

    void writeJson(Path file, BenchmarkOptions options) throws IOException {
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json(options));
    }

    private Map<String, Object> json(BenchmarkOptions options) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("changes", options.changes());
        json.put("copyRows", options.rows());
        json.put("repeats", options.repeats());
        json.put("processors", Runtime.getRuntime().availableProcessors());
        json.put("heapMaxBytes", Runtime.getRuntime().maxMemory());
        json.put("java", System.getProperty("java.vm.version"));
        json.put("uptimeMs", ManagementFactory.getRuntimeMXBean().getUptime());
        json.put("figures", figures.stream().map(BenchmarkFigure::json).toList());
        Map<String, Object> latencies = new LinkedHashMap<>();
        histograms.forEach((name, histogram) -> latencies.put(name, json(histogram)));
        json.put("histograms", latencies);
        Map<String, Object> profiled = new LinkedHashMap<>();
        profiles.forEach((name, profile) -> profiled.put(name, profile.json()));
        json.put("profiles", profiled);
        json.put("tables", tables);
        return json;
    }

    private static Map<String, Object> json(Histogram histogram) {
        Map<String, Object> json = new TreeMap<>();
        json.put("count", histogram.getTotalCount());
        json.put("unit", "ms");
        json.put("mean", histogram.getMean() / 1e3);
        for (double percentile : PERCENTILES) {
            json.put(label(percentile), histogram.getValueAtPercentile(percentile) / 1e3);
        }
        return json;
    }

    private static String label(double percentile) {
        return percentile == 100 ? "max" : "p" + (percentile == (int) percentile ? "" + (int) percentile : percentile);
    }

    void writeMarkdown(Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        if (!figures.isEmpty()) {
            text.append(BenchmarkFigure.markdownHead());
            figures.forEach(figure -> text.append(figure.markdown()));
        }
        if (!histograms.isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            histograms.forEach((name, histogram) -> rows.add(row(name, histogram)));
            List<String> columns = new ArrayList<>(List.of("latency in ms", "count"));
            for (double percentile : PERCENTILES) {
                columns.add(label(percentile));
            }
            text.append('\n').append(markdown(new Table("", columns, rows)));
        }
        profiles.forEach((name, profile) ->
                text.append("\n```text\n").append(profile.text(name)).append("```\n"));
        tables.forEach(table -> text.append('\n').append(markdown(table)));
        Files.writeString(file, text);
    }

    private static List<String> row(String name, Histogram histogram) {
        List<String> row = new ArrayList<>(List.of(name, "%,d".formatted(histogram.getTotalCount())));
        for (double percentile : PERCENTILES) {
            row.add("%.1f".formatted(histogram.getValueAtPercentile(percentile) / 1e3));
        }
        return row;
    }

    private static String markdown(Table table) {
        StringBuilder text = new StringBuilder();
        if (!table.name().isEmpty()) {
            text.append(table.name()).append("\n\n");
        }
        text.append("| ").append(String.join(" | ", table.columns())).append(" |\n");
        text.append("|---".repeat(table.columns().size())).append("|\n");
        table.rows()
                .forEach(
                        row -> text.append("| ").append(String.join(" | ", row)).append(" |\n"));
        return text.toString();
    }
}
