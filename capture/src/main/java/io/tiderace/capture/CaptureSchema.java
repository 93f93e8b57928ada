package io.tiderace.capture;

import io.debezium.connector.binlog.BinlogConnectorConfig;
import io.debezium.connector.binlog.charset.BinlogCharsetRegistry;
import io.debezium.connector.common.CdcSourceTaskContext;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlDatabaseSchema;
import io.debezium.connector.mysql.jdbc.MySqlValueConverters;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.relational.ddl.DdlParser;
import io.debezium.schema.SchemaNameAdjuster;
import io.debezium.spi.topic.TopicNamingStrategy;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the source's tables look like: Debezium's schema with its history, asked for our own structures. No Connect schema is built, since
 * rows do not take Debezium's value path. Used by one thread at a time.
 */
final class CaptureSchema extends MySqlDatabaseSchema {
    private final Map<TableName, TableStructure> structures = new HashMap<>();
    private final boolean isLowerCase;

    CaptureSchema(
            MySqlConnectorConfig config,
            MySqlValueConverters converters,
            TopicNamingStrategy<TableId> topics,
            SchemaNameAdjuster adjuster,
            boolean isCaseInsensitive,
            CustomConverterRegistry registry,
            CdcSourceTaskContext<?> context) {
        super(config, converters, topics, adjuster, isCaseInsensitive, registry, context);
        isLowerCase = isCaseInsensitive;
    }

    @Override
    protected DdlParser createDdlParser(BinlogConnectorConfig config, MySqlValueConverters converters) {
        // called by the superclass's constructor
        CaptureRun run = ((CaptureConnectorConfig) config).run();
        return new StructureParser(
                getTableFilter(), config.getServiceRegistry().getService(BinlogCharsetRegistry.class), run.isMariaDb());
    }

    @Override
    protected void buildAndRegisterSchema(Table table) {
        structures.remove(name(table.id()));
    }

    @Override
    protected void removeSchema(TableId id) {
        structures.remove(name(id));
    }

    /**
     * The structure as of the statements parsed so far, null for an unknown table.
     *
     * @throws IllegalArgumentException when a column's type is none that can be carried
     */
    @Nullable
    TableStructure structure(TableName name) {
        TableStructure known = structures.get(name);
        if (known == null) {
            Table table = tables().forTable(id(name));
            if (table == null) {
                return null;
            }
            known = Structures.of(table);
            structures.put(name, known);
        }
        return known;
    }

    /** The names of every known table, in any schema; sequences are none. */
    List<TableName> knownTables() {
        return tables().tableIds().stream()
                .map(CaptureSchema::name)
                .filter(name -> !isSequence(name))
                .toList();
    }

    /** True for what MariaDB logs like a table and is only a counter. */
    boolean isSequence(TableName name) {
        Table table = tables().forTable(id(name));
        return table != null && MariaDbTables.isSequence(table);
    }

    Set<TableName> sequences() {
        return tables().tableIds().stream()
                .map(CaptureSchema::name)
                .filter(this::isSequence)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** How the log tells the table's rows of the past, null when it has none. */
    @Nullable
    RowHistory history(TableName name) {
        Table table = tables().forTable(id(name));
        return table == null ? null : MariaDbTables.history(table);
    }

    /** A name in a statement as the server writes it. */
    TableName asStored(TableName name) {
        return isLowerCase
                ? new TableName(
                        name.schema().toLowerCase(Locale.ROOT), name.table().toLowerCase(Locale.ROOT))
                : name;
    }

    /** Forgets what was cached, after a statement. */
    void changed() {
        structures.clear();
    }

    static TableName name(TableId id) {
        return new TableName(id.catalog(), id.table());
    }

    static TableId id(TableName name) {
        return new TableId(name.schema(), null, name.table());
    }
}
