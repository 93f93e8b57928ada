package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the target's tables look like, read once and again after DDL. Not thread-safe. */
final class TargetSchema {
    private final Target target;
    private final Map<TableName, TargetTable> tables = new HashMap<>();

    /** By target and by instance of the source's structure. */
    private final Map<TableName, Map<TableStructure, RowMapping>> mappings = new HashMap<>();

    TargetSchema(Target target) {
        this.target = target;
    }

    /**
     * How rows of a source structure (one instance a version) become rows of a target table.
     *
     * @throws DataException when the target lacks the table or a column
     */
    RowMapping mapping(TableStructure source, TableName name) throws SQLException {
        RowMapping mapping = RowMapping.of(source, table(name));
        mappings.computeIfAbsent(name, key -> new IdentityHashMap<>()).put(source, mapping);
        return mapping;
    }

    /** The mapping when it is at hand, else null; see {@link #mapping}. */
    @Nullable
    RowMapping known(TableStructure source, TableName name) {
        Map<TableStructure, RowMapping> ofTarget = mappings.get(name);
        return ofTarget == null ? null : ofTarget.get(source);
    }

    /** Forgets everything: a DDL statement ran. */
    void invalidate() {
        tables.clear();
        mappings.clear();
    }

    private TargetTable table(TableName name) throws SQLException {
        TargetTable known = tables.get(name);
        if (known == null) {
            try (Connection connection = target.connection()) {
                known = read(connection, target.dialect(), name);
                connection.rollback();
            }
            tables.put(name, known);
        }
        return known;
    }

    static TargetTable read(Connection connection, TargetDialect dialect, TableName name) throws SQLException {
        List<TargetColumn> columns = new ArrayList<>();
        try (PreparedStatement query = prepare(connection, TargetDialect.selectColumns(), name);
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
        if (columns.isEmpty()) {
            throw new DataException(
                    "TR-A021",
                    "the target has no table " + name,
                    "create it as it is at the source (tasks of mode all and full do so themselves), then start the task again; it "
                            + "goes on where it stopped");
        }
        return new TargetTable(name, columns, keys(connection, dialect, name));
    }

    private static List<TargetKey> keys(Connection connection, TargetDialect dialect, TableName name)
            throws SQLException {
        Map<String, List<KeyPart>> parts = new TreeMap<>((left, right) -> {
            boolean leftPrimary = left.equals("PRIMARY");
            return leftPrimary == right.equals("PRIMARY") ? left.compareTo(right) : (leftPrimary ? -1 : 1);
        });
        try (PreparedStatement query = prepare(connection, dialect.selectKeys(), name);
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

    private static PreparedStatement prepare(Connection connection, String sql, TableName name) throws SQLException {
        PreparedStatement query = connection.prepareStatement(sql);
        query.setString(1, name.schema());
        query.setString(2, name.table());
        return query;
    }
}
