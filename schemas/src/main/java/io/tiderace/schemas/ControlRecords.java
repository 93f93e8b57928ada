package io.tiderace.schemas;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of the records that are not rows, in the order of their {@code .avsc} files. */
final class ControlRecords {
    private ControlRecords() {}

    static void write(WireBuffer out, Commit commit) {
        out.writeLong(commit.txn());
        out.writeLong(commit.txnRow());
        out.writeLong(commit.firstTxn());
        out.writeLong(commit.rows());
        optional(out, commit.gtid());
        optional(out, commit.gtidSet());
        out.writeString(commit.file());
        out.writeLong(commit.pos());
        out.writeLong(commit.tsMs());
        out.writeBoolean(commit.snapshot());
        out.writeBoolean(commit.replay());
    }

    static Commit readCommit(WireReader in) {
        return new Commit(
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readOptionalString(),
                in.readOptionalString(),
                in.readString(),
                in.readLong(),
                in.readLong(),
                in.readBoolean(),
                in.readBoolean());
    }

    static void write(WireBuffer out, SchemaChange change) {
        out.writeLong(change.txn());
        out.writeLong(change.txnRow());
        out.writeString(change.statement());
        write(out, change.context());
        startArray(out, change.tables().size());
        for (TouchedTable touched : change.tables()) {
            out.writeString(touched.name().schema());
            out.writeString(touched.name().table());
            write(out, touched.structure());
        }
        out.writeByte(0);
        out.writeBoolean(change.snapshot());
        writePosition(out, change.gtid(), change.file(), change.pos(), change.tsMs());
    }

    static SchemaChange readSchemaChange(WireReader in) {
        long txn = in.readLong();
        long txnRow = in.readLong();
        String statement = in.readString();
        StatementContext context = readContext(in);
        List<TouchedTable> tables = new ArrayList<>();
        for (long left = in.readLong(); left != 0; left = in.readLong()) {
            for (long i = 0; i < left; i++) {
                TableName name = new TableName(in.readString(), in.readString());
                tables.add(new TouchedTable(name, readStructure(in, name)));
            }
        }
        return new SchemaChange(
                txn,
                txnRow,
                statement,
                context,
                List.copyOf(tables),
                in.readBoolean(),
                in.readOptionalString(),
                in.readString(),
                in.readLong(),
                in.readLong());
    }

    static void write(WireBuffer out, RoutedDdl ddl) {
        out.writeLong(ddl.txn());
        out.writeLong(ddl.txnRow());
        out.writeString(ddl.statement());
        out.writeString(ddl.original());
        write(out, ddl.context());
        write(out, ddl.sourceTables());
        write(out, ddl.targetTables());
        out.writeBoolean(ddl.snapshot());
        optional(out, ddl.lockId());
        writePosition(out, ddl.gtid(), ddl.file(), ddl.pos(), ddl.tsMs());
    }

    static RoutedDdl readRoutedDdl(WireReader in) {
        return new RoutedDdl(
                in.readLong(),
                in.readLong(),
                in.readString(),
                in.readString(),
                readContext(in),
                readNames(in),
                readNames(in),
                in.readBoolean(),
                in.readOptionalString(),
                in.readOptionalString(),
                in.readString(),
                in.readLong(),
                in.readLong());
    }

    static void write(WireBuffer out, SnapshotProgress progress) {
        out.writeLong(progress.txn());
        out.writeLong(progress.txnRow());
        out.writeString(progress.progress().name());
        TableName table = progress.table();
        optional(out, table == null ? null : table.schema());
        optional(out, table == null ? null : table.table());
        out.writeLong(progress.rows());
        out.writeLong(progress.rowsTotal());
        out.writeLong(progress.bytes());
        out.writeLong(progress.tablesDone());
        out.writeLong(progress.tablesTotal());
        SourcePosition position = progress.position();
        writePosition(out, position.gtidSet(), position.file(), position.pos(), progress.tsMs());
    }

    static SnapshotProgress readSnapshotProgress(WireReader in) {
        long txn = in.readLong();
        long txnRow = in.readLong();
        Progress progress = Progress.valueOf(in.readString());
        String schema = in.readOptionalString();
        String table = in.readOptionalString();
        long rows = in.readLong();
        long rowsTotal = in.readLong();
        long bytes = in.readLong();
        int tablesDone = in.readInt();
        int tablesTotal = in.readInt();
        String gtidSet = in.readOptionalString();
        return new SnapshotProgress(
                txn,
                txnRow,
                progress,
                schema == null || table == null ? null : new TableName(schema, table),
                rows,
                rowsTotal,
                bytes,
                tablesDone,
                tablesTotal,
                new SourcePosition(in.readString(), in.readLong(), gtidSet),
                in.readLong());
    }

    private static void write(WireBuffer out, StatementContext context) {
        optional(out, context.defaultSchema());
        out.writeString(context.sqlMode());
        optional(out, context.charset());
        optional(out, context.collation());
        optional(out, context.timeZone());
        optional(out, context.dialect());
    }

    private static StatementContext readContext(WireReader in) {
        return new StatementContext(
                in.readOptionalString(),
                in.readString(),
                in.readOptionalString(),
                in.readOptionalString(),
                in.readOptionalString(),
                in.readOptionalString());
    }

    private static void write(WireBuffer out, @Nullable TableStructure structure) {
        if (structure == null) {
            out.writeByte(0);
            return;
        }
        out.writeByte(2);
        startArray(out, structure.columns().size());
        for (Column column : structure.columns()) {
            out.writeString(column.name());
            out.writeString(column.type().text());
            optional(out, column.charset());
            optional(out, column.collation());
            out.writeBoolean(column.nullable());
            out.writeBoolean(column.generated());
        }
        out.writeByte(0);
        startArray(out, structure.primaryKey().size());
        structure.primaryKey().forEach(out::writeString);
        out.writeByte(0);
    }

    private static @Nullable TableStructure readStructure(WireReader in, TableName name) {
        if (in.readLong() == 0) {
            return null;
        }
        List<Column> columns = new ArrayList<>();
        for (long left = in.readLong(); left != 0; left = in.readLong()) {
            for (long i = 0; i < left; i++) {
                columns.add(new Column(
                        in.readString(),
                        MySqlType.parse(in.readString()),
                        in.readOptionalString(),
                        in.readOptionalString(),
                        in.readBoolean(),
                        in.readBoolean()));
            }
        }
        List<String> key = new ArrayList<>();
        for (long left = in.readLong(); left != 0; left = in.readLong()) {
            for (long i = 0; i < left; i++) {
                key.add(in.readString());
            }
        }
        return new TableStructure(name, columns, key);
    }

    private static void write(WireBuffer out, List<TableName> names) {
        startArray(out, names.size());
        for (TableName name : names) {
            out.writeString(name.schema());
            out.writeString(name.table());
        }
        out.writeByte(0);
    }

    private static List<TableName> readNames(WireReader in) {
        List<TableName> names = new ArrayList<>();
        for (long left = in.readLong(); left != 0; left = in.readLong()) {
            for (long i = 0; i < left; i++) {
                names.add(new TableName(in.readString(), in.readString()));
            }
        }
        return List.copyOf(names);
    }

    private static void writePosition(WireBuffer out, @Nullable String gtid, String file, long pos, long tsMs) {
        optional(out, gtid);
        out.writeString(file);
        out.writeLong(pos);
        out.writeLong(tsMs);
    }

    private static void optional(WireBuffer out, @Nullable String value) {
        if (value == null) {
            out.writeByte(0);
        } else {
            out.writeByte(2);
            out.writeString(value);
        }
    }

    /** An Avro array is one block (none when empty) and a zero, which the caller writes. */
    private static void startArray(WireBuffer out, int size) {
        if (size > 0) {
            out.writeLong(size);
        }
    }
}
