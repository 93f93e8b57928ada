package io.tiderace.applier;

/** Every SQL statement about the register of what waits in quarantine. Its generation is the offset of a row without a transaction. Pure. */
final class QuarantineDialect {
    private final String table;

    /** @param table quoted */
    QuarantineDialect(String table) {
        this.table = table;
    }

    /** @param key columns that name task and source */
    String create(String key) {
        return "CREATE TABLE IF NOT EXISTS " + table + " (" + key
                + "txn BIGINT NOT NULL, txn_row BIGINT NOT NULL, topic_offset BIGINT NOT NULL, target_schema VARCHAR(64) NOT NULL, "
                + "target_table VARCHAR(64) NOT NULL, row_text LONGTEXT NOT NULL, order_keys LONGTEXT NOT NULL, reason TEXT NOT NULL, "
                + "is_replay BOOLEAN NOT NULL, quarantined_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
                + "PRIMARY KEY (task, source_id, txn, txn_row)) DEFAULT CHARSET = utf8mb4";
    }

    /** Parameters: task, source. */
    String open() {
        return "INSERT IGNORE INTO " + table
                + " (task, source_id, txn, txn_row, topic_offset, target_schema, target_table, row_text, order_keys, reason, is_replay) "
                + "VALUES (?, ?, 0, 0, 0, '', '', '', '', '', FALSE)";
    }

    /** Parameters: task, source. */
    String lock() {
        return "SELECT topic_offset FROM " + table
                + " WHERE task = ? AND source_id = ? AND txn = 0 AND txn_row = 0 FOR UPDATE";
    }

    /** Parameters: task, source. */
    String select() {
        return "SELECT txn, txn_row, topic_offset, target_schema, target_table, row_text, order_keys, reason, is_replay FROM "
                + table + " WHERE task = ? AND source_id = ? ORDER BY txn, txn_row";
    }

    /** Parameters of each: task, source, txn, txn_row, topic_offset, target_schema, target_table, row_text, order_keys, reason, is_replay. */
    String insert(int rows) {
        return "INSERT INTO " + table
                + " (task, source_id, txn, txn_row, topic_offset, target_schema, target_table, row_text, order_keys, reason, is_replay) VALUES "
                + "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" + ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)".repeat(rows - 1);
    }

    /** Parameters: task, source, and of each: txn, txn_row. */
    String delete(int rows) {
        return "DELETE FROM " + table + " WHERE task = ? AND source_id = ? AND (txn, txn_row) IN ((?, ?)"
                + ", (?, ?)".repeat(rows - 1) + ")";
    }

    /** Parameters: task, source. */
    String raiseGeneration() {
        return "UPDATE " + table
                + " SET topic_offset = topic_offset + 1 WHERE task = ? AND source_id = ? AND txn = 0 AND txn_row = 0";
    }
}
