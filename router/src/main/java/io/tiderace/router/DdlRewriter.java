package io.tiderace.router;

import io.tiderace.router.SqlText.Span;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.MariaDbStatement;
import io.tiderace.schemas.TableName;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A source's DDL under the target's names: names are replaced where they stand, everything else stays as written. Tables that the rules
 * drop are cut from the statement. A statement that touches no replicated table is skipped, whatever it is; one that does and cannot be
 * carried over whole is an error. Pure and thread-safe.
 */
final class DdlRewriter {
    private static final Pattern IDENTIFIER = Pattern.compile("`[^`]*`|[A-Z0-9_$\\u0080-\\uFFFF]+");

    private final Rules rules;
    private final DdlParser parser = new DdlParser();

    /** What a statement becomes. */
    sealed interface Outcome {}

    /** Nothing of it concerns the target. */
    record Skipped(String reason) implements Outcome {}

    /**
     * @param sources tables the statement changes; a whole schema has the empty table name
     * @param targets their names at the target, parallel to sources
     */
    record Rewritten(String statement, List<TableName> sources, List<TableName> targets) implements Outcome {
        Rewritten {
            sources = List.copyOf(sources);
            targets = List.copyOf(targets);
        }
    }

    DdlRewriter(Rules rules) {
        this.rules = rules;
    }

    /** @throws io.tiderace.schemas.TideraceException.DataException when a replicated table's statement cannot be carried over */
    Outcome rewrite(SchemaChange written) {
        SchemaChange change = written.context().isMariaDb() ? translated(written) : written;
        if (change.statement().isEmpty()) {
            return new Skipped("nothing of it that the target knows");
        }
        SqlText text = new SqlText(change.statement(), change.context().sqlMode());
        if (parser.isSkipped(text)) {
            return new Skipped("kind of statement that is not replicated");
        }
        Optional<ParsedDdl> parsed = parser.parse(text).or(() -> OneTableDdl.of(change, text));
        if (parsed.isEmpty()) {
            return unparsable(change, text);
        }
        return new DdlRewriting(rules, change, text, parsed.get()).outcome();
    }

    /** A MariaDB statement in words that TiDB knows, empty when there are none for it. */
    private static SchemaChange translated(SchemaChange change) {
        MariaDbStatement statement =
                MariaDbStatement.forTarget(change.statement(), change.context().sqlMode());
        return new SchemaChange(
                change.txn(),
                change.txnRow(),
                statement.isOfSequence() ? "" : statement.text(),
                change.context(),
                change.tables(),
                change.snapshot(),
                change.gtid(),
                change.file(),
                change.pos(),
                change.tsMs());
    }

    /** Any name in it that could be a replicated table makes it fatal: to let it pass or drop it would be a guess. */
    private Outcome unparsable(SchemaChange change, SqlText text) {
        for (TouchedTable table : change.tables()) {
            if (rules.accepts(table.name())) {
                throw DdlProblem.unparsable(change, table.name());
            }
        }
        if (change.tables().isEmpty()) {
            String previous = null;
            Matcher identifiers = IDENTIFIER.matcher(text.masked());
            while (identifiers.find()) {
                String name = SqlText.unquote(text.text(new Span(identifiers.start(), identifiers.end())));
                judge(change, change.context().defaultSchema(), name);
                judge(change, previous, name);
                previous = name;
            }
        }
        return new Skipped("not understood, and no replicated table is named in it");
    }

    private void judge(SchemaChange change, @Nullable String schema, String table) {
        if (schema != null && !table.isEmpty() && rules.accepts(new TableName(schema, table))) {
            throw DdlProblem.unparsable(change, new TableName(schema, table));
        }
    }
}
