package io.tiderace.config;

import java.util.List;

import static io.tiderace.config.Key.accepted;
import static io.tiderace.config.Key.ignored;
import static io.tiderace.config.Key.refused;
import static io.tiderace.config.Key.required;
import static io.tiderace.config.Key.supported;
import static io.tiderace.config.KeyTypes.ANYTHING;
import static io.tiderace.config.KeyTypes.COUNT;
import static io.tiderace.config.KeyTypes.DURATION;
import static io.tiderace.config.KeyTypes.FLAG;
import static io.tiderace.config.KeyTypes.TEXT;
import static io.tiderace.config.KeyTypes.mapping;
import static io.tiderace.config.KeyTypes.mappings;
import static io.tiderace.config.KeyTypes.oneOf;
import static io.tiderace.config.KeyTypes.whole;

/** Keys of a DM source file. */
final class SourceKeys {
    private static final String RELAY =
            "the relay topic is always written and keeps what `relay-retention` of tiderace.yaml says";
    private static final String CHECKER = "what fails for a while is always tried again, with growing pauses";

    static final KeyTable PURGE = KeyTable.of(
            "purge",
            List.of(
                    accepted("interval", COUNT, "3600", RELAY),
                    accepted("expires", COUNT, "0", RELAY),
                    accepted("remain-space", COUNT, "15", RELAY)));

    static final KeyTable CHECKER_KEYS = KeyTable.of(
            "checker",
            List.of(
                    accepted("check-enable", FLAG, "true", CHECKER),
                    accepted("backoff-rollback", DURATION, "5m0s", CHECKER),
                    accepted("backoff-max", new KeyType.Span(1_000, false), "5m0s", CHECKER),
                    accepted("check-interval", DURATION, "5s", CHECKER),
                    accepted("backoff-min", DURATION, "1s", CHECKER),
                    accepted("backoff-jitter", FLAG, "true", CHECKER),
                    accepted("backoff-factor", whole(0, 1_000_000), "2", CHECKER)));

    static final KeyTable SOURCE = KeyTable.of(
            "source",
            List.of(
                    required("source-id", TEXT, "1 to 32 bytes that name this source everywhere"),
                    refused(
                            "enable",
                            FLAG,
                            "a source cannot be switched off in its file; leave the file out instead",
                            "true"),
                    supported(
                            "flavor",
                            oneOf("", "mysql", "mariadb"),
                            "",
                            "kind of server; when empty the server is asked"),
                    supported(
                            "server-id",
                            whole(0, 4_294_967_295L),
                            "0",
                            "replica id used when reading the binlog; 0 picks one at random"),
                    supported(
                            "enable-gtid",
                            FLAG,
                            "false",
                            "which start counts when `meta` has two: the GTID set, or file and position; positions are GTID sets wherever the server has GTIDs, so a replica may take the source's place"),
                    ignored("auto-fix-gtid", FLAG, "deprecated; DM forces it to false"),
                    accepted("enable-relay", FLAG, "false", RELAY),
                    accepted("relay-binlog-name", TEXT, "", RELAY),
                    accepted("relay-binlog-gtid", TEXT, "", RELAY),
                    accepted("relay-dir", TEXT, "", "there is no relay directory"),
                    ignored("meta-dir", TEXT, "deprecated in DM too"),
                    ignored("charset", TEXT, "deprecated in DM too; every character set of the source is read"),
                    ignored("tracer", ANYTHING, "deprecated in DM too"),
                    required("from", mapping(DatabaseKeys.DATABASE), "the server to read from"),
                    accepted("purge", mapping(PURGE), "", RELAY),
                    accepted("checker", mapping(CHECKER_KEYS), "", CHECKER),
                    supported(
                            "case-sensitive",
                            FLAG,
                            "false",
                            "names in rules match with their case; on when this file or the task's says so"),
                    refused("filters", mappings(TaskKeys.FILTER), "binlog event filters")));

    private SourceKeys() {}
}
