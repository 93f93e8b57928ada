package io.tiderace.applier;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import io.tiderace.schemas.TideraceException.TargetException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The one table that says what an error of the target means for us. Codes: MySQL 8.0 and 8.4 Server Error Reference, TiDB "Error Codes and
 * Troubleshooting".
 */
final class SqlErrors {
    enum Kind {
        /** The same statement may work a little later. */
        TRANSIENT,
        /** The connection is gone; what was sent may or may not have been done. */
        CONNECTION_LOST,
        /** The row does not fit the table. */
        DATA,
        /** The target table, or a column of it, is not what the change needs. */
        STRUCTURE,
        /** Account, privilege or setting: an operator has to act. */
        REFUSED,
        /** We sent what we should not have sent. */
        BUG
    }

    private static final Map<Integer, Kind> KINDS = new HashMap<>();

    /** Too many connections or transactions; TiKV or PD is busy, or too slow. */
    private static final Set<Integer> OVERLOAD = Set.of(1040, 1041, 1203, 1226, 1637, 9001, 9002, 9003, 9004);

    private static final int UNKNOWN = 1105;
    private static final int PACKET_TOO_LARGE = 1153;
    private static final int ENTRY_TOO_LARGE = 8025;

    /** TiDB: txn-total-size-limit, tidb_mem_quota_query; MySQL: max_binlog_cache_size, which it tells in two ways, and room for locks. */
    private static final Set<Integer> TRANSACTION_TOO_LARGE = Set.of(8004, 8175, 1197, 1534, 1206);

    static {
        put(
                Kind.TRANSIENT,
                1205,
                1213,
                3572,
                1040,
                1041,
                1203,
                1226,
                1053,
                1158,
                1159,
                1160,
                1161,
                1180,
                1317,
                3024,
                1637);
        put(
                Kind.TRANSIENT,
                1290,
                1836,
                3100,
                3101,
                1412,
                1615,
                1020,
                1021,
                1114); // read-only while failing over; disk full
        put(
                Kind.TRANSIENT,
                8002,
                8005,
                8022,
                8176,
                8027,
                8028,
                8229,
                9001,
                9002,
                9003,
                9004,
                9005,
                9007,
                9008,
                9010,
                9011,
                9012,
                9013);
        put(Kind.CONNECTION_LOST, 8501, 2002, 2003, 2006, 2013, 2055, 1927, 3169, 4031);
        put(
                Kind.DATA, 1062, 1586, 1048, 1263, 1264, 1265, 1292, 1366, 1367, 1406, 1411, 1416, 1425, 1426, 1427,
                1441, 1525, 1526);
        put(
                Kind.DATA, 1451, 1452, 1690, 1748, 3140, 3141, 3144, 3145, 3146, 3156, 3616, 3617, 3819, 3854, 4025,
                1022, 1169, 1216, 1217, 1153, 1301, 8025, 8141, 3643, 3032);
        TRANSACTION_TOO_LARGE.forEach(code -> put(Kind.DATA, code));
        put(Kind.STRUCTURE, 1049, 1051, 1054, 1109, 1136, 1146, 1147, 1364, 1471, 1288, 1347, 3105, 1176, 1100);
        put(
                Kind.REFUSED,
                1044,
                1045,
                1095,
                1130,
                1142,
                1143,
                1227,
                1370,
                1410,
                1419,
                1698,
                1820,
                1862,
                1872,
                3118,
                3159,
                3955);
        put(Kind.REFUSED, 1193, 1231, 1232, 1238, 1251, 1298, 1115, 1273, 2059, 2061, 8121, 8130);
        put(Kind.BUG, 1064, 1065, 1149, 1210, 1241, 1103, 1102, 1115);
    }

    private SqlErrors() {}

    private static void put(Kind kind, int... codes) {
        for (int code : codes) {
            KINDS.putIfAbsent(code, kind);
        }
    }

    /** True when the target has too much to do: fewer requests at a time may get further. Of a refused connection the pool's error has no code itself. */
    static boolean isOverload(SQLException error) {
        return OVERLOAD.contains(error.getErrorCode())
                || (error.getCause() instanceof SQLException cause && isOverload(cause));
    }

    static Kind kind(SQLException error) {
        Kind known = KINDS.get(error.getErrorCode());
        String state = error.getSQLState() == null ? "" : error.getSQLState();
        if (known != null) {
            return known;
        }
        if (isTooLarge(error)) {
            return Kind.DATA;
        }
        if (state.startsWith("08")
                || error instanceof SQLRecoverableException
                || error instanceof SQLNonTransientConnectionException
                || error instanceof SQLTransientConnectionException) {
            return Kind.CONNECTION_LOST;
        }
        if (state.startsWith("40")) {
            return Kind.TRANSIENT;
        }
        if (state.startsWith("22") || state.startsWith("23")) {
            return Kind.DATA;
        }
        return error.getErrorCode() == UNKNOWN ? unknownTiDb(error) : Kind.REFUSED;
    }

    /** The target, or its driver on the way to it, does not take as many bytes at once. */
    static boolean isTooLarge(SQLException error) {
        return isTransactionTooLarge(error)
                || error.getErrorCode() == ENTRY_TOO_LARGE
                || isOfPacket(error)
                || isOfTiKv(error);
    }

    /** The target would take the same in several transactions. */
    static boolean isTransactionTooLarge(SQLException error) {
        int code = error.getErrorCode();
        return TRANSACTION_TOO_LARGE.contains(code)
                || (code == UNKNOWN && String.valueOf(error.getMessage()).contains("Out Of Memory Quota"));
    }

    /** Connector/J looks at the server's limit before it sends; of a parameter's pieces the server says it with an error that has no code. */
    private static boolean isOfPacket(SQLException error) {
        int code = error.getErrorCode();
        boolean isUnnumbered = code == 0 || code == UNKNOWN;
        return code == PACKET_TOO_LARGE
                || (isUnnumbered && String.valueOf(error.getMessage()).contains("'max_allowed_packet'"));
    }

    private static boolean isOfTiKv(SQLException error) {
        String text = String.valueOf(error.getMessage());
        return error.getErrorCode() == UNKNOWN
                && (text.contains("raft entry is too large") || text.contains("raft_entry_too_large"));
    }

    /** For an error that {@link #isTooLarge}. */
    static DataException tooLarge(SQLException error, String problem) {
        String room;
        if (isOfPacket(error)) {
            room =
                    "raise max_allowed_packet at the target, where it must be at least the source's (SET GLOBAL max_allowed_packet = …)";
        } else if (isTransactionTooLarge(error)) {
            room =
                    "raise what the target allows a transaction: at TiDB performance.txn-total-size-limit and tidb_mem_quota_query"
                            + " (target-database.session: {tidb_mem_quota_query: 4294967296} in the task file), at MySQL"
                            + " max_binlog_cache_size, or innodb_buffer_pool_size where it has no room for locks";
        } else {
            room =
                    "raise TiDB's limit for a row (target-database.session: {tidb_txn_entry_size_limit: 125829120} in the task file from TiDB 7.6"
                            + " on, else performance.txn-entry-size-limit), with it performance.txn-total-size-limit and TiKV's"
                            + " raftstore.raft-entry-max-size";
        }
        return new DataException(
                "TR-A025",
                problem,
                room
                        + ", then start again: it goes on where it stopped; or leave the table out with the block-allow list",
                error);
    }

    /** The server's own words. */
    static String reason(SQLException error) {
        Throwable deepest = error;
        while (deepest.getCause() instanceof SQLException cause && deepest != cause) {
            deepest = cause;
        }
        String text = String.valueOf(deepest.getMessage());
        int end = text.indexOf('\n');
        String line = (end < 0 ? text : text.substring(0, end)).trim();
        return deepest instanceof SQLException sql && sql.getErrorCode() != 0
                ? line + " (error " + sql.getErrorCode() + ")"
                : line;
    }

    /** What an operator is told of an error that retrying does not cure. */
    static TideraceException toException(SQLException error, String what, String address) {
        String problem = what + " at the target " + address + ": " + reason(error);
        if (isTooLarge(error)) {
            return tooLarge(error, problem);
        }
        return switch (kind(error)) {
            case TRANSIENT, CONNECTION_LOST ->
                new RetriesExhaustedException(
                        "TR-A010",
                        problem,
                        "see that the target runs and can be reached, then start again: it goes on where it stopped",
                        error);
            case REFUSED -> refused(error, problem, address);
            case DATA, STRUCTURE ->
                new DataException(
                        "TR-A022",
                        problem,
                        "compare the table at the source and at the target (SHOW CREATE TABLE), make the target's accept the row, then "
                                + "start again: it goes on where it stopped",
                        error);
            case BUG -> throw new IllegalStateException(problem, error);
        };
    }

    private static TargetException refused(SQLException error, String problem, String address) {
        String user = address.substring(0, Math.max(0, address.indexOf('@')));
        return switch (error.getErrorCode()) {
            case 1045, 1130, 1698, 1820, 1862, 3118, 3159, 2059, 2061, 1251 ->
                new TargetException(
                        "TR-A011",
                        problem,
                        "correct target-database.user and password in the task file, or the account at the target",
                        error);
            case 1044, 1142, 1143, 1227, 1370 ->
                new TargetException(
                        "TR-A012",
                        problem,
                        "give the account what it lacks: GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON *.* TO '"
                                + user + "'@'%';",
                        error);
            default ->
                new TargetException(
                        "TR-A013",
                        problem,
                        "cure the cause at the target, then start again: it goes on where it stopped",
                        error);
        };
    }

    /** TiDB's 1105 is "unknown error": the text decides. */
    private static Kind unknownTiDb(SQLException error) {
        String text = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
        boolean passes = text.contains("region")
                || text.contains("try again")
                || text.contains("information schema is")
                || text.contains("deadline exceeded")
                || text.contains("context canceled")
                || text.contains("connection refused")
                || text.contains("timeout")
                || text.contains("unavailable");
        return passes ? Kind.TRANSIENT : Kind.REFUSED;
    }
}
