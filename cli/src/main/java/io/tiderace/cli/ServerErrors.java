package io.tiderace.cli;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.SourceException;
import io.tiderace.schemas.TideraceException.TargetException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;

/** What a server's refusal means to the operator, for the commands that only ask (the services have their own, with retries). */
final class ServerErrors {
    private static final int ACCESS_DENIED = 1045;
    private static final int DATABASE_ACCESS_DENIED = 1044;
    private static final int TABLE_ACCESS_DENIED = 1142;
    private static final int PRIVILEGE_NEEDED = 1227;

    private ServerErrors() {}

    static TideraceException source(SourceConfig source, ServerRefusal e) {
        String where = "source " + source.sourceId() + " (" + source.from().address() + ")";
        return new SourceException(
                "TR-L020", where + ": " + problem(e), cure(source.from(), e, "the source file's 'from'"), e);
    }

    static TideraceException target(DatabaseConfig target, ServerRefusal e) {
        String where = "target (" + target.address() + ")";
        return new TargetException(
                "TR-L021", where + ": " + problem(e), cure(target, e, "the task file's 'target-database'"), e);
    }

    /** In words, without the driver's wrapping. */
    static String problem(ServerRefusal e) {
        Throwable root = root(e);
        if (root instanceof UnknownHostException) {
            return "no such host: " + root.getMessage();
        }
        if (root instanceof ConnectException) {
            return "no connection: " + root.getMessage();
        }
        if (root instanceof SocketTimeoutException) {
            return "no answer in time: " + root.getMessage();
        }
        String message = String.valueOf(e.getMessage()).strip();
        return e.errorCode() == 0 ? message : message + " (error " + e.errorCode() + ")";
    }

    static String cure(DatabaseConfig database, ServerRefusal e, String place) {
        Throwable root = root(e);
        if (root instanceof UnknownHostException) {
            return "correct the host in " + place;
        }
        if (root instanceof ConnectException || root instanceof SocketTimeoutException) {
            return "start the server, or correct host and port in " + place + "; check firewalls between here and "
                    + database.host() + ":" + database.port();
        }
        return switch (e.errorCode()) {
            case ACCESS_DENIED ->
                "correct user and password in " + place + ", and see that the user may come from this host";
            case DATABASE_ACCESS_DENIED, TABLE_ACCESS_DENIED, PRIVILEGE_NEEDED ->
                "grant the missing privilege; 'tiderace check' prints the statement";
            default -> "see the server's own message; 'tiderace check' tests what Tiderace needs";
        };
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
