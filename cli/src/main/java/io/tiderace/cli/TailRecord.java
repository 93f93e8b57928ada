package io.tiderace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record of a topic, for people.
 *
 * @param event null for what is not one of our change events: positions, status, or a foreign record
 * @param other text of the value when it is no change event
 * @param target where the row goes, in an apply topic
 */
record TailRecord(
        long offset,
        long timestampMs,
        @Nullable ChangeEvent event,
        String key,
        String other,
        @Nullable TableName target) {
    static TailRecord of(ConsumerRecord<byte[], byte[]> record, RecordCodec codec) {
        byte[] value = record.value();
        boolean isOurs = value != null && value.length > 5 && value[0] == 0;
        return new TailRecord(
                record.offset(),
                record.timestamp(),
                isOurs ? codec.decode(value) : null,
                isOurs || record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
                isOurs || value == null ? "" : new String(value, StandardCharsets.UTF_8),
                target(record));
    }

    private static @Nullable TableName target(ConsumerRecord<byte[], byte[]> record) {
        Header schema = record.headers().lastHeader("target.schema");
        Header table = record.headers().lastHeader("target.table");
        return schema == null || table == null
                ? null
                : new TableName(
                        new String(schema.value(), StandardCharsets.UTF_8),
                        new String(table.value(), StandardCharsets.UTF_8));
    }

    /** Where in the binlog a record lies, with its own GTID as the set; null when it does not say. */
    static @Nullable SourcePosition position(ChangeEvent event) {
        if (event instanceof RowChange row) {
            return new SourcePosition(
                    row.source().file(), row.source().pos(), row.source().gtid());
        }
        if (event instanceof Commit commit) {
            return new SourcePosition(commit.file(), commit.pos(), commit.gtid());
        }
        if (event instanceof SchemaChange ddl) {
            return new SourcePosition(ddl.file(), ddl.pos(), ddl.gtid());
        }
        if (event instanceof RoutedDdl ddl) {
            return new SourcePosition(ddl.file(), ddl.pos(), ddl.gtid());
        }
        return null;
    }

    /** True when no table was asked for, or the record is about it. */
    boolean concerns(@Nullable String table) {
        return table == null
                || tables().stream().anyMatch(name -> name.toString().equalsIgnoreCase(table));
    }

    private List<TableName> tables() {
        if (event instanceof RowChange row) {
            return List.of(row.table().name());
        }
        if (event instanceof SchemaChange ddl) {
            return ddl.tables().stream().map(ChangeEvent.TouchedTable::name).toList();
        }
        if (event instanceof RoutedDdl ddl) {
            return ddl.sourceTables();
        }
        return event instanceof SnapshotProgress progress && progress.table() != null
                ? List.of(progress.table())
                : List.of();
    }

    ObjectNode json() {
        ObjectNode json = StatusJson.MAPPER.createObjectNode().put("offset", offset);
        json.put("timestamp", Instant.ofEpochMilli(timestampMs).toString());
        ChangeEvent record = event;
        if (record == null) {
            return json.put("key", key).put("value", other);
        }
        json.put("txn", record.txn()).put("txn_row", record.txnRow());
        if (record instanceof RowChange row) {
            json.put("type", "row")
                    .put("op", op(row))
                    .put("table", row.table().name().toString());
            json.put("target", target == null ? null : target.toString());
            image(json, "before", row.table(), row.before());
            image(json, "after", row.table(), row.after());
        } else if (record instanceof SchemaChange ddl) {
            json.put("type", "ddl")
                    .put("statement", ddl.statement())
                    .put("schema", ddl.context().defaultSchema());
            names(json.putArray("tables"));
        } else if (record instanceof RoutedDdl ddl) {
            json.put("type", "routed_ddl").put("statement", ddl.statement()).put("original", ddl.original());
            names(json.putArray("tables"));
            ArrayNode targets = json.putArray("targets");
            ddl.targetTables().forEach(name -> targets.add(name.toString()));
        } else if (record instanceof Commit commit) {
            json.put("type", "commit").put("first_txn", commit.firstTxn()).put("rows", commit.rows());
            json.put("gtid_set", commit.gtidSet())
                    .put("snapshot", commit.snapshot())
                    .put("replay", commit.replay());
        } else if (record instanceof SnapshotProgress progress) {
            json.put("type", "progress")
                    .put("progress", progress.progress().name().toLowerCase(Locale.ROOT));
            json.put("table", progress.table() == null ? null : progress.table().toString());
            json.put("rows", progress.rows()).put("rows_total", progress.rowsTotal());
        }
        SourcePosition position = position(record);
        if (position != null) {
            json.put("gtid", position.gtidSet()).put("file", position.file()).put("pos", position.pos());
        }
        return json;
    }

    private void names(ArrayNode array) {
        tables().forEach(name -> array.add(name.toString()));
    }

    private static String op(RowChange row) {
        return row.op().name().toLowerCase(Locale.ROOT);
    }

    private static void image(
            ObjectNode json, String name, TableStructure table, @Nullable Object @Nullable [] values) {
        if (values == null) {
            return;
        }
        ObjectNode image = json.putObject(name);
        for (int i = 0; i < values.length; i++) {
            image.put(table.columns().get(i).name(), text(values[i]));
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        return value instanceof byte[] bytes ? "0x" + HexFormat.of().formatHex(bytes) : value.toString();
    }

    String text() {
        ChangeEvent record = event;
        if (record == null) {
            return offset + "  " + key + "  " + other;
        }
        StringBuilder line = new StringBuilder()
                .append(offset)
                .append("  ")
                .append(record.txn())
                .append('/')
                .append(record.txnRow());
        line.append("  ");
        if (record instanceof RowChange row) {
            line.append(op(row)).append(' ').append(row.table().name());
            if (target != null) {
                line.append(" -> ").append(target);
            }
            appendImage(line, " before ", row.table(), row.before());
            appendImage(line, " after ", row.table(), row.after());
        } else if (record instanceof SchemaChange ddl) {
            line.append("ddl ").append(oneLine(ddl.statement()));
        } else if (record instanceof RoutedDdl ddl) {
            line.append("ddl ").append(oneLine(ddl.statement()));
        } else if (record instanceof Commit commit) {
            line.append("commit, ").append(commit.rows()).append(" rows");
            if (commit.firstTxn() != commit.txn()) {
                line.append(", from transaction ").append(commit.firstTxn());
            }
            line.append("  ").append(new SourcePosition(commit.file(), commit.pos(), commit.gtid()));
        } else if (record instanceof SnapshotProgress progress) {
            line.append(progress.progress().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            line.append(progress.table() == null ? "" : " " + progress.table())
                    .append(", ")
                    .append(progress.rows())
                    .append(" rows");
        }
        return line.toString();
    }

    private static void appendImage(
            StringBuilder line, String label, TableStructure table, @Nullable Object @Nullable [] values) {
        if (values == null) {
            return;
        }
        line.append(label).append('{');
        for (int i = 0; i < values.length; i++) {
            String text = text(values[i]);
            line.append(i == 0 ? "" : ", ")
                    .append(table.columns().get(i).name())
                    .append('=');
            line.append(text == null ? "NULL" : oneLine(text));
        }
        line.append('}');
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*[\\r\\n]\\s*", " ");
    }
}
