package io.tiderace.capture;

import io.debezium.antlr.AntlrDdlParserListener;
import io.debezium.connector.binlog.charset.BinlogCharsetRegistry;
import io.debezium.connector.mysql.antlr.MySqlAntlrDdlParser;
import io.debezium.connector.mysql.antlr.listener.MySqlAntlrDdlParserListener;
import io.debezium.ddl.parser.mysql.generated.MySqlParser;
import io.debezium.relational.Attribute;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableEditor;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.debezium.relational.Tables.TableFilter;
import io.debezium.relational.ddl.DdlChanges;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ParseTree;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's DDL parser, which also notes what Debezium's table model has no place for: which columns are generated from an expression, and
 * whether the key it knows is the primary key or only a unique one. Both are kept as table attributes, which the schema history stores.
 */
final class StructureParser extends MySqlAntlrDdlParser {
    /** Table attribute: the key columns are the primary key. */
    static final String PRIMARY_KEY = "primary-key";

    private static final String GENERATED_PREFIX = "generated:";

    private final Map<TableId, Notes> notes = new LinkedHashMap<>();
    private final boolean isMariaDb;

    /** @param isMariaDb statements are MariaDB's: they are put into MySQL's words first */
    StructureParser(TableFilter filter, BinlogCharsetRegistry charsets, boolean isMariaDb) {
        super(true, false, false, filter, charsets);
        this.isMariaDb = isMariaDb;
    }

    /** The attribute that marks a generated column. */
    static String generatedAttribute(String column) {
        return GENERATED_PREFIX + column.toLowerCase(Locale.ROOT);
    }

    @Override
    public DdlChanges parse(String ddl, Tables tables) {
        MariaDbTables mariaDb = isMariaDb ? MariaDbTables.of(ddl, tables, currentSchema()) : null;
        DdlChanges changes = parseWithGaps(mariaDb == null ? ddl : mariaDb.statement(), tables);
        notes.forEach((id, note) -> {
            ColumnRenames renames = note.tangled();
            if (renames != null) {
                tables.overwriteTable(renames.applied());
            }
            Table table = tables.forTable(note.renamedTo == null ? id : note.renamedTo);
            if (table != null) {
                Table noted = note.applied(table);
                tables.overwriteTable(mariaDb == null ? noted : mariaDb.applied(noted));
            }
        });
        return changes;
    }

    /** Throws what the parser throws about the statement as it is written */
    private DdlChanges parseWithGaps(String ddl, Tables tables) {
        String first = GrammarGaps.isMisread(ddl) ? closed(ddl) : ddl;
        try {
            notes.clear();
            return super.parse(first, tables);
        } catch (ParsingException | MultipleParsingExceptions e) {
            String closed = closed(first);
            if (closed.equals(first)) {
                throw e;
            }
            notes.clear();
            return super.parse(closed, tables);
        }
    }

    private String closed(String ddl) {
        String schema = currentSchema();
        return GrammarGaps.closed(ddl, schema == null ? null : charsetForTable(new TableId(schema, null, "")));
    }

    @Override
    protected AntlrDdlParserListener createParseTreeWalkerListener() {
        return new Listener();
    }

    /** What a statement says about one table. */
    private static final class Notes {
        private final List<Attribute> kept;
        private final Map<String, Boolean> generated = new HashMap<>();
        private final Map<String, String> renamedColumns = new LinkedHashMap<>();
        private final Map<String, String> collations = new HashMap<>();
        private final Set<String> inheriting = new HashSet<>();
        private @Nullable ColumnRenames renames;
        private @Nullable Boolean primaryKey;
        private @Nullable TableId renamedTo;
        private @Nullable String tableCharset;

        /** @param kept attributes from before the statement: Debezium drops them whenever it alters a table */
        Notes(List<Attribute> kept) {
            this.kept = kept;
        }

        /** What Debezium's parser gets wrong and is done here, null when there is nothing of the kind. */
        @Nullable
        ColumnRenames tangled() {
            return renames != null && renames.isTangled() ? renames : null;
        }

        Table applied(Table table) {
            TableEditor editor = table.edit();
            for (Attribute attribute : List.copyOf(table.attributes())) {
                editor.removeAttribute(attribute.name());
            }
            kept.forEach(editor::addAttribute);
            List<Map.Entry<String, String>> moved = renamedColumns.entrySet().stream()
                    .filter(entry -> isKept(generatedAttribute(entry.getKey())))
                    .toList();
            moved.forEach(entry -> set(editor, generatedAttribute(entry.getKey()), false));
            moved.forEach(entry -> set(editor, generatedAttribute(entry.getValue()), true));
            generated.forEach((column, is) -> set(editor, generatedAttribute(column), is));
            if (primaryKey != null) {
                set(editor, PRIMARY_KEY, primaryKey);
            }
            charsets(editor);
            return editor.create();
        }

        private boolean isKept(String attribute) {
            return kept.stream().anyMatch(known -> known.name().equals(attribute));
        }

        private void charsets(TableEditor editor) {
            if (tableCharset != null) {
                editor.setDefaultCharsetName(tableCharset);
            }
            for (Column column : editor.columns()) {
                String name = column.name().toLowerCase(Locale.ROOT);
                String charset = collations.getOrDefault(name, inheriting.contains(name) ? tableCharset : null);
                if (charset != null && column.charsetName() != null) {
                    editor.updateColumn(column.edit().charsetName(charset).create());
                }
            }
        }

        private static void set(TableEditor editor, String name, boolean is) {
            editor.removeAttribute(name);
            if (is) {
                editor.addAttribute(Attribute.editor().name(name).value("true").create());
            }
        }
    }

    private final class Listener extends MySqlAntlrDdlParserListener {
        private @Nullable Notes current;

        Listener() {
            super(StructureParser.this);
        }

        @Override
        public void enterColumnCreateTable(MySqlParser.ColumnCreateTableContext ctx) {
            begin(ctx.tableName(), true);
        }

        @Override
        public void enterQueryCreateTable(MySqlParser.QueryCreateTableContext ctx) {
            begin(ctx.tableName(), true);
        }

        @Override
        public void enterAlterTable(MySqlParser.AlterTableContext ctx) {
            begin(ctx.tableName(), false);
            Table known = databaseTables()
                    .forTable(parseQualifiedTableId(ctx.tableName().fullId()));
            if (current != null && known != null) {
                current.renames = renames(known, ctx.alterSpecification());
                if (current.renames.isTangled() && !current.renames.isAll()) {
                    throw new ParsingException(
                            null, "columns take the names of others while more is changed: '" + known.id() + "'");
                }
            }
        }

        @Override
        public void enterEveryRule(ParserRuleContext ctx) {
            if (!isLeftOut(ctx)) {
                super.enterEveryRule(ctx);
            }
        }

        @Override
        public void exitEveryRule(ParserRuleContext ctx) {
            if (!isLeftOut(ctx)) {
                super.exitEveryRule(ctx);
            }
        }

        /** Debezium would lose a column. */
        private boolean isLeftOut(ParserRuleContext ctx) {
            return ctx instanceof MySqlParser.AlterByRenameColumnContext
                    && current != null
                    && current.tangled() != null;
        }

        private ColumnRenames renames(Table known, List<MySqlParser.AlterSpecificationContext> parts) {
            ColumnRenames renames = new ColumnRenames(known);
            for (MySqlParser.AlterSpecificationContext part : parts) {
                if (part instanceof MySqlParser.AlterByRenameColumnContext rename) {
                    renames.renamed(parseName(rename.oldColumn), parseName(rename.newColumn));
                } else if (part instanceof MySqlParser.AlterByChangeColumnContext change) {
                    renames.changed(parseName(change.oldColumn), parseName(change.newColumn));
                } else if (part instanceof MySqlParser.AlterByDropColumnContext drop) {
                    renames.dropped(parseName(drop.uid()));
                } else {
                    renames.other();
                }
            }
            return renames;
        }

        private void begin(MySqlParser.TableNameContext table, boolean created) {
            TableId id = parseQualifiedTableId(table.fullId());
            Table known = created ? null : databaseTables().forTable(id);
            List<Attribute> kept = known == null ? List.of() : List.copyOf(known.attributes());
            current = notes.computeIfAbsent(id, key -> new Notes(kept));
        }

        @Override
        public void enterAlterByRename(MySqlParser.AlterByRenameContext ctx) {
            if (current != null) {
                current.renamedTo = ctx.fullId() != null
                        ? parseQualifiedTableId(ctx.fullId())
                        : new TableId(currentSchema(), null, parseName(ctx.uid()));
            }
        }

        @Override
        public void enterAlterByRenameColumn(MySqlParser.AlterByRenameColumnContext ctx) {
            if (current != null) {
                current.renamedColumns.put(parseName(ctx.oldColumn), parseName(ctx.newColumn));
            }
        }

        @Override
        public void enterColumnDefinition(MySqlParser.ColumnDefinitionContext ctx) {
            String column = columnOf(ctx);
            if (current == null || column == null) {
                return;
            }
            boolean isGenerated = false;
            for (MySqlParser.ColumnConstraintContext constraint : ctx.columnConstraint()) {
                isGenerated |= constraint instanceof MySqlParser.GeneratedColumnConstraintContext;
            }
            current.generated.put(column, isGenerated);
            charset(column, ctx, current);
        }

        @Override
        public void enterTableOptionCharset(MySqlParser.TableOptionCharsetContext ctx) {
            tableCharset(ctx.charsetName(), null);
        }

        @Override
        public void enterTableOptionCollate(MySqlParser.TableOptionCollateContext ctx) {
            tableCharset(null, ctx.collationName());
        }

        @Override
        public void enterAlterByDefaultCharset(MySqlParser.AlterByDefaultCharsetContext ctx) {
            tableCharset(ctx.charsetName(), ctx.collationName());
        }

        private void tableCharset(
                MySqlParser.@Nullable CharsetNameContext charset,
                MySqlParser.@Nullable CollationNameContext collation) {
            String name = charset != null
                    ? withoutQuotes(charset.getText()).toLowerCase(Locale.ROOT)
                    : collation != null ? charsetOf(collation) : null;
            if (current != null && name != null) {
                current.tableCharset = name.equals("default") ? currentDatabaseCharset() : name;
            }
        }

        /** A collation's name begins with that of its character set. */
        private String charsetOf(MySqlParser.CollationNameContext collation) {
            String name = withoutQuotes(collation.getText()).toLowerCase(Locale.ROOT);
            int end = name.indexOf('_');
            return end < 0 ? name : name.substring(0, end);
        }

        private void charset(String column, MySqlParser.ColumnDefinitionContext ctx, Notes note) {
            MySqlParser.CollationNameContext collation = found(ctx.dataType(), MySqlParser.CollationNameContext.class);
            for (MySqlParser.ColumnConstraintContext constraint : ctx.columnConstraint()) {
                if (constraint instanceof MySqlParser.CollateColumnConstraintContext collate) {
                    collation = collate.collationName();
                }
            }
            String name = column.toLowerCase(Locale.ROOT);
            boolean isNational = ctx.dataType().getText().matches("(?i)(NATIONAL|NCHAR|NVARCHAR).*");
            if (found(ctx.dataType(), MySqlParser.CharsetNameContext.class) == null && !isNational) {
                if (collation != null) {
                    note.collations.put(name, charsetOf(collation));
                } else {
                    note.inheriting.add(name);
                }
            }
        }

        private <T extends ParseTree> @Nullable T found(ParseTree tree, Class<T> kind) {
            for (int i = 0; i < tree.getChildCount(); i++) {
                ParseTree child = tree.getChild(i);
                T inside = kind.isInstance(child) ? kind.cast(child) : found(child, kind);
                if (inside != null) {
                    return inside;
                }
            }
            return null;
        }

        private @Nullable String columnOf(MySqlParser.ColumnDefinitionContext ctx) {
            ParserRuleContext parent = ctx.getParent();
            if (parent instanceof MySqlParser.ColumnDeclarationContext declaration) {
                return withoutQuotes(declaration.fullColumnName());
            }
            if (parent instanceof MySqlParser.AlterByAddColumnContext add) {
                return parseName(add.uid(0));
            }
            if (parent instanceof MySqlParser.AlterByAddColumnsContext add) {
                return parseName(add.uid(add.columnDefinition().indexOf(ctx)));
            }
            if (parent instanceof MySqlParser.AlterByModifyColumnContext modify) {
                return parseName(modify.uid(0));
            }
            if (parent instanceof MySqlParser.AlterByChangeColumnContext change) {
                return parseName(change.newColumn);
            }
            return null;
        }

        @Override
        public void enterPrimaryKeyColumnConstraint(MySqlParser.PrimaryKeyColumnConstraintContext ctx) {
            primaryKey(true);
        }

        @Override
        public void enterPrimaryKeyTableConstraint(MySqlParser.PrimaryKeyTableConstraintContext ctx) {
            primaryKey(true);
        }

        @Override
        public void enterAlterByAddPrimaryKey(MySqlParser.AlterByAddPrimaryKeyContext ctx) {
            primaryKey(true);
        }

        @Override
        public void enterAlterByDropPrimaryKey(MySqlParser.AlterByDropPrimaryKeyContext ctx) {
            primaryKey(false);
        }

        private void primaryKey(boolean is) {
            if (current != null) {
                current.primaryKey = is;
            }
        }
    }
}
