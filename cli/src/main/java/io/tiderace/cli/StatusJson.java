package io.tiderace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.StatusReport.CopyProgress;
import io.tiderace.schemas.StatusReport.TableProgress;
import io.tiderace.schemas.TableName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Status reports as the JSON of the status topic; docs/operations.md lists the fields, which only ever get more. */
final class StatusJson {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private StatusJson() {}

    /** Key of a report in the compacted status topic: one stage of one process, for one source and task. */
    static String key(StatusReport report) {
        return report.stage() + "/" + report.instance() + "/" + report.sourceId() + "/"
                + (report.task() == null ? "" : report.task());
    }

    static ObjectNode write(StatusReport report) {
        ObjectNode json = MAPPER.createObjectNode()
                .put("stage", report.stage())
                .put("source", report.sourceId())
                .put("task", report.task())
                .put("instance", report.instance())
                .put("phase", report.phase())
                .put("waiting_for", report.waitingFor())
                .put("rows", report.rows())
                .put("rows_per_second", Math.round(report.rowsPerSecond() * 10) / 10.0)
                .put("txn", report.txn())
                .put("lag_ms", report.lagMs());
        SourcePosition position = report.position();
        if (position == null) {
            json.putNull("position");
        } else {
            json.putObject("position")
                    .put("file", position.file())
                    .put("pos", position.pos())
                    .put("gtid_set", position.gtidSet());
        }
        CopyProgress copy = report.copy();
        if (copy == null) {
            json.putNull("copy");
        } else {
            ObjectNode told = json.putObject("copy")
                    .put("rows", copy.rows())
                    .put("rows_total", copy.rowsTotal())
                    .put("bytes", copy.bytes())
                    .put("tables_done", copy.tablesDone())
                    .put("tables_total", copy.tablesTotal())
                    .put("started_at_ms", copy.startedAtMs());
            ArrayNode running = told.putArray("running");
            for (TableProgress table : copy.running()) {
                running.addObject()
                        .put("schema", table.table().schema())
                        .put("table", table.table().table())
                        .put("rows", table.rows())
                        .put("rows_total", table.rowsTotal())
                        .put("bytes", table.bytes())
                        .put("rows_per_second", Math.round(table.rowsPerSecond() * 10) / 10.0)
                        .put("remaining_ms", table.remainingMs());
            }
        }
        json.put("error", report.error());
        ObjectNode figures = json.putObject("figures");
        report.figures().forEach((name, value) -> figures.put(snakeCase(name), value));
        return json.put("updated_at_ms", report.updatedAtMs());
    }

    /** The stages name their figures each in their own style; the JSON has one. */
    private static String snakeCase(String name) {
        return name.replace('-', '_').replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** @throws IOException when it is not a status report of ours */
    static StatusReport read(byte[] json) throws IOException {
        JsonNode node = MAPPER.readTree(json);
        if (!node.hasNonNull("stage") || !node.hasNonNull("source")) {
            throw new IOException("not a status report");
        }
        JsonNode position = node.path("position");
        JsonNode copy = node.path("copy");
        Map<String, Long> figures = new LinkedHashMap<>();
        node.path("figures")
                .properties()
                .forEach(
                        figure -> figures.put(figure.getKey(), figure.getValue().asLong()));
        return new StatusReport(
                node.path("stage").asText(),
                node.path("source").asText(),
                text(node, "task"),
                node.path("instance").asText(),
                node.path("phase").asText(),
                text(node, "waiting_for"),
                node.path("rows").asLong(),
                node.path("rows_per_second").asDouble(),
                node.path("txn").asLong(),
                node.path("lag_ms").asLong(-1),
                position.isObject()
                        ? new SourcePosition(
                                position.path("file").asText(),
                                position.path("pos").asLong(),
                                text(position, "gtid_set"))
                        : null,
                copy.isObject()
                        ? new CopyProgress(
                                copy.path("rows").asLong(),
                                copy.path("rows_total").asLong(),
                                copy.path("bytes").asLong(),
                                copy.path("tables_done").asInt(),
                                copy.path("tables_total").asInt(),
                                copy.path("started_at_ms").asLong(),
                                running(copy))
                        : null,
                text(node, "error"),
                figures,
                node.path("updated_at_ms").asLong());
    }

    private static List<TableProgress> running(JsonNode copy) {
        List<TableProgress> result = new ArrayList<>();
        for (JsonNode table : copy.path("running")) {
            result.add(new TableProgress(
                    new TableName(
                            table.path("schema").asText(), table.path("table").asText()),
                    table.path("rows").asLong(),
                    table.path("rows_total").asLong(),
                    table.path("bytes").asLong(),
                    table.path("rows_per_second").asDouble(),
                    table.path("remaining_ms").asLong(-1)));
        }
        return result;
    }

    private static @Nullable String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isTextual() ? value.asText() : null;
    }
}
