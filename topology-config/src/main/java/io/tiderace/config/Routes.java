package io.tiderace.config;

import io.tiderace.schemas.TableName;

/** Where tables go; DM's routes compiled. Pure and thread-safe. Source of the rule: DM's table router. */
public interface Routes {
    /** The target of a table: its table-level route, else its schema-level route, else its own name. */
    TableName route(TableName source);

    /** The target of a schema (CREATE, ALTER, DROP DATABASE): schema-level routes only. */
    String routeSchema(String schema);
}
