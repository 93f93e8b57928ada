package io.tiderace.applier;

import io.tiderace.applier.SqlErrors.Kind;
import io.tiderace.schemas.TideraceException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: every error leads to the right reaction. Method: the codes that matter, one by one. */
class SqlErrorsTest {
    @ParameterizedTest
    @CsvSource({
        "1205, TRANSIENT, lock wait timeout",
        "1213, TRANSIENT, deadlock",
        "9007, TRANSIENT, TiDB write conflict",
        "8028, TRANSIENT, TiDB schema changed",
        "9003, TRANSIENT, TiKV busy",
        "1290, TRANSIENT, read-only while failing over",
        "2013, CONNECTION_LOST, lost in a statement",
        "8501, CONNECTION_LOST, TiDB does not know the outcome",
        "1062, DATA, duplicate",
        "1406, DATA, too long",
        "1264, DATA, out of range",
        "1366, DATA, not of the character set",
        "8004, DATA, TiDB transaction too large",
        "1146, STRUCTURE, no table",
        "1054, STRUCTURE, no column",
        "1045, REFUSED, wrong password",
        "1142, REFUSED, no privilege",
        "1231, REFUSED, bad session value",
        "1064, BUG, syntax"
    })
    void codesHaveTheirReaction(int code, Kind kind, String why) {
        assertThat(SqlErrors.kind(new SQLException("x", "HY000", code))).as(why).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({"08S01, CONNECTION_LOST", "40001, TRANSIENT", "22003, DATA", "23000, DATA", "HY000, REFUSED"})
    void unknownCodesGoByTheirState(String state, Kind kind) {
        assertThat(SqlErrors.kind(new SQLException("x", state, 0))).isEqualTo(kind);
    }

    @Test
    void tiDbsUnknownErrorGoesByItsText() {
        assertThat(SqlErrors.kind(new SQLException("Region is unavailable", "HY000", 1105)))
                .isEqualTo(Kind.TRANSIENT);
        assertThat(SqlErrors.kind(new SQLException("unsupported something", "HY000", 1105)))
                .isEqualTo(Kind.REFUSED);
    }

    /** The driver has no code for a statement that it does not send; TiKV's answer names a region. */
    @ParameterizedTest
    @CsvSource({
        "S1000, 0, Packet for query is too large (134217790 > 67108864). You can change this value on the server by setting the"
                + " 'max_allowed_packet' variable., max_allowed_packet",
        "HY000, 1105, Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes,"
                + " max_allowed_packet",
        "08S01, 1153, Got a packet bigger than 'max_allowed_packet' bytes, max_allowed_packet",
        "HY000, 8025, entry too large the max entry size is 6291456, tidb_txn_entry_size_limit",
        "HY000, 8004, Transaction is too large size: 104857600, txn-total-size-limit",
        "HY000, 8175, Your query has been cancelled due to exceeding the allowed memory limit, tidb_mem_quota_query",
        "HY000, 1105, Out Of Memory Quota![conn=1], tidb_mem_quota_query",
        "HY000, 1197, Multi-statement transaction required more than 'max_binlog_cache_size' bytes of storage, max_binlog_cache_size",
        "HY000, 1534, Writing one row to the row-based binary log failed, max_binlog_cache_size",
        "HY000, 1105, 'message:\"raft entry is too large, region_id: 2, len: 9000000\"', raft-entry-max-size"
    })
    void whatIsTooLargeIsCuredByMoreRoom(String state, int code, String message, String limit) {
        SQLException error = new SQLException(message, state, code);
        assertThat(SqlErrors.kind(error)).isEqualTo(Kind.DATA);
        TideraceException told = SqlErrors.toException(error, "writing", "app@db:4000");
        assertThat(told.code()).isEqualTo("TR-A025");
        assertThat(told.cure()).contains(limit);
    }

    @Test
    void aPoolWithoutConnectionsIsALostConnection() {
        assertThat(SqlErrors.kind(new SQLTransientConnectionException("no connection in time")))
                .isEqualTo(Kind.CONNECTION_LOST);
    }

    /** HikariPool's error has the last refusal as its cause, and no code. */
    @Test
    void aPoolIsRefusedConnectionsByATargetThatHasTooMany() {
        SQLException refusal = new SQLException("Too many connections", "08004", 1040);
        SQLException pool = new SQLTransientConnectionException("no connection in time", "08004", refusal);
        assertThat(SqlErrors.isOverload(pool)).isTrue();
        assertThat(SqlErrors.kind(pool)).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(SqlErrors.isOverload(new SQLTransientConnectionException("no connection in time")))
                .isFalse();
    }

    @Test
    void missingPrivilegesAreCuredByAGrant() {
        assertThat(SqlErrors.toException(new SQLException("denied", "42000", 1142), "writing", "app@db:4000")
                        .cure())
                .contains("GRANT ")
                .contains("'app'@'%'");
    }
}
