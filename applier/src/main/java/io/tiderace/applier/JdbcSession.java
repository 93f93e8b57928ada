package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A {@link TargetSession} over a JDBC connection that is not in autocommit mode. */
final class JdbcSession implements TargetSession {
    /** Rows that one statement looks up. */
    private static final int LOOK_UPS = 100;

    /** Of a foreign key that leaves child rows as they are. */
    private static final Set<String> IDLE_RULES = Set.of("RESTRICT", "NO ACTION");

    private final Connection connection;
    private final TargetDialect dialect;
    private final Statement statement;
    private final JdbcQuarantine quarantine;
    private final boolean checksForeignKeys;
    private final Asking asking;
    private boolean checksAtOnce;
    private boolean hasLeftForeignKeys;

    /**
     * @param checksForeignKeys whether the connection's session does
     * @param asking told how large requests are
     */
    JdbcSession(Connection connection, TargetDialect dialect, boolean checksForeignKeys, Asking asking)
            throws SQLException {
        this.connection = connection;
        this.asking = asking;
        this.dialect = dialect;
        this.checksForeignKeys = checksForeignKeys;
        this.statement = connection.createStatement();
        this.quarantine = new JdbcQuarantine(connection, dialect.quarantine());
    }

    @Override
    public long write(Write write) throws SQLException {
        if (EnumErrors.isIn(write)) {
            return EnumErrors.execute(statement, dialect.write(write), write);
        }
        LargeWrite large = LargeWrite.of(write);
        if (large != null) {
            asking.sends(large.bytes());
            return large.execute(connection, dialect);
        }
        String sql = dialect.write(write);
        asking.sends(sql.length());
        return statement.executeLargeUpdate(sql);
    }

    @Override
    public List<Integer> missing(Write write) throws SQLException {
        List<Integer> result = new ArrayList<>();
        int count = write.images().size();
        for (int from = 0; from < count; from += LOOK_UPS) {
            int to = Math.min(count, from + LOOK_UPS);
            BitSet present = new BitSet();
            try (ResultSet rows = statement.executeQuery(TargetDialect.selectPresent(write, from, to))) {
                while (rows.next()) {
                    present.set(rows.getInt(1));
                }
            }
            for (int i = from; i < to; i++) {
                if (!present.get(i)) {
                    result.add(i);
                }
            }
        }
        return result;
    }

    @Override
    public List<LaneRow> lanes(CheckpointKey key, boolean forUpdate) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectCheckpoint(forUpdate))) {
            set(query, 1, key);
            return laneRows(query);
        }
    }

    @Override
    public @Nullable LaneRow lane(CheckpointKey key, int lane) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(dialect.selectLane())) {
            set(query, 1, key);
            query.setInt(3, lane);
            List<LaneRow> rows = laneRows(query);
            return rows.isEmpty() ? null : rows.get(0);
        }
    }

    private static List<LaneRow> laneRows(PreparedStatement query) throws SQLException {
        List<LaneRow> result = new ArrayList<>();
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                result.add(new LaneRow(
                        rows.getInt("lane"),
                        rows.getLong("epoch"),
                        position(rows),
                        AppliedRanges.parse(rows.getString("applied_ranges")),
                        rows.getTimestamp("updated_at").toInstant()));
            }
        }
        return result;
    }

    @Override
    public boolean updateLane(CheckpointKey key, LaneRow row) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(dialect.updateCheckpoint())) {
            set(update, 1, row);
            set(update, 7, key);
            update.setInt(9, row.lane());
            update.setLong(10, row.epoch());
            return update.executeUpdate() == 1;
        }
    }

    @Override
    public void putLane(CheckpointKey key, LaneRow row) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(dialect.claimLane())) {
            set(insert, 1, key);
            insert.setInt(3, row.lane());
            insert.setLong(4, row.epoch());
            set(insert, 5, row);
            insert.executeUpdate();
        }
    }

    @Override
    public void dropLanesFrom(CheckpointKey key, int lane) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(dialect.dropLanesFrom())) {
            set(delete, 1, key);
            delete.setInt(3, lane);
            delete.executeUpdate();
        }
    }

    @Override
    public void openQuarantine(CheckpointKey key) throws SQLException {
        quarantine.open(key);
    }

    @Override
    public long lockQuarantine(CheckpointKey key) throws SQLException {
        return quarantine.lock(key);
    }

    @Override
    public Quarantine.Register quarantine(CheckpointKey key) throws SQLException {
        return quarantine.register(key);
    }

    @Override
    public void addQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        quarantine.add(key, changes);
    }

    @Override
    public void removeQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        quarantine.remove(key, changes);
    }

    @Override
    public void checkAtOnce() throws SQLException {
        if (dialect.isTiDb() && !checksAtOnce) {
            statement.execute(TargetDialect.checkAtOnce(true));
            checksAtOnce = true;
        }
    }

    @Override
    public void leaveForeignKeys(boolean leave) throws SQLException {
        if (checksForeignKeys && hasLeftForeignKeys != leave) {
            statement.execute(TargetDialect.checkForeignKeys(!leave));
            hasLeftForeignKeys = leave;
        }
    }

    @Override
    public List<Families.Link> foreignKeys() throws SQLException {
        List<Families.Link> links = new ArrayList<>();
        if (checksForeignKeys) {
            try (ResultSet rows = statement.executeQuery(TargetDialect.selectForeignKeys())) {
                while (rows.next()) {
                    links.add(new Families.Link(
                            new TableName(rows.getString(1), rows.getString(2)),
                            new TableName(rows.getString(3), rows.getString(4)),
                            rows.getString(5),
                            isFollowing(rows.getString(6)),
                            isFollowing(rows.getString(7))));
                }
            }
        }
        return links;
    }

    private static boolean isFollowing(@Nullable String rule) {
        return rule == null || !IDLE_RULES.contains(rule.toUpperCase(Locale.ROOT));
    }

    @Override
    public @Nullable TargetTable table(TableName name) throws SQLException {
        List<TargetColumn> columns = new ArrayList<>();
        try (PreparedStatement query = prepare(TargetDialect.selectColumns(), name);
                ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                String generation = rows.getString(6);
                columns.add(new TargetColumn(
                        rows.getString(1),
                        rows.getString(2).toLowerCase(Locale.ROOT),
                        rows.getString(3),
                        "YES".equals(rows.getString(4)),
                        generation != null && !generation.isEmpty()));
            }
        }
        return columns.isEmpty() ? null : new TargetTable(name, columns, keys(name));
    }

    private List<TargetKey> keys(TableName name) throws SQLException {
        Map<String, List<KeyPart>> parts = new TreeMap<>((left, right) -> {
            boolean leftPrimary = left.equals("PRIMARY");
            return leftPrimary == right.equals("PRIMARY") ? left.compareTo(right) : (leftPrimary ? -1 : 1);
        });
        try (PreparedStatement query = prepare(dialect.selectKeys(), name);
                ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                KeyPart part = new KeyPart(rows.getString(2), rows.getString(3) != null);
                parts.computeIfAbsent(rows.getString(1), key -> new ArrayList<>())
                        .add(part);
            }
        }
        List<TargetKey> keys = new ArrayList<>();
        parts.forEach((key, list) -> keys.add(new TargetKey(key, key.equals("PRIMARY"), list)));
        return keys;
    }

    @Override
    public void commit() throws SQLException {
        connection.commit();
    }

    @Override
    public void rollback() {
        try {
            connection.rollback();
        } catch (SQLException gone) {
            // the server rolls back when it sees the connection end
        }
    }

    @Override
    public void close() {
        try (connection) {
            restore();
            statement.close();
        } catch (SQLException gone) {
            // the pool drops a connection that is broken
        }
    }

    /** Nobody after us shall have a session that is not as it was at first. */
    private void restore() throws SQLException {
        try {
            if (checksAtOnce) {
                statement.execute(TargetDialect.checkAtOnce(false));
            }
            if (hasLeftForeignKeys) {
                statement.execute(TargetDialect.checkForeignKeys(true));
            }
        } catch (SQLException e) {
            connection.abort(Runnable::run);
            throw e;
        }
    }

    private PreparedStatement prepare(String sql, TableName name) throws SQLException {
        PreparedStatement query = connection.prepareStatement(sql);
        query.setString(1, name.schema());
        query.setString(2, name.table());
        return query;
    }

    private static void set(PreparedStatement statement, int index, CheckpointKey key) throws SQLException {
        statement.setString(index, key.task());
        statement.setString(index + 1, key.sourceId());
    }

    private static void set(PreparedStatement statement, int index, LaneRow row) throws SQLException {
        SourcePosition position = row.low().position();
        statement.setLong(index, row.low().txn());
        statement.setLong(index + 1, row.low().offset());
        statement.setString(index + 2, row.applied().toString());
        statement.setString(index + 3, position == null ? null : position.gtidSet());
        statement.setString(index + 4, position == null ? null : position.file());
        if (position == null) {
            statement.setNull(index + 5, Types.BIGINT);
        } else {
            statement.setLong(index + 5, position.pos());
        }
    }

    private static AppliedPosition position(ResultSet row) throws SQLException {
        String file = row.getString("binlog_name");
        String gtidSet = row.getString("gtid_set");
        SourcePosition position = file == null && gtidSet == null
                ? null
                : new SourcePosition(file == null ? "" : file, row.getLong("binlog_pos"), gtidSet);
        return new AppliedPosition(row.getLong("low_txn"), row.getLong("low_offset"), position);
    }
}
