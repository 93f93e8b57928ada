package io.tiderace.router;

import io.tiderace.router.DdlRewriter.Outcome;
import io.tiderace.router.DdlRewriter.Rewritten;
import io.tiderace.router.DdlRewriter.Skipped;
import io.tiderace.router.ParsedDdl.Kind;
import io.tiderace.router.ParsedDdl.Name;
import io.tiderace.router.ParsedDdl.Selected;
import io.tiderace.router.SqlText.Span;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One statement being rewritten: the names that are replaced, the parts that are cut. */
final class DdlRewriting {
    private final Rules rules;
    private final SchemaChange change;
    private final ParsedDdl ddl;
    private final Edits edits;
    private final List<TableName> sources = new ArrayList<>();
    private final List<TableName> targets = new ArrayList<>();

    DdlRewriting(Rules rules, SchemaChange change, SqlText text, ParsedDdl ddl) {
        this.rules = rules;
        this.change = change;
        this.ddl = ddl;
        this.edits = new Edits(text);
    }

    /** @throws io.tiderace.schemas.TideraceException.DataException when the statement cannot be carried over */
    Outcome outcome() {
        boolean replicated =
                switch (ddl.kind()) {
                    case CREATE_TABLE, ONE_TABLE -> subject();
                    case ALTER_TABLE -> alterTable();
                    case DROP_TABLE -> dropTables();
                    case RENAME_TABLE -> renameTables();
                    case CREATE_DATABASE, ALTER_DATABASE, DROP_DATABASE -> database();
                    case OTHER -> other();
                };
        if (!replicated) {
            return new Skipped("no replicated table in it");
        }
        ddl.cut().forEach(edits::cut);
        ddl.parents().forEach(parent -> replace(parent, resolve(parent, childSchema())));
        ddl.others().forEach(other -> replace(other, resolve(other)));
        selected();
        columns();
        return new Rewritten(edits.apply(), sources, targets);
    }

    private boolean subject() {
        Name name = ddl.subjects().get(0);
        TableName source = resolve(name);
        if (!rules.accepts(source)) {
            return false;
        }
        add(source);
        replace(name, source);
        if (change.snapshot() && ddl.kind() == Kind.CREATE_TABLE && ddl.existsAt() >= 0) {
            edits.insert(ddl.existsAt(), " IF NOT EXISTS");
        }
        return true;
    }

    private boolean alterTable() {
        TableName source = resolve(ddl.subjects().get(0));
        for (Name name : ddl.exchanged()) {
            TableName other = resolve(name);
            if (bothOrNone(source, other)) {
                add(other);
                replace(name, other);
            }
        }
        Name renamedTo = ddl.renamedTo();
        if (renamedTo == null) {
            return subject();
        }
        TableName renamed = resolve(renamedTo);
        if (!bothOrNone(source, renamed)) {
            return false;
        }
        subject();
        add(renamed);
        if (!rules.target(source).equals(rules.target(renamed))) {
            replace(renamedTo, renamed);
            return true;
        }
        cutItem(ddl.items().indexOf(ddl.renameItem()), ddl.items(), item -> !item.equals(ddl.renameItem()));
        return ddl.items().size() > 1;
    }

    private boolean dropTables() {
        List<Span> kept = new ArrayList<>();
        for (int i = 0; i < ddl.subjects().size(); i++) {
            TableName source = resolve(ddl.subjects().get(i));
            if (rules.accepts(source) && !targets.contains(rules.target(source))) {
                add(source);
                replace(ddl.subjects().get(i), source);
                kept.add(ddl.pairs().get(i));
            }
        }
        cutAllBut(kept);
        return !kept.isEmpty();
    }

    private boolean renameTables() {
        List<Span> kept = new ArrayList<>();
        for (int i = 0; i < ddl.pairs().size(); i++) {
            Name from = ddl.subjects().get(2 * i);
            Name to = ddl.subjects().get(2 * i + 1);
            TableName old = resolve(from);
            TableName renamed = resolve(to);
            if (bothOrNone(old, renamed) && !rules.target(old).equals(rules.target(renamed))) {
                add(old);
                add(renamed);
                replace(from, old);
                replace(to, renamed);
                kept.add(ddl.pairs().get(i));
            }
        }
        cutAllBut(kept);
        return !kept.isEmpty();
    }

    private boolean database() {
        Name name = ddl.subjects().get(0);
        String schema = name.schema() == null ? change.context().defaultSchema() : name.schema();
        if (schema == null) {
            throw DdlProblem.noSchema(change, "");
        }
        if (!rules.acceptsSchema(schema)) {
            return false;
        }
        String target = rules.targetSchema(schema);
        sources.add(new TableName(schema, ""));
        targets.add(new TableName(target, ""));
        edits.replace(name.span(), (name.schema() == null ? " " : "") + TableName.quote(target));
        if (ddl.existsAt() >= 0) {
            edits.insert(ddl.existsAt(), ddl.kind() == Kind.CREATE_DATABASE ? " IF NOT EXISTS" : " IF EXISTS");
        }
        return true;
    }

    private boolean other() {
        for (Selected table : ddl.selected()) {
            TableName name = resolve(table.name());
            if (rules.accepts(name)) {
                throw DdlProblem.notDdl(change, name);
            }
        }
        return false;
    }

    /** True when both are replicated, false when neither is; one alone would leave a table behind or make one from nothing. */
    private boolean bothOrNone(TableName one, TableName other) {
        boolean accepted = rules.accepts(one);
        if (accepted != rules.accepts(other)) {
            throw DdlProblem.halfReplicated(change, accepted ? one : other, accepted ? other : one);
        }
        return accepted;
    }

    private void selected() {
        for (Selected table : ddl.selected()) {
            TableName source = resolve(table.name());
            if (!rules.accepts(source)) {
                throw DdlProblem.readsUnreplicated(change, source);
            }
            TableName target = rules.target(source);
            boolean alias = !table.aliased() && !target.table().equals(source.table());
            edits.replace(
                    table.name().span(), target.quoted() + (alias ? " AS " + TableName.quote(source.table()) : ""));
        }
    }

    /** Column names keep their table only by its name at the target; the tables AS SELECT reads have kept theirs as alias. */
    private void columns() {
        for (Name column : ddl.columns()) {
            TableName source = resolve(column, childSchema());
            boolean read = ddl.selected().stream()
                    .anyMatch(table -> resolve(table.name()).equals(source));
            TableName target = rules.target(source);
            boolean renamed = !target.table().equals(source.table());
            if (column.schema() != null) {
                edits.replace(column.span(), read && renamed ? TableName.quote(source.table()) : target.quoted());
            } else if (!read && renamed && sources.contains(source)) {
                edits.replace(column.span(), TableName.quote(target.table()));
            }
        }
    }

    private void cutAllBut(List<Span> kept) {
        for (int i = 0; i < ddl.pairs().size(); i++) {
            if (!kept.contains(ddl.pairs().get(i))) {
                cutItem(i, ddl.pairs(), kept::contains);
            }
        }
    }

    /** Cuts a list item with the comma before it, or after it when nothing before it stays. */
    private void cutItem(int i, List<Span> list, Predicate<Span> stays) {
        if (list.subList(0, i).stream().anyMatch(stays)) {
            edits.cut(new Span(list.get(i - 1).to(), list.get(i).to()));
        } else {
            int to = i + 1 < list.size() ? list.get(i + 1).from() : list.get(i).to();
            edits.cut(new Span(list.get(i).from(), to));
        }
    }

    private void add(TableName source) {
        sources.add(source);
        targets.add(rules.target(source));
    }

    private void replace(Name name, TableName source) {
        edits.replace(name.span(), rules.target(source).quoted());
    }

    private @Nullable String childSchema() {
        return sources.isEmpty()
                ? change.context().defaultSchema()
                : sources.get(0).schema();
    }

    private TableName resolve(Name name) {
        return resolve(name, change.context().defaultSchema());
    }

    /** A server that folds names to lower case knows the table as capture reports it, not as the statement writes it. */
    private TableName resolve(Name name, @Nullable String defaultSchema) {
        String schema = name.schema() == null ? defaultSchema : name.schema();
        if (schema == null) {
            throw DdlProblem.noSchema(change, name.table());
        }
        TableName written = new TableName(schema, name.table());
        TableName folded = written;
        for (TouchedTable touched : change.tables()) {
            if (touched.name().equals(written)) {
                return written;
            }
            if (touched.name().schema().equalsIgnoreCase(schema)
                    && touched.name().table().equalsIgnoreCase(name.table())) {
                folded = touched.name();
            }
        }
        return folded;
    }
}
