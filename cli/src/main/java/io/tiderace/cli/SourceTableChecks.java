package io.tiderace.cli;

import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
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

/** What a source's tables must be like so that their rows can be carried. */
final class SourceTableChecks {
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

    private final SourceConfig source;
    private final String subject;
    private final boolean isMariaDb;
    private final Database database;
    private final List<CheckResult> results;

    private SourceTableChecks(SourceConfig source, boolean isMariaDb, Database database, List<CheckResult> results) {
        this.source = source;
        this.subject = "source " + source.sourceId();
        this.isMariaDb = isMariaDb;
        this.database = database;
        this.results = results;
    }

    /** @param results where they are added */
    static void run(
            SourceConfig source,
            List<TaskConfig.Instance> instances,
            boolean isMariaDb,
            Database database,
            List<CheckResult> results)
            throws ServerRefusal {
        new SourceTableChecks(source, isMariaDb, database, results).run(SourceTables.read(database, instances));
    }

    private void run(SourceTables tables) throws ServerRefusal {
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
        cascades(tables);
    }

    /** What InnoDB does to child rows by itself is not in the log (MySQL manual, "FOREIGN KEY Constraints"). */
    private void cascades(SourceTables tables) throws ServerRefusal {
        Set<String> cascades = new TreeSet<>();
        for (Map<String, @Nullable String> row : database.rows(
                "SELECT constraint_schema AS s, table_name AS t, constraint_name AS c FROM information_schema.referential_constraints"
                        + " WHERE delete_rule IN ('CASCADE', 'SET NULL') OR update_rule IN ('CASCADE', 'SET NULL')")) {
            TableName table = new TableName(String.valueOf(row.get("s")), String.valueOf(row.get("t")));
            if (tables.columns().containsKey(table)) {
                cascades.add(table + " (" + row.get("c") + ")");
            }
        }
        if (!cascades.isEmpty()) {
            results.add(warn(
                    subject,
                    "foreign keys that change child rows by themselves, which the binary log does not hold, so that those rows differ at a"
                            + " target that does not check foreign keys: " + cascades,
                    "have the target do the same: session: {foreign_key_checks: 1} under target-database (docs/configuration.md has what that"
                            + " needs); or let the application change the child rows before their parents (ON DELETE RESTRICT), and look for"
                            + " differences with tiderace compare"));
        }
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
