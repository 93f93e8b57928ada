package io.tiderace.cli;

import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import static io.tiderace.cli.CheckResult.fail;
import static io.tiderace.cli.CheckResult.pass;
import static io.tiderace.cli.CheckResult.warn;

/** What a source must have so that its changes can be carried. */
final class SourceChecks {
    private static final long DAY_SECONDS = 86_400;

    private final SourceConfig source;
    private final String subject;
    private final List<CheckResult> results = new ArrayList<>();
    private boolean isMariaDb;

    private SourceChecks(SourceConfig source) {
        this.source = source;
        this.subject = "source " + source.sourceId();
    }

    /** @param isComplete false for only what a start needs */
    static List<CheckResult> run(SourceConfig source, List<TaskConfig.Instance> instances, boolean isComplete) {
        SourceChecks checks = new SourceChecks(source);
        try (Database database = Database.open(source.from())) {
            String version = String.valueOf(database.value("SELECT VERSION()"));
            checks.results.add(pass(checks.subject, source.from().address() + " answers, version " + version));
            checks.version(version);
            checks.variables(database);
            checks.replicationPrivileges(database, version);
            if (isComplete) {
                checks.grants(database);
                SourceTableChecks.run(source, instances, checks.isMariaDb, database, checks.results);
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
}
