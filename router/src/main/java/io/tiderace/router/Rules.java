package io.tiderace.router;

import io.tiderace.config.BlockAllowList;
import io.tiderace.config.Routes;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;

/**
 * A task's rules for one source, in DM's order: the first that rejects decides. Pure and thread-safe. Source of the order: DM's sync unit.
 */
final class Rules {
    private final BlockAllowList tables;
    private final Routes routes;

    /** The kinds of rules, in the order in which they are asked. */
    enum Rule {
        BLOCK_ALLOW_LIST,
        ROUTE
    }

    /** What becomes of a table, and the rule that decides it. */
    sealed interface Verdict {
        Rule decidedBy();
    }

    /** Not part of the task. */
    record Dropped(Rule decidedBy) implements Verdict {}

    /** Replicated under this name. */
    record Passed(Rule decidedBy, TableName target) implements Verdict {}

    Rules(BlockAllowList tables, Routes routes) {
        this.tables = tables;
        this.routes = routes;
    }

    Rules(TaskConfig.Instance instance) {
        this(instance.tables(), instance.routes());
    }

    Verdict verdict(TableName table) {
        return accepts(table) ? new Passed(Rule.ROUTE, target(table)) : new Dropped(Rule.BLOCK_ALLOW_LIST);
    }

    boolean accepts(TableName table) {
        return tables.accepts(table);
    }

    boolean acceptsSchema(String schema) {
        return tables.acceptsSchema(schema);
    }

    /** The name a table has at the target, replicated or not. */
    TableName target(TableName table) {
        return routes.route(table);
    }

    String targetSchema(String schema) {
        return routes.routeSchema(schema);
    }

    /** One sentence a rule: what each says to a table, down to the one that decides. */
    String explain(TableName table) {
        if (!accepts(table)) {
            return "block-allow-list: " + table + " is not replicated";
        }
        TableName target = target(table);
        return "block-allow-list: " + table + " is replicated\nroute: "
                + (target.equals(table) ? "no rule changes its name" : "its name at the target is " + target);
    }
}
