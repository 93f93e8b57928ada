package io.tiderace.config;

import io.tiderace.schemas.TableName;

/** Which tables are migrated; DM's block-allow list compiled. Pure and thread-safe. Source of the rule: DM's table filter. */
public interface BlockAllowList {
    /** The schema step alone, for statements without a table. System schemas are never accepted. */
    boolean acceptsSchema(String schema);

    boolean accepts(TableName table);
}
