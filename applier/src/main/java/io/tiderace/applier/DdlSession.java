package io.tiderace.applier;

import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.TableName;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A connection to the target for DDL statements and their journal; every request is its own transaction. Not thread-safe. */
interface DdlSession extends AutoCloseable {
    /** A statement's place in the journal. */
    record JournalKey(CheckpointKey checkpoint, long txn, long row) {}

    /** @param note fingerprint of the tables before, or the error that ended the statement */
    record JournalEntry(String state, @Nullable String note) {}

    /**
     * Makes this session the only one that executes the task's DDL of the source, until it ends; false while another is. A session that has
     * the lock and does nothing is ended: its process is dead or has been left behind.
     */
    boolean lock(CheckpointKey key) throws SQLException;

    /** The highest epoch in the checkpoint, 0 when there is none. */
    long epoch(CheckpointKey key) throws SQLException;

    /** The table's or, with an empty table name, the schema's definition as the target prints it; empty when there is none. */
    String structure(TableName name) throws SQLException;

    /** True while the target executes the statement, for whomever. */
    boolean isRunning(String statement) throws SQLException;

    @Nullable
    JournalEntry journal(JournalKey key) throws SQLException;

    /** Notes a statement as started. */
    void started(JournalKey key, RoutedDdl ddl, String note) throws SQLException;

    /** Notes how it ended: {@code done} or {@code failed}. */
    void ended(JournalKey key, String state, @Nullable String note) throws SQLException;

    /**
     * Makes what is missing of the target's schemas for a copied table, enters the source's session and executes. A statement may take hours: no time-out ends it.
     *
     * @throws SQLException also when the server has long done with the statement, and its answer did not come
     */
    void execute(RoutedDdl ddl) throws SQLException;

    @Override
    void close();
}
