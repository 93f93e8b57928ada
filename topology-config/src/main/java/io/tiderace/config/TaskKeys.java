package io.tiderace.config;

import java.util.List;

import static io.tiderace.config.Key.accepted;
import static io.tiderace.config.Key.ignored;
import static io.tiderace.config.Key.refused;
import static io.tiderace.config.Key.required;
import static io.tiderace.config.Key.supported;
import static io.tiderace.config.KeyTypes.ANYTHING;
import static io.tiderace.config.KeyTypes.COUNT;
import static io.tiderace.config.KeyTypes.FLAG;
import static io.tiderace.config.KeyTypes.PATTERN;
import static io.tiderace.config.KeyTypes.PATTERNS;
import static io.tiderace.config.KeyTypes.TEXT;
import static io.tiderace.config.KeyTypes.TEXTS;
import static io.tiderace.config.KeyTypes.TIME_ZONE;
import static io.tiderace.config.KeyTypes.mapping;
import static io.tiderace.config.KeyTypes.mappings;
import static io.tiderace.config.KeyTypes.named;
import static io.tiderace.config.KeyTypes.oneOf;
import static io.tiderace.config.KeyTypes.whole;

/** Keys of a DM task file, except those of its processing units ({@link UnitKeys}). */
final class TaskKeys {
    static final KeyTable FILTER = KeyTable.of(
            "filter",
            List.of(
                    required("schema-pattern", PATTERN, "schemas the rule is for"),
                    supported(
                            "table-pattern", PATTERN, "", "tables the rule is for; empty for a rule of whole schemas"),
                    supported("events", TEXTS, "", "kinds of change"),
                    supported("sql-pattern", TEXTS, "", "expressions that the statement may match"),
                    required("action", oneOf("Do", "Ignore", "Error"), "what happens to a change that fits")));

    static final KeyTable EXPRESSION_FILTER = KeyTable.of(
            "expression-filter",
            List.of(
                    required("schema", TEXT, "schema of the table"),
                    required("table", TEXT, "the table"),
                    supported("insert-value-expr", TEXT, "", "inserted rows for which it is true are left out"),
                    supported("update-old-value-expr", TEXT, "", "updates are left out when old and new are true"),
                    supported("update-new-value-expr", TEXT, "", "updates are left out when old and new are true"),
                    supported("delete-value-expr", TEXT, "", "deleted rows for which it is true are left out")));

    private static KeyTable extractor(String what) {
        return KeyTable.of(
                "extract-" + what,
                List.of(
                        required(what + "-regexp", TEXT, "expression whose groups are taken"),
                        required("target-column", TEXT, "column of the target table that gets them")));
    }

    static final KeyTable ROUTE = KeyTable.of(
            "route",
            List.of(
                    required("schema-pattern", PATTERN, "source schemas the route is for"),
                    supported(
                            "table-pattern",
                            PATTERN,
                            "",
                            "source tables the route is for; empty for a schema-level route"),
                    required("target-schema", TEXT, "schema they go to"),
                    supported("target-table", TEXT, "", "table they go to; empty keeps the table's name"),
                    refused("extract-table", mapping(extractor("table")), "extracted columns"),
                    refused("extract-schema", mapping(extractor("schema")), "extracted columns"),
                    refused("extract-source", mapping(extractor("source")), "extracted columns")));

    static final KeyTable TABLE = KeyTable.of(
            "table",
            List.of(
                    required("db-name", PATTERN, "pattern of the schema"),
                    required("tbl-name", PATTERN, "pattern of the table")));

    static final KeyTable BLOCK_ALLOW_LIST = KeyTable.of(
            "block-allow-list",
            List.of(
                    supported("do-dbs", PATTERNS, "", "only schemas that match one of these"),
                    supported(
                            "ignore-dbs",
                            PATTERNS,
                            "",
                            "not the schemas that match one of these; not looked at when there are `do-dbs`"),
                    supported("do-tables", mappings(TABLE), "", "only tables that match one of these"),
                    supported(
                            "ignore-tables",
                            mappings(TABLE),
                            "",
                            "not the tables that match one of these and none of `do-tables`")));

    static final KeyTable META = KeyTable.of(
            "meta",
            List.of(
                    supported(
                            "binlog-name",
                            TEXT,
                            "",
                            "binlog file to start in; without `enable-gtid` it goes before `binlog-gtid`"),
                    supported(
                            "binlog-pos",
                            whole(0, 4_294_967_295L),
                            "4",
                            "position in that file, between two transactions"),
                    supported(
                            "binlog-gtid",
                            TEXT,
                            "",
                            "transactions that are already in the target; with `enable-gtid` it goes before `binlog-name`")));

    static final KeyTable INSTANCE = KeyTable.of(
            "mysql-instances",
            List.of(
                    required("source-id", TEXT, "the source, as its file calls it"),
                    supported(
                            "meta",
                            mapping(META),
                            "",
                            "where `task-mode: incremental` starts; without it, at the moment of the first start"),
                    supported("route-rules", TEXTS, "", "names of `routes`"),
                    supported("block-allow-list", TEXT, "", "name of one of `block-allow-list`; empty for every table"),
                    supported("black-white-list", TEXT, "", "old name of `block-allow-list`, used when that is empty"),
                    refused("filter-rules", TEXTS, "binlog event filters"),
                    refused("expression-filters", TEXTS, "expression filters"),
                    ignored("column-mapping-rules", TEXTS, "column mapping has left DM"),
                    supported("mydumper-config-name", TEXT, "", "name of one of `mydumpers`"),
                    supported("mydumper", mapping(UnitKeys.MYDUMPER), "", "the same in place"),
                    supported("mydumper-thread", COUNT, "0", "unless 0, goes before `threads`"),
                    supported("loader-config-name", TEXT, "", "name of one of `loaders`"),
                    supported("loader", mapping(UnitKeys.LOADER), "", "the same in place"),
                    accepted(
                            "loader-thread",
                            COUNT,
                            "0",
                            "copy and changes are written by the same `worker-count` connections"),
                    supported("syncer-config-name", TEXT, "", "name of one of `syncers`"),
                    supported("syncer", mapping(UnitKeys.SYNCER), "", "the same in place"),
                    supported("syncer-thread", COUNT, "0", "unless 0, goes before `worker-count`"),
                    supported("validator-config-name", TEXT, "", "name of one of `validators`")));

    private static final KeyTable EXPERIMENTAL = KeyTable.of(
            "experimental",
            List.of(accepted(
                    "async-checkpoint-flush",
                    FLAG,
                    "false",
                    "checkpoints never hold up the work: they are part of it")));

    private static final KeyTable MARIADB = KeyTable.of(
            "mariadb2tidb",
            List.of(
                    refused("mode", oneOf("auto", "on", "off", ""), "rewriting of MariaDB's DDL", "auto", "off"),
                    accepted("strict-mode", FLAG, "true", "of no effect unless `mode` is on"),
                    refused("enabled-rules", TEXTS, "rewriting of MariaDB's DDL"),
                    refused("disabled-rules", TEXTS, "rewriting of MariaDB's DDL")));

    static final KeyTable TASK = KeyTable.of(
            "task",
            List.of(
                    required("name", TEXT, "name of the task, any characters"),
                    required(
                            "task-mode",
                            oneOf("full", "incremental", "all", "dump", "load", "load&sync"),
                            "`full`: copy only; `incremental`: changes only; `all`: copy, then changes (`dump`, `load` and `load&sync` are not supported)"),
                    required(
                            "target-database", mapping(DatabaseKeys.DATABASE), "the server to write to: TiDB or MySQL"),
                    required("mysql-instances", mappings(INSTANCE), "the sources and the rules for each"),
                    supported(
                            "meta-schema",
                            TEXT,
                            "tiderace_meta",
                            "schema in the target for checkpoints and journal; DM's own default is `dm_meta`"),
                    supported("case-sensitive", FLAG, "false", "names in rules match with their case"),
                    supported("ignore-checking-items", TEXTS, "", "prechecks to leave out"),
                    accepted(
                            "timezone",
                            TIME_ZONE,
                            "",
                            "moments are carried in UTC and dates as they are, so no time zone changes what arrives"),
                    refused("is-sharding", FLAG, "merging of shards with their DDL", "false"),
                    refused("shard-mode", oneOf("", "pessimistic", "optimistic"), "merging of shards with their DDL"),
                    refused("strict-optimistic-shard-mode", FLAG, "merging of shards with their DDL", "false"),
                    refused(
                            "collation_compatible",
                            oneOf("", "loose", "strict"),
                            "adding the source's default collations to DDL",
                            "loose"),
                    refused(
                            "online-ddl",
                            FLAG,
                            "gh-ost and pt-osc: their tables are carried as ordinary tables, see docs/configuration.md",
                            "false"),
                    refused("online-ddl-scheme", oneOf("", "gh-ost", "pt"), "gh-ost and pt-osc, see `online-ddl`"),
                    refused("shadow-table-rules", TEXTS, "gh-ost and pt-osc, see `online-ddl`"),
                    refused("trash-table-rules", TEXTS, "gh-ost and pt-osc, see `online-ddl`"),
                    accepted("clean-dump-file", FLAG, "true", "the copy writes no dump files"),
                    accepted(
                            "mariadb2tidb",
                            mapping(MARIADB),
                            "",
                            "for MariaDB sources: `mode: on` and rules are refused"),
                    accepted("experimental", mapping(EXPERIMENTAL), "", "switches DM calls experimental"),
                    ignored("ansi-quotes", FLAG, "deprecated in DM too; each statement's own sql_mode is used"),
                    ignored("enable-heartbeat", FLAG, "deprecated in DM too; lag is known without it"),
                    ignored("heartbeat-update-interval", COUNT, "deprecated in DM too"),
                    ignored("heartbeat-report-interval", COUNT, "deprecated in DM too"),
                    ignored("remove-meta", FLAG, "deprecated in DM too; a checkpoint is never removed by a start"),
                    supported("routes", named(ROUTE), "", "where tables go"),
                    supported("block-allow-list", named(BLOCK_ALLOW_LIST), "", "which tables are migrated"),
                    supported(
                            "black-white-list",
                            named(BLOCK_ALLOW_LIST),
                            "",
                            "old name of `block-allow-list`, used when that is empty"),
                    refused("filters", named(FILTER), "binlog event filters"),
                    refused("expression-filter", named(EXPRESSION_FILTER), "expression filters"),
                    refused(
                            "column-mappings",
                            ANYTHING,
                            "column mapping, which has left DM too; extracted columns of `routes` take its place"),
                    supported("mydumpers", named(UnitKeys.MYDUMPER), "", "settings of the copy: reading"),
                    supported("loaders", named(UnitKeys.LOADER), "", "settings of the copy: writing"),
                    supported("syncers", named(UnitKeys.SYNCER), "", "settings of the changes"),
                    supported("validators", named(UnitKeys.VALIDATOR), "", "continuous validation")));

    private TaskKeys() {}
}
