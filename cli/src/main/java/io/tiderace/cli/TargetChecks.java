package io.tiderace.cli;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import static io.tiderace.cli.CheckResult.fail;
import static io.tiderace.cli.CheckResult.pass;
import static io.tiderace.cli.CheckResult.warn;

/** What a task's target must have. */
final class TargetChecks {
    private static final List<String> NEEDED =
            List.of("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX");

    private final TaskConfig task;
    private final DatabaseConfig target;
    private final String subject;
    private final List<CheckResult> results = new ArrayList<>();

    private TargetChecks(TaskConfig task) {
        this.task = task;
        this.target = task.target();
        this.subject = "target of " + task.name();
    }

    /** @param tables where the task's tables go, as far as known */
    static List<CheckResult> run(TaskConfig task, Set<TableName> tables) {
        TargetChecks checks = new TargetChecks(task);
        try (Database database = Database.open(checks.target)) {
            String version = String.valueOf(database.value("SELECT VERSION()"));
            checks.results.add(pass(checks.subject, checks.target.address() + " answers, version " + version));
            checks.readOnly(database);
            checks.privileges(database, tables);
            checks.existing(database, tables);
        } catch (ServerRefusal e) {
            checks.results.add(fail(
                    checks.subject,
                    checks.target.address() + ": " + ServerErrors.problem(e),
                    ServerErrors.cure(checks.target, e, "the task file's 'target-database'")));
        }
        return checks.results;
    }

    private void readOnly(Database database) throws ServerRefusal {
        String value = Variables.read(database, "read_only").get("read_only");
        if (value != null && (value.equalsIgnoreCase("ON") || value.equals("1"))) {
            results.add(warn(
                    subject, "the target is read-only (read_only)", "SET GLOBAL read_only=OFF, or name the primary"));
        }
    }

    private void privileges(Database database, Set<TableName> tables) throws ServerRefusal {
        Grants grants = Grants.read(database);
        Set<String> schemas = new TreeSet<>();
        tables.forEach(table -> schemas.add(table.schema()));
        schemas.add(task.metaSchema());
        boolean isComplete = true;
        for (String schema : schemas) {
            List<String> missing = grants.missing(schema, NEEDED);
            if (missing.isEmpty()) {
                continue;
            }
            isComplete = false;
            String what = "user " + target.user() + " has no " + String.join(", ", missing) + " on schema " + schema;
            String cure = "GRANT " + String.join(", ", missing) + " ON " + TableName.quote(schema) + ".* TO '"
                    + target.user() + "'@'…'";
            results.add(
                    grants.mayHaveMore()
                            ? warn(subject, what + ", unless a role or a grant on tables gives it", cure)
                            : fail(subject, what, cure));
        }
        if (isComplete) {
            results.add(pass(subject, "privileges " + String.join(", ", NEEDED)));
        }
    }

    private void existing(Database database, Set<TableName> tables) throws ServerRefusal {
        String started = database.value(
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'checkpoint'",
                task.metaSchema());
        if (!"0".equals(started)
                && !"0"
                        .equals(database.value(
                                "SELECT COUNT(*) FROM " + TableName.quote(task.metaSchema())
                                        + ".checkpoint WHERE task = ?",
                                task.name()))) {
            results.add(
                    pass(subject, "task " + task.name() + " has been started here: it goes on from its checkpoint"));
            return;
        }
        List<TableName> filled = new ArrayList<>();
        for (TableName table : tables) {
            boolean exists = !"0"
                    .equals(database.value(
                            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
                            table.schema(),
                            table.table()));
            if (exists && database.value("SELECT 1 FROM " + table.quoted() + " LIMIT 1") != null) {
                filled.add(table);
            }
        }
        if (!filled.isEmpty() && task.mode() != TaskConfig.Mode.INCREMENTAL) {
            results.add(
                    warn(
                            subject,
                            "target tables that already hold rows: " + filled,
                            "empty them unless their rows are meant to stay; 'tiderace compare' tells what differs afterwards"));
        } else {
            results.add(pass(subject, "no target table holds rows yet"));
        }
    }
}
