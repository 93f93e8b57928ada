package io.tiderace.schemas;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record of a relay or apply topic. In a relay topic the pair (txn, txnRow) grows by exactly one step from record to record: rows,
 * schema changes and progress records of a transaction are 1, 2, 3, …, its {@link Commit} has the next number. In an apply topic the
 * rows that the rules dropped leave gaps, and the Commit counts those that are left.
 */
public sealed interface ChangeEvent {
    /** Transaction number, from 1. */
    long txn();

    /** Number of the record in its transaction, from 1. */
    long txnRow();

    /**
     * One row's change. Values are {@code Integer, Long, Float, Double, String, byte[]} by {@link MySqlType.Wire}, or null.
     *
     * @param before image before the change; null for READ and INSERT
     * @param after image after the change; null for DELETE
     * @param tsMs when the source logged it, milliseconds since the epoch
     */
    record RowChange(
            long txn,
            long txnRow,
            TableStructure table,
            Op op,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after,
            long tsMs,
            RowSource source)
            implements ChangeEvent {}

    /** Where a row change comes from: Debezium's {@code source} block. */
    record RowSource(
            String schema,
            String table,
            long serverId,
            @Nullable String gtid,
            String file,
            long pos,
            int row,
            long tsMs,
            boolean snapshot) {}

    /**
     * A table that a schema change touches.
     *
     * @param structure after the change, null when the table is gone or could not be parsed
     */
    record TouchedTable(TableName name, @Nullable TableStructure structure) {}

    /**
     * How a statement has to be read: the session it ran in.
     *
     * @param defaultSchema null when none was chosen
     * @param timeZone as logged, null when the event has none
     * @param dialect {@link #MARIADB} when a MariaDB server understood the statement, null for MySQL
     */
    record StatementContext(
            @Nullable String defaultSchema,
            String sqlMode,
            @Nullable String charset,
            @Nullable String collation,
            @Nullable String timeZone,
            @Nullable String dialect) {
        public static final String MARIADB = "mariadb";

        /** Of MySQL's dialect. */
        public StatementContext(
                @Nullable String defaultSchema,
                String sqlMode,
                @Nullable String charset,
                @Nullable String collation,
                @Nullable String timeZone) {
            this(defaultSchema, sqlMode, charset, collation, timeZone, null);
        }

        public boolean isMariaDb() {
            return MARIADB.equals(dialect);
        }
    }

    /**
     * A DDL statement as written.
     *
     * @param snapshot true for the CREATE statements that begin a first copy
     */
    record SchemaChange(
            long txn,
            long txnRow,
            String statement,
            StatementContext context,
            List<TouchedTable> tables,
            boolean snapshot,
            @Nullable String gtid,
            String file,
            long pos,
            long tsMs)
            implements ChangeEvent {}

    /**
     * A DDL statement under the target's names.
     *
     * @param statement ready to run at the target
     * @param original as written at the source
     * @param context of the session, with the target's default schema
     * @param sourceTables and targetTables are parallel; a statement on a whole schema has the empty table name
     * @param lockId shard-DDL lock the statement belongs to, null without shard merge
     */
    record RoutedDdl(
            long txn,
            long txnRow,
            String statement,
            String original,
            StatementContext context,
            List<TableName> sourceTables,
            List<TableName> targetTables,
            boolean snapshot,
            @Nullable String lockId,
            @Nullable String gtid,
            String file,
            long pos,
            long tsMs)
            implements ChangeEvent {}

    /**
     * The end of a transaction, or of a run of empty ones.
     *
     * @param firstTxn lowest transaction number covered; equal to txn unless empty transactions were folded
     * @param rows records of this transaction in this topic, this Commit excluded
     * @param gtid of the transaction, null without GTIDs and for chunks of the copy
     * @param gtidSet executed GTID set including it; capture gives it with the last Commit of every Kafka transaction
     * @param pos offset just after the transaction
     * @param snapshot true for chunks of the first copy
     * @param replay true when the rows may already be in the target, because a copy read the table later than this
     */
    record Commit(
            long txn,
            long txnRow,
            long firstTxn,
            long rows,
            @Nullable String gtid,
            @Nullable String gtidSet,
            String file,
            long pos,
            long tsMs,
            boolean snapshot,
            boolean replay)
            implements ChangeEvent {}

    /** What a {@link SnapshotProgress} tells. */
    enum Progress {
        COPY_START,
        TABLE_START,
        CHUNK_DONE,
        TABLE_DONE,
        COPY_END
    }

    /**
     * The first copy's course.
     *
     * @param table null for COPY_START and COPY_END
     * @param rows done so far in the table (in all tables for COPY_START and COPY_END)
     * @param rowsTotal estimate of the same, 0 when unknown
     * @param bytes done so far, as rows
     * @param position of the copy: the stream goes on from here
     */
    record SnapshotProgress(
            long txn,
            long txnRow,
            Progress progress,
            @Nullable TableName table,
            long rows,
            long rowsTotal,
            long bytes,
            int tablesDone,
            int tablesTotal,
            SourcePosition position,
            long tsMs)
            implements ChangeEvent {}
}
