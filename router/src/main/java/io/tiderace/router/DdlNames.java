package io.tiderace.router;

import io.debezium.ddl.parser.mysql.generated.MySqlParser;
import io.debezium.ddl.parser.mysql.generated.MySqlParserBaseListener;
import io.tiderace.router.ParsedDdl.Kind;
import io.tiderace.router.ParsedDdl.Name;
import io.tiderace.router.ParsedDdl.Selected;
import io.tiderace.router.SqlText.Span;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/** Collects the names of one parse tree. The tree was built from the masked text; names are read from the statement itself. */
final class DdlNames extends MySqlParserBaseListener {
    private final SqlText text;
    private Kind kind = Kind.OTHER;
    private final List<Name> subjects = new ArrayList<>();
    private final List<Span> pairs = new ArrayList<>();
    private @Nullable Name renamedTo;
    private @Nullable Span renameItem;
    private final List<Span> items = new ArrayList<>();
    private final List<Name> exchanged = new ArrayList<>();
    private final List<Name> parents = new ArrayList<>();
    private final List<Name> others = new ArrayList<>();
    private final List<Selected> selected = new ArrayList<>();
    private final List<Name> columns = new ArrayList<>();
    private int existsAt = -1;
    private final List<Span> cut;

    DdlNames(SqlText text, List<Span> cut) {
        this.text = text;
        this.cut = cut;
    }

    ParsedDdl parsed() {
        return new ParsedDdl(
                kind,
                subjects,
                pairs,
                renamedTo,
                renameItem,
                items,
                exchanged,
                parents,
                others,
                selected,
                columns,
                existsAt,
                cut);
    }

    // ---- statements

    @Override
    public void enterColumnCreateTable(MySqlParser.ColumnCreateTableContext ctx) {
        createTable(ctx.tableName(), ctx.TABLE(), ctx.ifNotExists());
    }

    @Override
    public void enterCopyCreateTable(MySqlParser.CopyCreateTableContext ctx) {
        createTable(ctx.tableName(0), ctx.TABLE(), ctx.ifNotExists());
        others.add(name(ctx.tableName(1)));
    }

    @Override
    public void enterQueryCreateTable(MySqlParser.QueryCreateTableContext ctx) {
        createTable(ctx.tableName(), ctx.TABLE(), ctx.ifNotExists());
    }

    private void createTable(
            MySqlParser.TableNameContext name, TerminalNode table, @Nullable ParserRuleContext exists) {
        kind = Kind.CREATE_TABLE;
        subjects.add(name(name));
        existsAt = exists == null ? after(table) : -1;
    }

    @Override
    public void enterAlterTable(MySqlParser.AlterTableContext ctx) {
        kind = Kind.ALTER_TABLE;
        subjects.add(name(ctx.tableName()));
        ctx.alterSpecification().forEach(item -> items.add(span(item)));
    }

    @Override
    public void enterDropTable(MySqlParser.DropTableContext ctx) {
        kind = Kind.DROP_TABLE;
        for (MySqlParser.TableNameContext table : ctx.tables().tableName()) {
            subjects.add(name(table));
            pairs.add(span(table));
        }
    }

    @Override
    public void enterRenameTable(MySqlParser.RenameTableContext ctx) {
        kind = Kind.RENAME_TABLE;
        for (MySqlParser.RenameTableClauseContext pair : ctx.renameTableClause()) {
            pair.tableName().forEach(table -> subjects.add(name(table)));
            pairs.add(span(pair));
        }
    }

    @Override
    public void enterTruncateTable(MySqlParser.TruncateTableContext ctx) {
        oneTable(ctx.tableName());
    }

    @Override
    public void enterCreateIndex(MySqlParser.CreateIndexContext ctx) {
        oneTable(ctx.tableName());
    }

    @Override
    public void enterDropIndex(MySqlParser.DropIndexContext ctx) {
        oneTable(ctx.tableName());
    }

    private void oneTable(MySqlParser.TableNameContext table) {
        kind = Kind.ONE_TABLE;
        subjects.add(name(table));
    }

    @Override
    public void enterCreateDatabase(MySqlParser.CreateDatabaseContext ctx) {
        kind = Kind.CREATE_DATABASE;
        schema(ctx.uid());
        existsAt = ctx.ifNotExists() == null ? ctx.dbFormat.getStopIndex() + 1 : -1;
    }

    @Override
    public void enterDropDatabase(MySqlParser.DropDatabaseContext ctx) {
        kind = Kind.DROP_DATABASE;
        schema(ctx.uid());
        existsAt = ctx.ifExists() == null ? ctx.dbFormat.getStopIndex() + 1 : -1;
    }

    @Override
    public void enterAlterSimpleDatabase(MySqlParser.AlterSimpleDatabaseContext ctx) {
        kind = Kind.ALTER_DATABASE;
        if (ctx.uid() != null) {
            schema(ctx.uid());
        } else {
            int at = ctx.dbFormat.getStopIndex() + 1;
            subjects.add(new Name(null, "", new Span(at, at)));
        }
    }

    @Override
    public void enterAlterUpgradeName(MySqlParser.AlterUpgradeNameContext ctx) {
        kind = Kind.ALTER_DATABASE;
        schema(ctx.uid());
    }

    private void schema(MySqlParser.UidContext uid) {
        Span span = span(uid);
        subjects.add(new Name(SqlText.unquote(text.text(span)), "", span));
    }

    // ---- parts of statements

    @Override
    public void enterAlterByRename(MySqlParser.AlterByRenameContext ctx) {
        renamedTo = ctx.fullId() == null ? name(ctx.uid(), null, span(ctx.uid())) : name(ctx.fullId());
        renameItem = span(ctx);
    }

    @Override
    public void enterAlterByExchangePartition(MySqlParser.AlterByExchangePartitionContext ctx) {
        exchanged.add(name(ctx.tableName()));
    }

    @Override
    public void enterReferenceDefinition(MySqlParser.ReferenceDefinitionContext ctx) {
        parents.add(name(ctx.tableName()));
    }

    @Override
    public void enterTableOptionUnion(MySqlParser.TableOptionUnionContext ctx) {
        if (ctx.tables() != null) {
            ctx.tables().tableName().forEach(table -> others.add(name(table)));
        }
    }

    @Override
    public void enterAtomTableItem(MySqlParser.AtomTableItemContext ctx) {
        selected.add(new Selected(name(ctx.tableName()), ctx.uid() != null));
    }

    @Override
    public void enterTableName(MySqlParser.TableNameContext ctx) {
        if (kind == Kind.OTHER) { // statements come before their parts: a DDL statement has set its kind by now
            selected.add(new Selected(name(ctx), true));
        }
    }

    @Override
    public void enterFullColumnName(MySqlParser.FullColumnNameContext ctx) {
        if (ctx.uid() == null || ctx.dottedId().isEmpty()) {
            return;
        }
        int from = ctx.uid().getStart().getStartIndex();
        if (ctx.dottedId().size() == 1) {
            columns.add(name(ctx.uid(), null, span(ctx.uid())));
        } else {
            MySqlParser.DottedIdContext table = ctx.dottedId(0);
            Span span = new Span(from, table.getStop().getStopIndex() + 1);
            columns.add(new Name(uid(ctx.uid()), dotted(span(table)), span));
        }
    }

    // ---- names

    private Name name(MySqlParser.TableNameContext table) {
        return name(table.fullId());
    }

    private Name name(MySqlParser.FullIdContext full) {
        String first = uid(full.uid(0));
        Span span = span(full);
        if (full.DOT_ID() != null) {
            Token dotted = full.DOT_ID().getSymbol();
            return new Name(first, dotted(new Span(dotted.getStartIndex(), dotted.getStopIndex() + 1)), span);
        }
        return full.uid().size() > 1 ? new Name(first, uid(full.uid(1)), span) : new Name(null, first, span);
    }

    private Name name(MySqlParser.UidContext uid, @Nullable String schema, Span span) {
        return new Name(schema, uid(uid), span);
    }

    private String uid(MySqlParser.UidContext uid) {
        return SqlText.unquote(text.text(span(uid)));
    }

    private String dotted(Span span) {
        return SqlText.unquote(text.text(span).substring(1).strip());
    }

    private static Span span(ParserRuleContext ctx) {
        return new Span(ctx.getStart().getStartIndex(), ctx.getStop().getStopIndex() + 1);
    }

    private static int after(TerminalNode node) {
        return node.getSymbol().getStopIndex() + 1;
    }
}
