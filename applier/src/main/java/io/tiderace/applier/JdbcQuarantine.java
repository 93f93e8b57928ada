package io.tiderace.applier;

import io.tiderace.applier.Quarantine.Register;
import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** The register of what waits in quarantine, over a JDBC connection. */
final class JdbcQuarantine {
    private static final int ROWS = 100;

    private final Connection connection;
    private final QuarantineDialect dialect;

    JdbcQuarantine(Connection connection, QuarantineDialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    void open(CheckpointKey key) throws SQLException {
        execute(dialect.open(), key);
    }

    long lock(CheckpointKey key) throws SQLException {
        try (PreparedStatement query = prepare(dialect.lock(), key);
                ResultSet row = query.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    Register register(CheckpointKey key) throws SQLException {
        long generation = 0;
        List<QuarantinedChange> changes = new ArrayList<>();
        try (PreparedStatement query = prepare(dialect.select(), key);
                ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                if (rows.getLong("txn") == 0) {
                    generation = rows.getLong("topic_offset");
                } else {
                    changes.add(change(rows));
                }
            }
        }
        return new Register(generation, changes);
    }

    private static QuarantinedChange change(ResultSet row) throws SQLException {
        return new QuarantinedChange(
                row.getLong("txn"),
                row.getLong("txn_row"),
                row.getLong("topic_offset"),
                new TableName(row.getString("target_schema"), row.getString("target_table")),
                row.getString("row_text"),
                parse(row.getString("order_keys")),
                row.getString("reason"),
                row.getBoolean("is_replay"));
    }

    void add(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        for (int from = 0; from < changes.size(); from += ROWS) {
            List<QuarantinedChange> part = changes.subList(from, Math.min(changes.size(), from + ROWS));
            try (PreparedStatement insert = connection.prepareStatement(dialect.insert(part.size()))) {
                int index = 1;
                for (QuarantinedChange change : part) {
                    insert.setString(index++, key.task());
                    insert.setString(index++, key.sourceId());
                    insert.setLong(index++, change.txn());
                    insert.setLong(index++, change.txnRow());
                    insert.setLong(index++, change.offset());
                    insert.setString(index++, change.target().schema());
                    insert.setString(index++, change.target().table());
                    insert.setString(index++, change.row());
                    insert.setString(index++, text(change.keys()));
                    insert.setString(index++, change.reason());
                    insert.setBoolean(index++, change.replay());
                }
                insert.executeUpdate();
            }
        }
    }

    void remove(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        for (int from = 0; from < changes.size(); from += ROWS) {
            List<QuarantinedChange> part = changes.subList(from, Math.min(changes.size(), from + ROWS));
            try (PreparedStatement delete = prepare(dialect.delete(part.size()), key)) {
                int index = 3;
                for (QuarantinedChange change : part) {
                    delete.setLong(index++, change.txn());
                    delete.setLong(index++, change.txnRow());
                }
                delete.executeUpdate();
            }
        }
        execute(dialect.raiseGeneration(), key);
    }

    private void execute(String sql, CheckpointKey key) throws SQLException {
        try (PreparedStatement statement = prepare(sql, key)) {
            statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(String sql, CheckpointKey key) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setString(1, key.task());
        statement.setString(2, key.sourceId());
        return statement;
    }

    private static String text(long[] keys) {
        StringJoiner text = new StringJoiner(" ");
        for (long key : keys) {
            text.add(Long.toHexString(key));
        }
        return text.toString();
    }

    private static long[] parse(String text) {
        String[] words = text.isEmpty() ? new String[0] : text.split(" ");
        long[] keys = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            keys[i] = Long.parseUnsignedLong(words[i], 16);
        }
        return keys;
    }
}
