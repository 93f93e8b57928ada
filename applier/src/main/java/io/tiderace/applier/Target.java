package io.tiderace.applier;

import java.sql.SQLException;

/** A target server. Everything that is asked of one goes through its sessions. Thread-safe; a session is one thread's. */
interface Target extends AutoCloseable {
    TargetDialect dialect();

    /** {@code user@host:port}. */
    String address();

    /** A session for transactions of rows and checkpoint. */
    TargetSession session() throws SQLException;

    /** A session of its own for DDL, which may take any time; what it does is done at once. */
    DdlSession ddlSession() throws SQLException;

    @Override
    void close();
}
