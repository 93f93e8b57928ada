package io.tiderace.router;

import io.tiderace.router.SqlText.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names of a statement and where they stand in its text.
 *
 * @param subjects tables the statement changes, in order; of RENAME TABLE old and new names in turn; of a database statement the schema
 * @param pairs for each subject of RENAME TABLE and DROP TABLE the list item it is in, else empty
 * @param renamedTo new name of ALTER TABLE … RENAME
 * @param renameItem the list item that holds it
 * @param items of ALTER TABLE: its comma-separated parts
 * @param exchanged tables of EXCHANGE PARTITION
 * @param parents tables of foreign keys
 * @param others tables of LIKE and of UNION=(…)
 * @param selected tables that AS SELECT reads, and tables of statements that are not DDL
 * @param columns column names with a table before them
 * @param existsAt where IF [NOT] EXISTS goes, -1 where there is one or it is not allowed
 * @param cut clauses that only the source's server can run
 */
record ParsedDdl(
        Kind kind,
        List<Name> subjects,
        List<Span> pairs,
        @Nullable Name renamedTo,
        @Nullable Span renameItem,
        List<Span> items,
        List<Name> exchanged,
        List<Name> parents,
        List<Name> others,
        List<Selected> selected,
        List<Name> columns,
        int existsAt,
        List<Span> cut) {

    enum Kind {
        CREATE_TABLE,
        ALTER_TABLE,
        DROP_TABLE,
        RENAME_TABLE,
        /** TRUNCATE, CREATE INDEX, DROP INDEX. */
        ONE_TABLE,
        CREATE_DATABASE,
        ALTER_DATABASE,
        DROP_DATABASE,
        /** Not DDL of tables or databases. */
        OTHER
    }

    /**
     * A name as written.
     *
     * @param schema null when not qualified; of database statements the name itself
     * @param table empty for a schema
     */
    record Name(@Nullable String schema, String table, Span span) {}

    /** A table of a FROM clause. */
    record Selected(Name name, boolean aliased) {}
}
