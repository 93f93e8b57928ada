package io.tiderace.cli;

import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

import static io.tiderace.cli.CheckResult.fail;
import static io.tiderace.cli.CheckResult.pass;
import static io.tiderace.cli.CheckResult.warn;

/** What a source must have so that its changes can be carried. */
final class SourceChecks {
    /** TiDB's character sets (TiDB documentation, "Character Set and Collation"). */
    private static final Set<String> TARGET_CHARSETS =
            Set.of("ascii", "binary", "gbk", "gb18030", "latin1", "utf8", "utf8mb3", "utf8mb4");

    private static final Set<String> GEOMETRY = Set.of(
            "geometry",
            "point",
            "linestring",
            "polygon",
            "multipoint",
            "multilinestring",
            "multipolygon",
            "geometrycollection",
            "geomcollection");

    private static final Set<String> TARGET_COLLATIONS = Set.of(
            "ascii_bin",
            "binary",
            "gb18030_bin",
            "gb18030_chinese_ci",
            "gbk_bin",
            "gbk_chinese_ci",
            "latin1_bin",
            "utf8_bin",
            "utf8_general_ci",
            "utf8_unicode_ci",
            "utf8mb3_bin",
            "utf8mb3_general_ci",
            "utf8mb3_unicode_ci",
            "utf8mb4_0900_ai_ci",
            "utf8mb4_0900_bin",
            "utf8mb4_bin",
            "utf8mb4_general_ci",
            "utf8mb4_unicode_ci");

    private static final long DAY_SECONDS = 86_400;

    private final SourceConfig source;
    private final List<TaskConfig.Instance> instances;
    private final String subject;
    private final List<CheckResult> results = new ArrayList<>();
    private boolean isMariaDb;

    private SourceChecks(SourceConfig source, List<TaskConfig.Instance> instances) {
        this.source = source;
        this.instances = instances;
        this.subject = "source " + source.sourceId();
    }

    /** @param isComplete false for only what a start needs */
    static List<CheckResult> run(SourceConfig source, List<TaskConfig.Instance> instances, boolean isComplete) {
        SourceChecks checks = new SourceChecks(source, instances);
        try (Database database = Database.open(source.from())) {
            String version = String.valueOf(database.value("SELECT VERSION()"));
            checks.results.add(pass(checks.subject, source.from().address() + " answers, version " + version));
            checks.version(version);
            checks.variables(database);
            checks.replicationPrivileges(database, version);
            if (isComplete) {
                checks.grants(database);
                checks.tables(database);
            }
        } catch (ServerRefusal e) {
            checks.results.add(fail(
                    checks.subject,
                    source.from().address() + ": " + ServerErrors.problem(e),
                    ServerErrors.cure(source.from(), e, "the source file's 'from'")));
        }
        return checks.results;
    }

    private void version(String version) {
        isMariaDb = version.toLowerCase(Locale.ROOT).contains("mariadb");
        SourceConfig.Flavor flavor = source.flavor();
        if (flavor != SourceConfig.Flavor.DETECT && (flavor == SourceConfig.Flavor.MARIADB) != isMariaDb) {
            results.add(fail(
                    subject,
                    "the source file says flavor " + flavor.name().toLowerCase(Locale.ROOT) + ", the server is another",
                    "correct flavor in the source file, or leave it out: then the server is asked"));
        }
        if (isMariaDb) {
            if (!Variables.atLeast(version, 10, 6) || Variables.atLeast(version, 11, 5)) {
                results.add(warn(
                        subject,
                        "MariaDB " + version + " is none of the versions 10.6 to 11.4 that are supported",
                        "try it on a copy first, and compare"));
            }
        } else if (!Variables.atLeast(version, 5, 7)) {
            results.add(fail(subject, "MySQL " + version + " is too old", "upgrade the source to MySQL 5.7 or newer"));
        }
    }

    private void variables(Database database) throws ServerRefusal {
        Map<String, @Nullable String> values = Variables.read(
                database,
                "log_bin",
                "binlog_format",
                "binlog_row_image",
                "binlog_row_value_options",
                "gtid_mode",
                "gtid_strict_mode",
                "server_id",
                "binlog_expire_logs_seconds");
        if (!isOn(values.get("log_bin"))) {
            results.add(fail(
                    subject,
                    "the binary log is off (log_bin)",
                    "put log_bin=mysql-bin and server_id=1 under [mysqld] in my.cnf and restart the server"));
            return;
        }
        results.add(pass(subject, "the binary log is on"));
        expect(
                values,
                "binlog_format",
                "ROW",
                "SET GLOBAL binlog_format=ROW, and in my.cnf; sessions that are open keep the old format");
        expect(
                values,
                "binlog_row_image",
                "FULL",
                "SET GLOBAL binlog_row_image=FULL, and in my.cnf; sessions that are open keep the old one");
        expect(
                values,
                "binlog_row_value_options",
                "",
                "SET GLOBAL binlog_row_value_options='', and in my.cnf (partial JSON updates cannot be carried)");
        if (isMariaDb) {
            mariaDbGtid(values.get("gtid_strict_mode"));
        } else {
            gtid(String.valueOf(values.get("gtid_mode")));
        }
        String expiry = values.get("binlog_expire_logs_seconds");
        if (expiry != null && !expiry.equals("0") && Long.parseLong(expiry) < DAY_SECONDS) {
            results.add(warn(
                    subject,
                    "binary logs are kept for " + expiry + " s only: a longer stop would lose them",
                    "SET GLOBAL binlog_expire_logs_seconds=259200"));
        }
    }

    private void expect(Map<String, @Nullable String> values, String name, String wanted, String cure) {
        String actual = values.get(name);
        if (actual == null) {
            return; // a server that does not know it behaves as wanted
        }
        if (actual.equalsIgnoreCase(wanted)) {
            results.add(pass(subject, name + "=" + (wanted.isEmpty() ? "''" : wanted)));
        } else {
            results.add(
                    fail(subject, name + " is " + actual + ", needed is " + (wanted.isEmpty() ? "''" : wanted), cure));
        }
    }

    private void gtid(String mode) {
        if (mode.equalsIgnoreCase("ON")) {
            results.add(pass(subject, "gtid_mode=ON"));
        } else if (source.enableGtid()) {
            results.add(
                    fail(
                            subject,
                            "the source file says enable-gtid: true, but gtid_mode is " + mode,
                            "turn GTIDs on at the source (gtid_mode=ON, enforce_gtid_consistency=ON), or say enable-gtid: false"));
        } else {
            results.add(warn(
                    subject,
                    "gtid_mode is " + mode + ": works, but a failover to a replica needs a new position by hand",
                    "turn on gtid_mode and enforce_gtid_consistency"));
        }
    }

    private void mariaDbGtid(@Nullable String strictMode) {
        if (isOn(strictMode)) {
            results.add(pass(subject, "gtid_strict_mode=ON"));
        } else {
            results.add(warn(
                    subject,
                    "gtid_strict_mode is OFF: numbers may repeat in a domain when two servers are written to, and then a position is not"
                            + " exact",
                    "SET GLOBAL gtid_strict_mode=ON, and in my.cnf, on all servers of the replica group"));
        }
    }

    private static boolean isOn(@Nullable String value) {
        return value != null && (value.equalsIgnoreCase("ON") || value.equals("1"));
    }

    /** Asked by doing what needs the privilege: grants through roles are then seen too. */
    private void replicationPrivileges(Database database, String version) throws ServerRefusal {
        String user = "'" + source.from().user() + "'@'…'";
        attempt(
                () -> SyncGoal.masterStatus(database),
                "REPLICATION CLIENT",
                "GRANT REPLICATION CLIENT ON *.* TO " + user);
        if (isMariaDb) { // SHOW SLAVE HOSTS needs more than reading the log does
            Grants grants = Grants.read(database);
            if (grants.mayHaveMore()
                    || grants.missing("*", List.of("REPLICATION SLAVE")).isEmpty()) {
                results.add(pass(subject, "privilege REPLICATION SLAVE"));
            } else {
                results.add(fail(
                        subject,
                        "user " + source.from().user() + " has no privilege REPLICATION SLAVE",
                        "GRANT REPLICATION SLAVE ON *.* TO " + user));
            }
            return;
        }
        String question = Variables.atLeast(version, 8, 1)
                        || version.startsWith("8.0.2")
                        || version.startsWith("8.0.3")
                        || version.startsWith("8.0.4")
                ? "SHOW REPLICAS"
                : "SHOW SLAVE HOSTS";
        attempt(() -> database.rows(question), "REPLICATION SLAVE", "GRANT REPLICATION SLAVE ON *.* TO " + user);
    }

    /** A question to the server. */
    private interface Question {
        Object ask() throws ServerRefusal;
    }

    private void attempt(Question question, String privilege, String grant) {
        try {
            question.ask();
            results.add(pass(subject, "privilege " + privilege));
        } catch (ServerRefusal e) {
            if (e.errorCode() != 0) {
                results.add(fail(
                        subject,
                        "user " + source.from().user() + " has no privilege " + privilege + ": "
                                + ServerErrors.problem(e),
                        grant));
            }
        }
    }

    private void grants(Database database) throws ServerRefusal {
        Grants grants = Grants.read(database);
        if (!grants.mayHaveMore() && !grants.missing("*", List.of("RELOAD")).isEmpty()) {
            results.add(pass(subject, "no privilege RELOAD: the first copy works without locks"));
        }
    }

    private void tables(Database database) throws ServerRefusal {
        SourceTables tables = SourceTables.read(database, instances);
        if (tables.names().isEmpty()) {
            results.add(warn(
                    subject,
                    "no table matches the block-allow-list, or this user may not see any",
                    "correct the task's block-allow-list, or: GRANT SELECT ON *.* TO '"
                            + source.from().user() + "'@'…'"));
            return;
        }
        results.add(pass(subject, tables.names().size() + " tables to migrate"));
        for (TableName table : tables.names()) {
            try {
                database.value("SELECT 1 FROM " + table.quoted() + " LIMIT 0");
            } catch (ServerRefusal e) {
                results.add(fail(
                        subject,
                        "table " + table + " cannot be read: " + ServerErrors.problem(e),
                        "GRANT SELECT ON " + table.quoted() + " TO '"
                                + source.from().user() + "'@'…'"));
            }
        }
        if (!tables.keyless().isEmpty()) {
            results.add(warn(
                    subject,
                    "tables without a primary or unique key, replicated row by row and slowly: " + tables.keyless(),
                    "give each a primary key"));
        }
        types(tables);
        letterCase(tables);
    }

    private void types(SourceTables tables) {
        Set<String> unknown = new TreeSet<>();
        Set<String> geometries = new TreeSet<>();
        Set<String> charsets = new TreeSet<>();
        Set<String> collations = new TreeSet<>();
        Set<String> replaced = new TreeSet<>();
        tables.columns()
                .forEach((table, columns) -> columns.forEach(column -> {
                    try {
                        if (GEOMETRY.contains(MySqlType.parse(column.type()).name())) {
                            geometries.add(table + "." + column.name() + " " + column.type());
                        }
                    } catch (IllegalArgumentException e) {
                        unknown.add(table + "." + column.name() + " " + column.type());
                    }
                    if (column.charset() != null && !TARGET_CHARSETS.contains(column.charset())) {
                        charsets.add(table + "." + column.name() + " " + column.charset());
                    } else if (column.collation() != null && !TARGET_COLLATIONS.contains(column.collation())) {
                        (isMariaDb ? replaced : collations).add(table + "." + column.name() + " " + column.collation());
                    }
                }));
        if (!unknown.isEmpty()) {
            results.add(fail(
                    subject,
                    "columns of unknown types: " + unknown,
                    "leave these tables out with the task's block-allow-list"));
        }
        if (!geometries.isEmpty()) {
            results.add(warn(
                    subject,
                    "column types that TiDB does not have: " + geometries,
                    "create the target tables beforehand with LONGBLOB columns in their place, which then hold SRID and WKB; or leave these"
                            + " tables out with the task's block-allow list"));
        }
        if (!replaced.isEmpty()) {
            results.add(
                    warn(
                            subject,
                            "collations that TiDB does not have, for which one takes the place that tells more apart (docs/mariadb.md): "
                                    + replaced,
                            "create the target tables beforehand with another one if comparisons at the target must not mind letter case"));
        }
        if (!collations.isEmpty()) {
            results.add(warn(
                    subject,
                    "collations that TiDB does not have: " + collations,
                    "create the target tables beforehand with one that it has (latin1_bin, utf8mb4_general_ci, …), or change the columns"
                            + " at the source"));
        }
        if (!charsets.isEmpty()) {
            results.add(warn(
                    subject,
                    "character sets that TiDB does not have: " + charsets,
                    "create the target tables beforehand with utf8mb4, which holds the same text"));
        }
    }

    private void letterCase(SourceTables tables) {
        Map<String, TableName> seen = new TreeMap<>();
        for (TableName table : tables.names()) {
            TableName other = seen.put(table.toString().toLowerCase(Locale.ROOT), table);
            if (other != null) {
                results.add(warn(
                        subject,
                        "tables " + other + " and " + table + " differ in letter case only: TiDB takes them for one",
                        "route one of them to another name"));
            }
        }
    }
}
