package io.tiderace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.cli.TableDifference.Row;
import io.tiderace.config.TaskConfig;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "compare",
        description = {
            "Compare the rows of sources and target, through the task's block-allow list and routes, by checksums of chunks.",
            "Rows that differ are named by their keys. While changes flow, differing rows are asked for again until they had time to arrive."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "tiderace compare --source s.yaml --task t.yaml", "", "Exit code 0: equal. 5: not."})
final class CompareCommand implements Callable<Integer> {
    static final int DIFFERENT = 5;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--retry-for",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "How long rows may differ before they count as different (default: ${DEFAULT-VALUE}).")
    private int retryForSeconds;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "4",
            description = "Chunks compared at once (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--json", description = "One JSON object for each target table, one a line.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        return compare(
                        options.load(),
                        TimeUnit.SECONDS.toMillis(retryForSeconds),
                        Math.max(1, threads),
                        json,
                        spec.commandLine().getOut())
                ? 0
                : DIFFERENT;
    }

    /** Prints what is found; true when everything is equal. */
    static boolean compare(Setup setup, long retryForMs, int threads, boolean json, PrintWriter out)
            throws InterruptedException {
        long[] totals = new long[3]; // tables, rows, tables that differ
        for (TaskConfig task : setup.tasks()) {
            try (TaskComparison comparison = new TaskComparison(setup, task, retryForMs, threads)) {
                comparison.run(result -> {
                    totals[0]++;
                    totals[1] += result.sourceRows();
                    totals[2] += result.isEqual() ? 0 : 1;
                    if (json) {
                        out.println(toJson(task, result));
                    } else {
                        print(result, out);
                    }
                    out.flush();
                });
            }
        }
        if (!json) {
            out.println(
                    totals[2] == 0
                            ? String.format(Locale.ROOT, "equal: %d tables, %,d rows", totals[0], totals[1])
                            : String.format(Locale.ROOT, "different: %d of %d tables", totals[2], totals[0]));
            out.flush();
        }
        return totals[2] == 0;
    }

    private static void print(TableDifference result, PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%-5s %s  %,d rows",
                result.isEqual() ? "equal" : "DIFF",
                result.comparison().name(),
                result.sourceRows()));
        result.comparison().notes().forEach(note -> out.println("      note: " + note));
        result.problems().forEach(problem -> out.println("      " + problem));
        for (Row row : result.rows()) {
            out.println("      " + row.kind().text() + ": " + key(result, row));
        }
        if (result.isMore()) {
            out.println("      … and more; " + result.sourceRows() + " rows at the source, " + result.targetRows()
                    + " in the target");
        }
    }

    private static String key(TableDifference result, Row row) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.key().size(); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(columnName(result, i))
                    .append('=')
                    .append(row.key().get(i));
        }
        return text.toString();
    }

    private static String columnName(TableDifference result, int keyColumn) {
        CompareSql target = result.comparison().target();
        return target == null ? "" : target.key().get(keyColumn).name();
    }

    private static ObjectNode toJson(TaskConfig task, TableDifference result) {
        ObjectNode json = StatusJson.MAPPER.createObjectNode().put("task", task.name());
        json.put("table", result.comparison().name().toString());
        strings(
                json.putArray("sources"),
                result.comparison().origins().stream().map(Object::toString).toList());
        json.put("equal", result.isEqual())
                .put("source_rows", result.sourceRows())
                .put("target_rows", result.targetRows());
        strings(json.putArray("problems"), result.problems());
        strings(json.putArray("notes"), result.comparison().notes());
        ArrayNode rows = json.putArray("rows");
        for (Row row : result.rows()) {
            ObjectNode key = rows.addObject()
                    .put("kind", row.kind().name().toLowerCase(Locale.ROOT))
                    .putObject("key");
            for (int i = 0; i < row.key().size(); i++) {
                key.put(columnName(result, i), row.key().get(i));
            }
        }
        return json.put("more_rows", result.isMore());
    }

    private static void strings(ArrayNode array, List<String> values) {
        values.forEach(array::add);
    }
}
