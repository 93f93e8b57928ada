package io.tiderace.router;

import io.tiderace.router.ParsedDdl.Kind;
import io.tiderace.router.ParsedDdl.Name;
import io.tiderace.router.SqlText.Span;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.TableName;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Statements that the grammar does not know and that certainly name one table only, at their head: nothing else in them has to be replaced. Where
 * else MySQL has a table's name in them it stands behind one of a few reserved words or before a dot. Source: MySQL 8.0's {@code
 * sql_yacc.yy}, {@code create_table_stmt}, {@code alter_table_stmt}, {@code create_index_stmt}, {@code truncate_stmt}. Pure.
 */
final class OneTableDdl {
    private static final String NAME = "(?:`X*`|[A-Z0-9_$\\u0080-\\uFFFF]+)";
    private static final Pattern HEAD = Pattern.compile("[\\s;]*(?:(?<create>CREATE\\s+TABLE)|(?<alter>ALTER\\s+TABLE)"
            + "|TRUNCATE(?:\\s+TABLE)?|CREATE\\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\\s+)?INDEX\\s+" + NAME
            + "\\s+(?:USING\\s+\\w+\\s+)?ON|DROP\\s+INDEX\\s+" + NAME + "\\s+ON)"
            + "(?![\\w$])(?<exists>\\s+IF\\s+(?:NOT\\s+)?EXISTS(?![\\w$]))?\\s*"
            + "(?:(?<schema>" + NAME + ")\\s*\\.\\s*)?(?<table>" + NAME + ")(?=[\\s(;]|\\z)");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w$`.\\u0080-\\uFFFF])(?:\\d+\\.\\d*|\\.\\d+)");
    private static final Pattern OTHER_NAMES =
            Pattern.compile("\\.|;\\s*\\S|\\b(?:REFERENCES|LIKE|EXCHANGE|UNION|SELECT|TABLE|TRANSACTION)\\b"
                    + "|\\bRENAME\\b(?!\\s+(?:COLUMN|INDEX|KEY)\\b)");

    private OneTableDdl() {}

    /** Empty when it is not certain: also when capture saw another table changed, or more of them. */
    static Optional<ParsedDdl> of(SchemaChange change, SqlText text) {
        return of(text).filter(ddl -> isChanged(change, ddl.subjects().get(0)));
    }

    private static boolean isChanged(SchemaChange change, Name name) {
        String schema = name.schema() == null ? change.context().defaultSchema() : name.schema();
        if (change.tables().size() != 1) {
            return false;
        }
        TableName changed = change.tables().get(0).name();
        return changed.schema().equalsIgnoreCase(schema) && changed.table().equalsIgnoreCase(name.table());
    }

    private static Optional<ParsedDdl> of(SqlText text) {
        String masked = text.masked();
        Matcher head = HEAD.matcher(masked);
        if (!head.lookingAt()) {
            return Optional.empty();
        }
        String rest = NUMBER.matcher(masked.substring(head.end())).replaceAll("0");
        if (OTHER_NAMES.matcher(rest).find()) {
            return Optional.empty();
        }
        boolean isQualified = head.group("schema") != null;
        Span span = new Span(isQualified ? head.start("schema") : head.start("table"), head.end("table"));
        Name name = new Name(isQualified ? name(text, head, "schema") : null, name(text, head, "table"), span);
        Kind kind = head.group("create") != null
                ? Kind.CREATE_TABLE
                : head.group("alter") != null ? Kind.ALTER_TABLE : Kind.ONE_TABLE;
        int existsAt = kind == Kind.CREATE_TABLE && head.group("exists") == null ? head.end("create") : -1;
        List<Span> none = List.of();
        return Optional.of(new ParsedDdl(
                kind,
                List.of(name),
                none,
                null,
                null,
                none,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                existsAt,
                none));
    }

    private static String name(SqlText text, Matcher head, String group) {
        return SqlText.unquote(text.text(new Span(head.start(group), head.end(group))));
    }
}
