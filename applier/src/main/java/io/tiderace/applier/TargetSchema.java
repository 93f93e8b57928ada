package io.tiderace.applier;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the target's tables look like, read once and again after DDL. Not thread-safe. */
final class TargetSchema {
    private final Target target;
    private final Map<TableName, TargetTable> tables = new HashMap<>();

    /** By target and by instance of the source's structure. */
    private final Map<TableName, Map<TableStructure, RowMapping>> mappings = new HashMap<>();

    /** Null until asked for. */
    private @Nullable Families families;

    TargetSchema(Target target) {
        this.target = target;
    }

    /**
     * How rows of a source structure (one instance a version) become rows of a target table.
     *
     * @throws DataException when the target lacks the table or a column
     */
    RowMapping mapping(TableStructure source, TableName name) throws SQLException {
        RowMapping mapping = RowMapping.of(source, table(name), families().of(name));
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
        families = null;
    }

    private Families families() throws SQLException {
        Families known = families;
        if (known == null) {
            try (TargetSession session = target.session()) {
                known = Families.of(session.foreignKeys());
                session.rollback();
            }
            families = known;
        }
        return known;
    }

    private TargetTable table(TableName name) throws SQLException {
        TargetTable known = tables.get(name);
        if (known == null) {
            try (TargetSession session = target.session()) {
                known = session.table(name);
                session.rollback();
            }
            if (known == null) {
                throw new DataException(
                        "TR-A021",
                        "the target has no table " + name,
                        "create it as it is at the source (tasks of mode all and full do so themselves), then start the task again; it "
                                + "goes on where it stopped");
            }
            tables.put(name, known);
        }
        return known;
    }
}
