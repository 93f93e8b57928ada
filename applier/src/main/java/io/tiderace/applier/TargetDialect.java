package io.tiderace.applier;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

import static io.tiderace.schemas.TableName.quote;

/** Every SQL statement that is sent to a target, for TiDB and for MySQL. Pure. */
final class TargetDialect {
    private static final Set<String> CHARACTERS =
            Set.of("char", "varchar", "tinytext", "text", "mediumtext", "longtext");

    private static final String LANE_COLUMNS =
            "lane, epoch, low_txn, low_offset, applied_ranges, gtid_set, binlog_name, binlog_pos, updated_at";

    private final boolean tiDb;
    private final String checkpoint;
    private final String journal;
    private final String metaSchema;
    private final String register;

    TargetDialect(boolean tiDb, String metaSchema) {
        this.tiDb = tiDb;
        this.metaSchema = quote(metaSchema);
        this.checkpoint = this.metaSchema + ".`checkpoint`";
        this.journal = this.metaSchema + ".`ddl_journal`";
        this.register = this.metaSchema + ".`quarantine`";
    }

    QuarantineDialect quarantine() {
        return new QuarantineDialect(register);
    }

    boolean isTiDb() {
        return tiDb;
    }

    static boolean isTiDb(String version) {
        return version.toLowerCase(Locale.ROOT).contains("tidb");
    }

    static String selectVersion() {
        return "SELECT VERSION()";
    }

    /**
     * The session that our literals and promises need; the task's own variables come first and lose where they would change a value.
     *
     * @param session the task's variables
     */
    String setSession(Map<String, String> session) {
        Map<String, String> variables = new TreeMap<>(session);
        variables.putIfAbsent("foreign_key_checks", "0");
        // of a session whose connection broke unheard, the locks go after a minute and not after eight hours
        variables.putIfAbsent("wait_timeout", "60");
        if (tiDb) {
            variables.putIfAbsent("tidb_txn_mode", "optimistic");
            // else every statement's text is normalized to look for a plan binding, which costs a tenth of a large one
            variables.putIfAbsent("tidb_use_plan_baselines", "0");
        } else {
            variables.putIfAbsent("transaction_isolation", "READ-COMMITTED");
        }
        variables.put("sql_mode", sqlMode(session.get("sql_mode")));
        variables.put("time_zone", "+00:00");
        StringBuilder sql = new StringBuilder("SET ");
        variables.forEach((name, value) -> {
            sql.append(sql.length() > 4 ? ", " : "")
                    .append("SESSION ")
                    .append(quote(name))
                    .append(" = ");
            if (value.matches("-?[0-9]+(\\.[0-9]+)?")) {
                sql.append(value);
            } else {
                SqlLiterals.quote(sql, value);
            }
        });
        return sql.toString();
    }

    /** Strict, so that no value is altered silently, but with the zero and invalid dates a source may hold. */
    private static String sqlMode(@Nullable String wanted) {
        String mode = wanted == null ? "STRICT_TRANS_TABLES,ALLOW_INVALID_DATES" : wanted.toUpperCase(Locale.ROOT);
        StringBuilder result = new StringBuilder();
        for (String part : (mode + ",NO_AUTO_VALUE_ON_ZERO").split(",")) {
            if (!part.isBlank() && !part.equals("NO_BACKSLASH_ESCAPES")) {
                result.append(result.isEmpty() ? "" : ",").append(part.trim());
            }
        }
        return result.toString();
    }

    /** So that a value which strict mode refuses can be written; what else the target alters must be looked for in its warnings. */
    static String leaveStrictMode() {
        return "SET @tiderace_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = REPLACE(REPLACE(REPLACE(@@SESSION.sql_mode, "
                + "'STRICT_TRANS_TABLES', ''), 'STRICT_ALL_TABLES', ''), 'TRADITIONAL', '')";
    }

    static String returnToStrictMode() {
        return "SET SESSION sql_mode = @tiderace_sql_mode";
    }

    String write(Write write) {
        StringBuilder sql = new StringBuilder(4096);
        if (write instanceof Write.Insert insert) {
            values(sql.append("INSERT INTO "), insert.mapping(), insert.images());
        } else if (write instanceof Write.Upsert upsert) {
            values(sql.append("INSERT INTO "), upsert.mapping(), upsert.images());
            onDuplicate(sql, upsert);
        } else if (write instanceof Write.Replace replace) {
            values(sql.append("REPLACE INTO "), replace.mapping(), replace.images());
        } else if (write instanceof Write.Delete delete) {
            deleteByKey(sql, delete.mapping(), delete.images());
        } else if (write instanceof Write.UpdateOne update) {
            updateOne(sql, update);
        } else if (write instanceof Write.DeleteOne delete) {
            sql.append("DELETE FROM ").append(delete.mapping().target().name().quoted());
            whereOne(sql, delete.mapping(), delete.before());
        }
        return sql.toString();
    }

    private static void values(StringBuilder sql, RowMapping mapping, List<@Nullable Object[]> images) {
        sql.append(mapping.target().name().quoted()).append(" (");
        int[] written = mapping.written();
        for (int i = 0; i < written.length; i++) {
            sql.append(i == 0 ? "" : ",")
                    .append(quote(mapping.column(written[i]).name()));
        }
        sql.append(") VALUES ");
        for (int row = 0; row < images.size(); row++) {
            sql.append(row == 0 ? "(" : ",(");
            @Nullable Object[] image = images.get(row);
            for (int i = 0; i < written.length; i++) {
                if (i > 0) {
                    sql.append(',');
                }
                SqlLiterals.append(sql, mapping.column(written[i]).type(), image[written[i]]);
            }
            sql.append(')');
        }
    }

    private static void onDuplicate(StringBuilder sql, Write.Upsert upsert) {
        RowMapping mapping = upsert.mapping();
        sql.append(" ON DUPLICATE KEY UPDATE ");
        int start = sql.length();
        for (int index : mapping.written()) {
            if (!mapping.isIdentity(index)) {
                String column = quote(mapping.column(index).name());
                sql.append(sql.length() == start ? "" : ",").append(column).append('=');
                if (mapping.isWideBit(index)) {
                    SqlLiterals.append(
                            sql, mapping.column(index).type(), upsert.images().get(0)[index]);
                } else {
                    sql.append("VALUES(").append(column).append(')');
                }
            }
        }
        if (sql.length() == start) {
            String column = quote(mapping.column(mapping.rowKey()[0]).name());
            sql.append(column).append('=').append(column);
        }
    }

    private static void deleteByKey(StringBuilder sql, RowMapping mapping, List<@Nullable Object[]> images) {
        int[] key = mapping.rowKey();
        sql.append("DELETE FROM ").append(mapping.target().name().quoted()).append(" WHERE ");
        sql.append(key.length > 1 ? "(" : "");
        for (int i = 0; i < key.length; i++) {
            sql.append(i == 0 ? "" : ",").append(quote(mapping.column(key[i]).name()));
        }
        sql.append(key.length > 1 ? ") IN (" : " IN (");
        for (int row = 0; row < images.size(); row++) {
            sql.append(row == 0 ? "" : ",").append(key.length > 1 ? "(" : "");
            for (int i = 0; i < key.length; i++) {
                if (i > 0) {
                    sql.append(',');
                }
                SqlLiterals.appendCompared(sql, mapping.column(key[i]).type(), images.get(row)[key[i]]);
            }
            sql.append(key.length > 1 ? ")" : "");
        }
        sql.append(')');
    }

    /** The indexes of those images of a statement whose row is there, as the target's own collations compare. */
    static String selectPresent(Write write, int from, int to) {
        RowMapping mapping = write.mapping();
        StringBuilder sql = new StringBuilder();
        for (int i = from; i < to; i++) {
            sql.append(i == from ? "" : " UNION ALL ")
                    .append("SELECT ")
                    .append(i)
                    .append(" FROM DUAL WHERE EXISTS (SELECT 1 FROM ");
            sql.append(mapping.target().name().quoted());
            @Nullable Object[] image = write.images().get(i);
            whereOne(sql, mapping, image);
            sql.append(')');
        }
        return sql.toString();
    }

    private static void updateOne(StringBuilder sql, Write.UpdateOne update) {
        RowMapping mapping = update.mapping();
        sql.append("UPDATE ").append(mapping.target().name().quoted()).append(" SET ");
        int start = sql.length();
        for (int index : mapping.written()) {
            if (!mapping.isFollowedAndKept(index, update.before(), update.after())) {
                Column column = mapping.column(index);
                sql.append(sql.length() == start ? "" : ",")
                        .append(quote(column.name()))
                        .append('=');
                SqlLiterals.append(sql, column.type(), update.after()[index]);
            }
        }
        whereOne(sql, mapping, update.before());
    }

    /** Matches one row by its key, or by all its values when it has none. */
    private static void whereOne(StringBuilder sql, RowMapping mapping, @Nullable Object[] image) {
        if (mapping.isKeyless()) {
            whereAll(sql, mapping, image);
        } else {
            whereKey(sql, mapping, image);
        }
    }

    private static void whereKey(StringBuilder sql, RowMapping mapping, @Nullable Object[] image) {
        for (int part = 0; part < mapping.rowKey().length; part++) {
            Column column = mapping.column(mapping.rowKey()[part]);
            sql.append(part == 0 ? " WHERE " : " AND ")
                    .append(quote(column.name()))
                    .append(" = ");
            SqlLiterals.appendCompared(sql, column.type(), image[mapping.rowKey()[part]]);
        }
    }

    /** Matches one row by all its values, bytes and not collation deciding. */
    private static void whereAll(StringBuilder sql, RowMapping mapping, @Nullable Object[] image) {
        int[] written = mapping.written();
        for (int i = 0; i < written.length; i++) {
            Column column = mapping.column(written[i]);
            String name = quote(column.name());
            sql.append(i == 0 ? " WHERE " : " AND ").append(name).append(" <=> ");
            SqlLiterals.appendCompared(sql, column.type(), image[written[i]]);
            if (image[written[i]] instanceof String text
                    && CHARACTERS.contains(column.type().name())) {
                sql.append(" AND CAST(CONVERT(").append(name).append(" USING utf8mb4) AS BINARY) = CAST(");
                SqlLiterals.quote(sql, text);
                sql.append(" AS BINARY)");
            }
        }
        sql.append(" LIMIT 1");
    }

    List<String> createMetaTables() {
        String text = "VARCHAR(%d) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL";
        String key = "task " + text.formatted(128) + ", source_id " + text.formatted(32) + ", ";
        return List.of(
                "CREATE DATABASE IF NOT EXISTS " + metaSchema,
                "CREATE TABLE IF NOT EXISTS " + checkpoint + " (" + key
                        + "lane INT NOT NULL, epoch BIGINT NOT NULL, low_txn BIGINT NOT NULL, low_offset BIGINT NOT NULL, "
                        + "applied_ranges MEDIUMTEXT NOT NULL, gtid_set MEDIUMTEXT NULL, binlog_name VARCHAR(255) NULL, "
                        + "binlog_pos BIGINT NULL, updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
                        + "PRIMARY KEY (task, source_id, lane)) DEFAULT CHARSET = utf8mb4",
                "CREATE TABLE IF NOT EXISTS " + journal + " (" + key
                        + "txn BIGINT NOT NULL, seq BIGINT NOT NULL, lock_id VARCHAR(255) NULL, target_schema VARCHAR(64) NOT NULL, "
                        + "target_table VARCHAR(64) NOT NULL, statement LONGTEXT NOT NULL, state VARCHAR(16) NOT NULL, "
                        + "started_at TIMESTAMP(3) NULL, finished_at TIMESTAMP(3) NULL, error TEXT NULL, "
                        + "PRIMARY KEY (task, source_id, txn, seq)) DEFAULT CHARSET = utf8mb4",
                quarantine().create(key));
    }

    String selectMetaTable() {
        return "SELECT 1 FROM " + checkpoint + ", " + journal + ", " + register + " LIMIT 0";
    }

    /** Parameters: task, source. */
    String selectCheckpoint(boolean forUpdate) {
        return "SELECT " + LANE_COLUMNS + " FROM " + checkpoint + " WHERE task = ? AND source_id = ?"
                + (forUpdate ? " FOR UPDATE" : "");
    }

    /** Parameters: task, source, lane, epoch, low_txn, low_offset, applied_ranges, gtid_set, binlog_name, binlog_pos. */
    String claimLane() {
        return "INSERT INTO " + checkpoint
                + " (task, source_id, lane, epoch, low_txn, low_offset, applied_ranges, gtid_set, binlog_name, "
                + "binlog_pos, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE "
                + "epoch = VALUES(epoch), low_txn = VALUES(low_txn), low_offset = VALUES(low_offset), applied_ranges = "
                + "VALUES(applied_ranges), gtid_set = VALUES(gtid_set), binlog_name = VALUES(binlog_name), binlog_pos = "
                + "VALUES(binlog_pos), updated_at = VALUES(updated_at)";
    }

    /** Parameters: task, source, lane. */
    String dropLanesFrom() {
        return "DELETE FROM " + checkpoint + " WHERE task = ? AND source_id = ? AND lane >= ?";
    }

    /** Parameters: low_txn, low_offset, applied_ranges, gtid_set, binlog_name, binlog_pos, task, source, lane, epoch. */
    String updateCheckpoint() {
        return "UPDATE " + checkpoint
                + " SET low_txn = ?, low_offset = ?, applied_ranges = ?, gtid_set = ?, binlog_name = ?, binlog_pos = ?, "
                + "updated_at = CURRENT_TIMESTAMP(3) WHERE task = ? AND source_id = ? AND lane = ? AND epoch = ?";
    }

    /** TiDB's optimistic transactions check unique keys only at COMMIT, which does not say which statement was wrong. */
    static String checkAtOnce(boolean atOnce) {
        return "SET SESSION tidb_constraint_check_in_place = " + (atOnce ? 1 : 0);
    }

    static String checkForeignKeys(boolean check) {
        return "SET SESSION foreign_key_checks = " + (check ? 1 : 0);
    }

    /** Columns of foreign keys: child, parent, the parent's column, and what the child does when a parent row is deleted or changed. */
    static String selectForeignKeys() {
        return "SELECT k.table_schema, k.table_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name, "
                + "r.delete_rule, r.update_rule FROM information_schema.key_column_usage k LEFT JOIN "
                + "information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND "
                + "r.table_name = k.table_name AND r.constraint_name = k.constraint_name WHERE k.referenced_table_name IS NOT NULL";
    }

    /** 1 when a session that is told so really checks foreign keys; TiDB before 6.6 does not, nor a later one where it is switched off. */
    String selectForeignKeyChecks() {
        return tiDb
                ? "SELECT @@SESSION.foreign_key_checks = 1 AND @@GLOBAL.tidb_enable_foreign_key = 1"
                : "SELECT @@SESSION.foreign_key_checks = 1";
    }

    /** Parameters: task, source, lane. */
    String selectLane() {
        return "SELECT " + LANE_COLUMNS + " FROM " + checkpoint
                + " WHERE task = ? AND source_id = ? AND lane = ? FOR UPDATE";
    }

    /** Parameters: task, source, txn, seq. */
    String selectJournal() {
        return "SELECT state, error FROM " + journal + " WHERE task = ? AND source_id = ? AND txn = ? AND seq = ?";
    }

    /** Parameters: task, source, txn, seq, lock_id, target_schema, target_table, statement, error. */
    String startJournal() {
        return "REPLACE INTO " + journal
                + " (task, source_id, txn, seq, lock_id, target_schema, target_table, statement, state, started_at, "
                + "finished_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'started', CURRENT_TIMESTAMP(3), NULL, ?)";
    }

    /** Parameters: state, error, task, source, txn, seq. */
    String endJournal() {
        return "UPDATE " + journal
                + " SET state = ?, finished_at = CURRENT_TIMESTAMP(3), error = ? WHERE task = ? AND source_id = ? AND txn = ? "
                + "AND seq = ?";
    }

    /** What an operator runs to pass over a statement that the target refuses. */
    String passOverJournal(String task, String sourceId, long txn, long seq) {
        StringBuilder sql = new StringBuilder("UPDATE " + journal + " SET state = 'done' WHERE task = ");
        SqlLiterals.quote(sql, task);
        SqlLiterals.quote(sql.append(" AND source_id = "), sourceId);
        return sql.append(" AND txn = ")
                .append(txn)
                .append(" AND seq = ")
                .append(seq)
                .append(';')
                .toString();
    }

    /** Parameters: schema, table. */
    static String selectColumns() {
        return "SELECT column_name, data_type, collation_name, is_nullable, extra, generation_expression FROM information_schema.columns "
                + "WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position";
    }

    /** Unique keys, the primary one first. Parameters: schema, table. */
    String selectKeys() {
        return "SELECT index_name, column_name, sub_part FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? AND "
                + "non_unique = 0 ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index";
    }

    static String showCreate(TableName table) {
        return table.table().isEmpty()
                ? "SHOW CREATE DATABASE " + quote(table.schema())
                : "SHOW CREATE TABLE " + table.quoted();
    }

    /** Parameters: task, source. */
    String selectEpoch() {
        return "SELECT COALESCE(MAX(epoch), 0) FROM " + checkpoint + " WHERE task = ? AND source_id = ?";
    }

    /** Names of locks have at most 64 characters. */
    static String lockName(String task, String sourceId) {
        return "tiderace-ddl-" + UUID.nameUUIDFromBytes((task + "\0" + sourceId).getBytes(StandardCharsets.UTF_8));
    }

    /** 1 when the lock is ours until the session ends. Parameter: name. */
    static String getLock() {
        return "SELECT GET_LOCK(?, 1)";
    }

    /** The session that has the lock and has done nothing for a while. Parameter: name. */
    static String selectIdleLockHolder() {
        return "SELECT id FROM information_schema.processlist WHERE id = IS_USED_LOCK(?) AND command = 'Sleep' AND time >= 2";
    }

    /** The server's name and its number of this session, 0 when it does not show it. */
    static String selectSeat() {
        return "SELECT CONCAT(@@hostname, ':', @@port), "
                + "COALESCE((SELECT id FROM information_schema.processlist WHERE id = CONNECTION_ID()), 0)";
    }

    static String selectActivity(long session) {
        return "SELECT command FROM information_schema.processlist WHERE id = " + session;
    }

    /** TiDB without global kill ends a session of its own only when told that it is one. */
    String kill(long session) {
        return (tiDb ? "KILL TIDB " : "KILL ") + session;
    }

    static String createSchema(String schema) {
        return "CREATE DATABASE IF NOT EXISTS " + TableName.quote(schema);
    }

    static String use(String schema) {
        return "USE " + quote(schema);
    }

    static String setVariable(String name, String value) {
        StringBuilder sql = new StringBuilder("SET SESSION " + name + " = ");
        SqlLiterals.quote(sql, value);
        return sql.toString();
    }

    static String setTimestamp(long tsMs) {
        return "SET SESSION timestamp = " + tsMs / 1000 + "." + String.format(Locale.ROOT, "%03d", tsMs % 1000);
    }

    /** TiDB's DDL jobs that are not finished, with the statement of each. */
    static String selectRunningDdl() {
        return "SELECT query FROM information_schema.ddl_jobs WHERE state NOT IN ('synced', 'cancelled', 'rollback done')";
    }
}
