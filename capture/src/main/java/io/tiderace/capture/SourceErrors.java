package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.network.AuthenticationException;
import com.github.shyiko.mysql.binlog.network.ServerException;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.SourceConfig.Flavor;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import io.tiderace.schemas.TideraceException.SourceException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The one table that says what an error of the source or of Kafka means: an operator must act, or trying again may help. Source of the numbers:
 * MySQL 8.0 Error Message Reference.
 */
final class SourceErrors {
    private SourceErrors() {}

    static SourceException setting(String sourceId, String code, String problem, String cure) {
        return new SourceException(code, "source " + sourceId + ": " + problem, cure);
    }

    /** @throws SourceException when the source file names a kind of server that this one is not */
    static void requireFlavor(SourceConfig source, boolean isMariaDb) {
        Flavor wanted = source.flavor();
        if (wanted != Flavor.DETECT && (wanted == Flavor.MARIADB) != isMariaDb) {
            throw setting(
                    source.sourceId(),
                    "TR-C070",
                    "the source file says flavor " + wanted.name().toLowerCase(Locale.ROOT) + ", but "
                            + source.from().address() + " is " + (isMariaDb ? "MariaDB" : "MySQL"),
                    "correct flavor in the source file, or leave it out: then the server is asked");
        }
    }

    /** The error an operator has to see, or empty when trying again may help; anything unknown is rethrown as the bug that it is. */
    static Optional<TideraceException> verdict(String sourceId, DatabaseConfig config, Throwable error) {
        boolean isTransient = false;
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof TideraceException known) {
                return Optional.of(known);
            }
            if (cause instanceof SQLException sql) {
                SourceException refused = refused(sourceId, config, sql.getErrorCode(), sql);
                if (refused != null) {
                    return Optional.of(refused);
                }
                isTransient |= isConnectionLoss(sql);
            }
            if (cause instanceof ServerException server) {
                SourceException refused = refused(sourceId, config, server.getErrorCode(), server);
                if (refused != null) {
                    return Optional.of(refused);
                }
                isTransient = true;
            }
            if (cause instanceof AuthenticationException) {
                return Optional.of(denied(sourceId, config, cause));
            }
            if (cause instanceof RecordTooLargeException) {
                return Optional.of(RowTooLargeException.somewhere(sourceId, cause));
            }
            isTransient |= cause instanceof IOException || cause instanceof KafkaException;
        }
        if (isTransient) {
            return Optional.empty();
        }
        if (error instanceof RuntimeException bug) {
            throw bug;
        }
        throw new IllegalStateException(error);
    }

    /** Whether Kafka did not answer in time: what the request has done is not known. */
    static boolean isUnanswered(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof TimeoutException) {
                return true;
            }
        }
        return false;
    }

    static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.toString() : root.getMessage();
    }

    static RetriesExhaustedException exhausted(String sourceId, DatabaseConfig config, int attempts, Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        boolean isKafka = root instanceof KafkaException;
        return new RetriesExhaustedException(
                "TR-C020",
                "capture of source " + sourceId + " (" + config.address() + ") failed " + attempts + " times in a row: "
                        + root.getMessage(),
                isKafka
                        ? "check that Kafka is reachable and healthy, then start again"
                        : "check that MySQL is up and reachable from here, then start again: nothing is lost",
                error);
    }

    private static boolean isConnectionLoss(SQLException e) {
        String state = e.getSQLState();
        int code = e.getErrorCode();
        return (state != null && (state.startsWith("08") || state.startsWith("40")))
                || code == 1040 // too many connections
                || code == 1053 // server shutdown
                || code == 1205 // lock wait timeout
                || code == 1213 // deadlock
                || code == 1317 // query interrupted
                || code == 3024 // max_execution_time
                || code == 0;
    }

    private static @Nullable SourceException refused(
            String sourceId, DatabaseConfig config, int code, Throwable error) {
        return switch (code) {
            case 1045, 1698, 1130, 3118, 1862, 3955 -> denied(sourceId, config, error);
            case 1044, 1142, 1143, 1227, 1370 ->
                new SourceException(
                        "TR-C016",
                        "source " + sourceId + ": " + config.address() + " lacks a privilege: " + error.getMessage(),
                        "GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '" + config.user()
                                + "'@'%'; (RELOAD may be left out)",
                        error);
            case 1236 ->
                new SourceException(
                        "TR-C017",
                        "source " + sourceId + " cannot send its log from the stored position: " + error.getMessage(),
                        "if the log files were purged, copy the source anew under another source-id, and keep"
                                + " binlog_expire_logs_seconds longer than the longest stop; SHOW BINARY LOGS lists what is left",
                        error);
            case 1054, 1146, 1412 ->
                new SourceException(
                        "TR-C018",
                        "source " + sourceId + ": a table was altered while it was copied: " + error.getMessage(),
                        "start the copy again under another source-id when no DDL runs",
                        error);
            default -> null;
        };
    }

    private static SourceException denied(String sourceId, DatabaseConfig config, Throwable error) {
        return new SourceException(
                "TR-C015",
                "source " + sourceId + " refuses " + config.address() + ": " + error.getMessage(),
                "check user and password in the source file; to create the account: CREATE USER '" + config.user()
                        + "'@'%' IDENTIFIED BY '…'; GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '"
                        + config.user() + "'@'%';",
                error);
    }
}
