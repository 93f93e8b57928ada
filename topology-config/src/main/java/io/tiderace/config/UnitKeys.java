package io.tiderace.config;

import java.util.List;

import static io.tiderace.config.Key.accepted;
import static io.tiderace.config.Key.ignored;
import static io.tiderace.config.Key.refused;
import static io.tiderace.config.Key.supported;
import static io.tiderace.config.KeyTypes.COUNT;
import static io.tiderace.config.KeyTypes.DURATION;
import static io.tiderace.config.KeyTypes.FLAG;
import static io.tiderace.config.KeyTypes.TEXT;
import static io.tiderace.config.KeyTypes.oneOf;
import static io.tiderace.config.KeyTypes.oneOfAnyCase;
import static io.tiderace.config.KeyTypes.whole;

/** Keys of the settings that DM has for its processing units: dump, load, sync and validation. */
final class UnitKeys {
    private static final String CHUNKS = "the copy chooses its chunks by their size in bytes";
    private static final String PHYSICAL = "of no effect with `import-mode: logical`, in DM too";
    private static final String NO_DUMP = "the copy writes no dump files";

    static final KeyTable MYDUMPER = KeyTable.of(
            "mydumper",
            List.of(
                    supported("threads", whole(0, 1_024), "4", "connections that read the copy from the source"),
                    accepted("mydumper-path", TEXT, "", "there is no mydumper program"),
                    accepted("chunk-filesize", TEXT, "64", CHUNKS),
                    accepted("statement-size", COUNT, "0", CHUNKS),
                    accepted("rows", COUNT, "0", CHUNKS),
                    refused("where", TEXT, "copying part of a table's rows"),
                    accepted("skip-tz-utc", FLAG, "true", "ignored in DM too; moments are carried in UTC"),
                    supported(
                            "extra-args",
                            TEXT,
                            "",
                            "arguments of the dump program: `-t` counts, those that only tune are accepted, those that select tables or rows are refused")));

    static final KeyTable LOADER = KeyTable.of(
            "loader",
            List.of(
                    accepted(
                            "pool-size",
                            COUNT,
                            "16",
                            "copy and changes are written by the same `worker-count` connections"),
                    accepted("dir", TEXT, "./dumped_data", NO_DUMP),
                    supported(
                            "import-mode",
                            oneOfAnyCase("logical", "physical", "import-into", "sql", "loader", ""),
                            "logical",
                            "`logical`, also called `sql` and `loader`; `physical` and `import-into` are not supported"),
                    ignored("on-duplicate", TEXT, "deprecated in DM too"),
                    refused(
                            "on-duplicate-logical",
                            oneOfAnyCase("", "replace", "error", "ignore"),
                            "other ways than replacing rows that are already there",
                            "replace"),
                    accepted("on-duplicate-physical", oneOfAnyCase("", "none", "manual"), "none", PHYSICAL),
                    accepted(
                            "checksum-physical", oneOfAnyCase("", "required", "optional", "off"), "required", PHYSICAL),
                    accepted("analyze", oneOfAnyCase("", "required", "optional", "off"), "optional", PHYSICAL),
                    accepted("disk-quota-physical", TEXT, "0", PHYSICAL),
                    accepted("sorting-dir-physical", TEXT, "", PHYSICAL),
                    accepted("range-concurrency", COUNT, "0", PHYSICAL),
                    accepted("compress-kv-pairs", oneOf("", "gzip", "gz"), "", PHYSICAL),
                    accepted("pd-addr", TEXT, "", PHYSICAL)));

    static final KeyTable SYNCER = KeyTable.of(
            "syncer",
            List.of(
                    supported("worker-count", whole(0, 1_024), "16", "connections that write to the target"),
                    accepted(
                            "batch",
                            COUNT,
                            "100",
                            "the applier puts as much into a target transaction as is cheapest to write"),
                    supported(
                            "safe-mode",
                            FLAG,
                            "false",
                            "always write so that rows which are already there are no error"),
                    supported(
                            "on-mismatch",
                            oneOf("stop", "warn", "upsert"),
                            "warn",
                            "a row that the target does not hold as the source did (not one of DM's keys): `stop` the task; `warn` and go on, but stop where an inserted row is in the way of another; `upsert`, replacing that one too"),
                    supported(
                            "on-data-error",
                            oneOf("stop", "quarantine"),
                            "stop",
                            "a row that the target refuses (not one of DM's keys): `stop` the task; or `quarantine`: its changes wait in a topic, with all later ones that share a primary or unique key value, and the task goes on with the others"),
                    supported(
                            "commit-order",
                            oneOf("any", "source"),
                            "any",
                            "the order in which transactions appear in the target (not one of DM's keys): `any`, where each is seen whole or not at all and those that share a key value come in the source's order; or `source`: all come in the source's order, at some price in speed"),
                    supported(
                            "max-transaction-rows",
                            whole(1, 10_000_000),
                            "100000",
                            "rows of a source transaction that is still applied whole (not one of DM's keys); a larger one, or one of more than 32 MiB, comes in pieces, each whole with its checkpoint, and goes on with the next one after an interruption"),
                    accepted(
                            "safe-mode-duration",
                            DURATION,
                            "60s",
                            "the checkpoint is exact, so no start needs safe mode"),
                    accepted("compact", FLAG, "false", "changes of a row are always merged"),
                    accepted("multiple-rows", FLAG, "false", "statements always hold many rows"),
                    accepted("queue-size", COUNT, "1024", "queues are bounded in bytes"),
                    accepted(
                            "checkpoint-flush-interval",
                            COUNT,
                            "30",
                            "the checkpoint is part of every target transaction"),
                    accepted("enable-gtid", FLAG, "", "the source's counts, in DM too"),
                    ignored("meta-file", TEXT, "deprecated in DM too"),
                    ignored("max-retry", COUNT, "deprecated in DM too"),
                    ignored("auto-fix-gtid", FLAG, "deprecated in DM too"),
                    ignored("disable-detect", FLAG, "deprecated in DM too"),
                    ignored("enable-ansi-quotes", FLAG, "deprecated in DM too")));

    private static final String VALIDATION = "of no effect with `mode: none`";

    static final KeyTable VALIDATOR = KeyTable.of(
            "validator",
            List.of(
                    refused(
                            "mode",
                            oneOf("none", "full", "fast", ""),
                            "continuous validation; `tiderace compare` compares on demand",
                            "none"),
                    accepted("worker-count", COUNT, "4", VALIDATION),
                    accepted("row-error-delay", DURATION, "30m", VALIDATION),
                    accepted("validate-interval", DURATION, "10s", VALIDATION),
                    accepted("check-interval", DURATION, "5s", VALIDATION),
                    accepted("meta-flush-interval", DURATION, "5m", VALIDATION),
                    accepted("batch-query-size", COUNT, "100", VALIDATION),
                    accepted("max-pending-row-size", TEXT, "500m", VALIDATION),
                    accepted("max-pending-row-count", COUNT, "2147483647", VALIDATION)));

    private UnitKeys() {}
}
