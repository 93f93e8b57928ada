package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;

/** The errors of statements that concern a replicated table and cannot be carried over. */
final class DdlProblem {
    private static final int SHOWN_MAX = 500;

    private DdlProblem() {}

    static DataException unparsable(SchemaChange change, TableName table) {
        return new DataException(
                "TR-R001",
                "the statement at " + place(change) + " is not understood and may change the replicated table " + table
                        + ": " + shown(change),
                "write the statement at the source in a form that MySQL 8.0's manual documents, or take the table out of the"
                        + " block-allow-list and start again");
    }

    static DataException halfReplicated(SchemaChange change, TableName replicated, TableName other) {
        return new DataException(
                "TR-R002",
                "the statement at " + place(change) + " moves rows between " + replicated
                        + ", which is replicated, and " + other + ", which is not: " + shown(change),
                "list both tables in the block-allow-list or neither, then start again; with only one of them the target would"
                        + " keep a table that the source no longer has, or miss one that it has");
    }

    static DataException readsUnreplicated(SchemaChange change, TableName table) {
        return new DataException(
                "TR-R003",
                "the statement at " + place(change) + " fills a replicated table from " + table
                        + ", which is not replicated: " + shown(change),
                "add " + table
                        + " to the block-allow-list, or create and fill the table at the source without AS SELECT");
    }

    static DataException notDdl(SchemaChange change, TableName table) {
        return new DataException(
                "TR-R004",
                "the statement at " + place(change) + " changes rows of the replicated table " + table
                        + " as text, not row by row: " + shown(change),
                "set binlog_format=ROW for every session of the source, then copy the task's tables again");
    }

    static DataException noSchema(SchemaChange change, String table) {
        return new DataException(
                "TR-R005",
                "the statement at " + place(change) + " names " + (table.isEmpty() ? "no schema" : "the table " + table)
                        + " without a schema and its session had none: " + shown(change),
                "the binlog event is damaged or the capture of an older release wrote it: start the task again from a copy");
    }

    private static String place(SchemaChange change) {
        return change.file() + ":" + change.pos() + (change.gtid() == null ? "" : " (GTID " + change.gtid() + ")");
    }

    private static String shown(SchemaChange change) {
        String statement = change.statement().strip();
        return statement.length() <= SHOWN_MAX ? statement : statement.substring(0, SHOWN_MAX) + " …";
    }
}
