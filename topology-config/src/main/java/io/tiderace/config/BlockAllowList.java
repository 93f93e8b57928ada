package io.tiderace.config;

import io.tiderace.schemas.TableName;
import java.util.List;

/** Which tables are migrated; DM's block-allow list compiled. Pure and thread-safe. Source of the rule: DM's table filter. */
public interface BlockAllowList {
    /** The schema step alone, for statements without a table. System schemas are never accepted. */
    boolean acceptsSchema(String schema);

    boolean accepts(TableName table);

    /** What it was compiled from. */
    Definition definition();

    /** Everything but system schemas. */
    static BlockAllowList all() {
        return compile(new Patterns(List.of(), List.of(), List.of(), List.of()), false);
    }

    /**
     * @throws io.tiderace.schemas.TideraceException.ConfigException naming the pattern that is not one
     */
    static BlockAllowList compile(Patterns patterns, boolean caseSensitive) {
        return CompiledBlockAllowList.compile(patterns, caseSensitive);
    }

    /** Enough to compile the same list again. */
    record Definition(Patterns patterns, boolean caseSensitive) {}

    /** DM's four lists; the tables' names are patterns like the schemas'. */
    record Patterns(
            List<String> doDbs, List<String> ignoreDbs, List<TableName> doTables, List<TableName> ignoreTables) {
        public Patterns {
            doDbs = List.copyOf(doDbs);
            ignoreDbs = List.copyOf(ignoreDbs);
            doTables = List.copyOf(doTables);
            ignoreTables = List.copyOf(ignoreTables);
        }
    }
}
