package io.tiderace.cli;

import java.sql.SQLException;

/** A server did not answer a question of ours, or answered no. */
final class ServerRefusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errorCode;

    ServerRefusal(SQLException cause) {
        super(cause.getMessage(), cause);
        this.errorCode = cause.getErrorCode();
    }

    ServerRefusal(String message) {
        super(message);
        this.errorCode = 0;
    }

    /** The server's error number, 0 when there was no answer. */
    int errorCode() {
        return errorCode;
    }
}
