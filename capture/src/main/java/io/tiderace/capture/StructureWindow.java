package io.tiderace.capture;

import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.MariaDbStatement;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.SourceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, from what the log holds between a position and the present, which tables looked at that position as they look today. Judges statements
 * by their text, and where that is not clear against the table.
 */
final class StructureWindow implements LogScan.Visitor {
    private static final String NAME = "(`(?:[^`]|``)+`|[\\w$\\x{80}-\\x{ffff}]+)";
    private static final Pattern TABLE = Pattern.compile(NAME + "(?:\\s*\\.\\s*" + NAME + ")?");
    private static final Pattern LIST = Pattern.compile(
            "^(DROP|RENAME)\\s+TABLES?\\s+(?:IF\\s+EXISTS\\s+)?(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern DROP_SCHEMA = Pattern.compile(
            "^(?:DROP|CREATE\\s+OR\\s+REPLACE)\\s+(?:DATABASE|SCHEMA)\\s+(?:IF\\s+EXISTS\\s+)?" + NAME + ".*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern OF_ONE_TABLE =
            Pattern.compile("^(CREATE|ALTER|TRUNCATE)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern OPTIONS = Pattern.compile(
            "^(CREATE|ALTER)\\s+(?:OR\\s+REPLACE\\s+|ONLINE\\s+|IGNORE\\s+)+TABLE\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern ALTER = Pattern.compile(
            "^ALTER\\s+TABLE\\s+" + NAME + "(?:\\s*\\.\\s*" + NAME + ")?\\s+(?<changes>.*)",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern KEEPS_COLUMNS = Pattern.compile(
            "(ADD\\s+((CONSTRAINT\\s+\\S+\\s+)?(UNIQUE|FOREIGN\\s+KEY|CHECK)|FULLTEXT|SPATIAL|INDEX|KEY)"
                    + "|DROP\\s+(INDEX|KEY|FOREIGN\\s+KEY|CHECK)|RENAME\\s+(INDEX|KEY)|ENGINE|COMMENT|AUTO_INCREMENT"
                    + "|ALGORITHM|LOCK|FORCE|ROW_FORMAT|STATS_\\w+|(DISABLE|ENABLE)\\s+KEYS)\\b.*|",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final Predicate<TableName> isCaptured;
    private final Map<TableName, Story> stories = new LinkedHashMap<>();

    /** @param isCaptured says of which tables one wants to know */
    StructureWindow(Predicate<TableName> isCaptured) {
        this.isCaptured = isCaptured;
    }

    /** What became of a table in the window. */
    enum Fate {
        /** Its structure was the same all the time. */
        SAME,
        /** It was made in the window, or made anew before any row of it: the log brings its structure. */
        COMES,
        /** It was altered, renamed or dropped: what it looked like at the beginning cannot be known from today's structure. */
        LOST
    }

    private record Story(
            Fate fate, boolean hasRows, @Nullable String place) {}

    Fate fate(TableName table) {
        Story story = stories.get(table);
        return story == null ? Fate.SAME : story.fate;
    }

    /** @throws SourceException naming every table whose structure at the window's beginning cannot be known */
    void requireNoneLost(String sourceId) {
        Map<TableName, String> lost = lost();
        if (!lost.isEmpty()) {
            StringBuilder tables = new StringBuilder();
            lost.forEach((table, place) ->
                    tables.append("\n    ").append(table).append(", ").append(place));
            throw new SourceException(
                    "TR-C052",
                    "source " + sourceId
                            + ": tables were altered between the position to begin at and now, so what they looked like there"
                            + " cannot be read from the source any more:" + tables,
                    "begin after the last of these statements; or copy the source (task-mode: all) under another source-id");
        }
    }

    /** For every table whose structure at the window's beginning is lost: where, and by which statement. */
    Map<TableName, String> lost() {
        Map<TableName, String> result = new LinkedHashMap<>();
        stories.forEach((table, story) -> {
            if (story.fate == Fate.LOST && story.place != null) {
                result.put(table, story.place);
            }
        });
        return result;
    }

    /** Tables that have rows in the window and were not made in it. */
    List<TableName> changed() {
        return stories.entrySet().stream()
                .filter(each -> each.getValue().fate == Fate.SAME && each.getValue().hasRows)
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public boolean transaction(LogScan.Transaction transaction) {
        // CREATE TABLE … SELECT stands in one transaction with its rows; any other DDL stands for itself
        for (StatementEvent statement : transaction.statements()) {
            statement(statement, transaction.where());
        }
        for (TableName table : transaction.tables().keySet()) {
            if (isCaptured.test(table)) {
                Story story = stories.getOrDefault(table, new Story(Fate.SAME, false, null));
                stories.put(table, new Story(story.fate, true, story.place));
            }
        }
        return true;
    }

    private void statement(StatementEvent statement, String where) {
        String sql = ddl(statement);
        if (sql == null) {
            return;
        }
        String place = where + ": " + statement.getSql().trim();
        Matcher schema = DROP_SCHEMA.matcher(sql);
        if (schema.matches()) {
            dropSchema(unquoted(schema.group(1)), place);
            return;
        }
        for (TableName table : altered(sql, statement.getDatabase())) {
            if (isCaptured.test(table)) {
                stories.put(table, after(table, sql, place));
            }
        }
    }

    /** The statement without comments and with names in backticks, null when it is no DDL. */
    static @Nullable String ddl(StatementEvent statement) {
        String sql = MariaDbStatement.withoutSetStatement(
                Statements.withoutComments(statement.getSql()).trim());
        return Statements.kind(sql) == Statements.Kind.DDL
                ? Statements.inDefaultMode(sql, statement.context().sqlMode())
                : null;
    }

    /** Whether a statement may change what a table looks like, or which one has its name. Errs to true. */
    static boolean mayAlter(StatementEvent statement, TableName table) {
        String sql = ddl(statement);
        if (sql == null) {
            return false;
        }
        Matcher schema = DROP_SCHEMA.matcher(sql);
        return schema.matches()
                ? unquoted(schema.group(1)).equalsIgnoreCase(table.schema())
                : !statement.isText()
                        || altered(sql, statement.getDatabase()).stream()
                                .anyMatch(each -> each.schema().equalsIgnoreCase(table.schema())
                                        && each.table().equalsIgnoreCase(table.table()));
    }

    /** Only rows before make it a loss: what is made in the schema later comes with its statement. */
    private void dropSchema(String schema, String place) {
        stories.replaceAll((table, story) -> table.schema().equalsIgnoreCase(schema) && story.fate == Fate.SAME
                ? new Story(Fate.LOST, story.hasRows, place)
                : story);
    }

    private Story after(TableName table, String sql, String place) {
        Story story = stories.getOrDefault(table, new Story(Fate.SAME, false, null));
        if (story.fate != Fate.SAME) {
            return story;
        }
        boolean isMadeOrGone = sql.regionMatches(true, 0, "CREATE", 0, 6) || sql.regionMatches(true, 0, "DROP", 0, 4);
        Fate fate = isMadeOrGone && !story.hasRows ? Fate.COMES : Fate.LOST;
        return new Story(fate, story.hasRows, place);
    }

    /** Tables whose columns or key a statement may change; statements on other things name none. */
    static List<TableName> altered(String statement, @Nullable String defaultSchema) {
        String sql = OPTIONS.matcher(statement).replaceFirst("$1 TABLE");
        Matcher list = LIST.matcher(sql);
        if (list.matches()) {
            return names(list.group(2), defaultSchema);
        }
        if (!OF_ONE_TABLE.matcher(sql).matches() || Statements.indexedTable(sql, defaultSchema) != null) {
            return List.of();
        }
        TableName table = Statements.namedTable(sql, defaultSchema); // null for TRUNCATE: the structure stays
        if (table == null || keepsColumns(sql)) {
            return List.of();
        }
        return sql.toUpperCase(Locale.ROOT).matches("(?s)ALTER\\b.*\\b(RENAME|EXCHANGE)\\b.*")
                ? withOthers(table, sql, defaultSchema)
                : List.of(table);
    }

    /** ALTER TABLE … RENAME TO and EXCHANGE PARTITION … WITH TABLE name a second table. */
    private static List<TableName> withOthers(TableName table, String sql, @Nullable String defaultSchema) {
        List<TableName> result = new ArrayList<>(List.of(table));
        Matcher other = Pattern.compile(
                        "\\b(?:RENAME\\s+(?:TO\\s+|AS\\s+|=\\s*)?|WITH\\s+TABLE\\s+)" + TABLE.pattern()
                                + "\\s*(?:,|$|WITH)",
                        Pattern.CASE_INSENSITIVE)
                .matcher(sql);
        while (other.find()) {
            result.add(name(other.group(1), other.group(2), defaultSchema));
        }
        return result;
    }

    private static List<TableName> names(String list, @Nullable String defaultSchema) {
        List<TableName> result = new ArrayList<>();
        Matcher name = TABLE.matcher(list);
        while (name.find()) {
            String word = name.group().toUpperCase(Locale.ROOT);
            if (!word.equals("TO") && !word.equals("RESTRICT") && !word.equals("CASCADE")) {
                result.add(name(name.group(1), name.group(2), defaultSchema));
            }
        }
        return result;
    }

    private static TableName name(String first, @Nullable String second, @Nullable String defaultSchema) {
        return second == null
                ? new TableName(defaultSchema == null ? "" : defaultSchema, unquoted(first))
                : new TableName(unquoted(first), unquoted(second));
    }

    private static String unquoted(String name) {
        return name.startsWith("`") ? name.substring(1, name.length() - 1).replace("``", "`") : name;
    }

    /** True for an ALTER TABLE all of whose parts are about indexes, foreign keys or storage. */
    private static boolean keepsColumns(String sql) {
        Matcher alter = ALTER.matcher(sql);
        return alter.matches()
                && parts(alter.group("changes")).stream()
                        .allMatch(part -> KEEPS_COLUMNS.matcher(part.trim()).matches());
    }

    /** Splits at the commas that are outside of brackets and quotes. */
    private static List<String> parts(String text) {
        List<String> result = new ArrayList<>();
        int depth = 0;
        int from = 0;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                i += c == '\\' && quote != '`' ? 1 : 0;
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"' || c == '`') {
                quote = c;
            } else if (c == '(' || c == ')') {
                depth += c == '(' ? 1 : -1;
            } else if (c == ',' && depth == 0) {
                result.add(text.substring(from, i));
                from = i + 1;
            }
        }
        result.add(text.substring(from));
        return result;
    }
}
