package io.tiderace.config;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The rule itself. The two steps are AND-ed: a table listed in do-tables is still rejected when its schema is not in do-dbs. */
record CompiledBlockAllowList(
        Definition definition,
        List<TablePattern> doDbs,
        List<TablePattern> ignoreDbs,
        List<TablePatterns> doTables,
        List<TablePatterns> ignoreTables)
        implements BlockAllowList {
    /** DM never migrates these, whatever their case. */
    static final Set<String> SYSTEM_SCHEMAS = Set.of(
            "mysql",
            "sys",
            "information_schema",
            "performance_schema",
            "metrics_schema",
            "inspection_schema",
            "dm_heartbeat");

    static CompiledBlockAllowList compile(Patterns patterns, boolean caseSensitive) {
        try {
            return new CompiledBlockAllowList(
                    new Definition(patterns, caseSensitive),
                    schemas(patterns.doDbs(), caseSensitive),
                    schemas(patterns.ignoreDbs(), caseSensitive),
                    tables(patterns.doTables(), caseSensitive),
                    tables(patterns.ignoreTables(), caseSensitive));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "TR-T002",
                    "block-allow-list: " + e.getMessage(),
                    "correct the pattern, see docs/configuration.md",
                    e);
        }
    }

    private static List<TablePattern> schemas(List<String> patterns, boolean caseSensitive) {
        return patterns.stream()
                .map(pattern -> TablePattern.compile(pattern, caseSensitive))
                .toList();
    }

    private static List<TablePatterns> tables(List<TableName> patterns, boolean caseSensitive) {
        return patterns.stream()
                .map(pattern -> TablePatterns.compile(pattern, caseSensitive))
                .toList();
    }

    @Override
    public boolean acceptsSchema(String schema) {
        if (SYSTEM_SCHEMAS.contains(schema.toLowerCase(Locale.ROOT))) {
            return false;
        }
        if (!doDbs.isEmpty()) {
            return doDbs.stream().anyMatch(pattern -> pattern.matches(schema));
        }
        return ignoreDbs.stream().noneMatch(pattern -> pattern.matches(schema));
    }

    @Override
    public boolean accepts(TableName table) {
        if (!acceptsSchema(table.schema())) {
            return false;
        }
        if (doTables.stream().anyMatch(pattern -> pattern.matches(table))) {
            return true;
        }
        return doTables.isEmpty() && ignoreTables.stream().noneMatch(pattern -> pattern.matches(table));
    }

    /** A pair of patterns, both of which must match. */
    record TablePatterns(TablePattern schema, TablePattern table) {
        static TablePatterns compile(TableName patterns, boolean caseSensitive) {
            return new TablePatterns(
                    TablePattern.compile(patterns.schema(), caseSensitive),
                    TablePattern.compile(patterns.table(), caseSensitive));
        }

        boolean matches(TableName table) {
            return schema.matches(table.schema()) && this.table.matches(table.table());
        }
    }
}
