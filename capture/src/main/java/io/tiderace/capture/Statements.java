package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What kind of statement a query event holds, decided by its first words; comments do not count. Pure. */
final class Statements {
    /** The kinds that are handled differently. */
    enum Kind {
        BEGIN,
        COMMIT,
        ROLLBACK,
        XA_START,
        XA_END,
        XA_COMMIT,
        XA_ROLLBACK,
        SAVEPOINT,
        DML,
        TEMPORARY,
        DDL,
        OTHER
    }

    private static final Set<String> DML =
            Set.of("INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "CALL", "WITH", "DO");
    private static final Set<String> DDL = Set.of("CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE");
    private static final Pattern TEMPORARY =
            Pattern.compile("(?i)^(CREATE|DROP)\\s+(OR\\s+REPLACE\\s+)?TEMPORARY\\b.*", Pattern.DOTALL);
    private static final Pattern NOT_OF_TABLES = Pattern.compile(
            "^(CREATE|ALTER|DROP)\\s+(OR\\s+REPLACE\\s+)?(ALGORITHM\\s*=\\s*\\w+\\s+)?(DEFINER\\s*=\\s*\\S+(\\s+@\\s+\\S+)?\\s+)?"
                    + "(SQL\\s+SECURITY\\s+\\w+\\s+)?(AGGREGATE\\s+)?(VIEW|PROCEDURE|FUNCTION|TRIGGER|EVENT|USER|ROLE|SERVER"
                    + "|TABLESPACE|UNDO|LOGFILE|RESOURCE|INSTANCE|SPATIAL\\s+REFERENCE)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern TABLE = Pattern.compile(
            "^(CREATE|ALTER|DROP|RENAME|TRUNCATE)\\s+(TABLES?\\s+)?(IF\\s+(NOT\\s+)?EXISTS\\s+)?(?<first>`(?:[^`]|``)+`|[\\w$\\x{80}-\\x{ffff}]+)"
                    + "(\\s*\\.\\s*(?<second>`(?:[^`]|``)+`|[\\w$\\x{80}-\\x{ffff}]+))?.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern INDEX = Pattern.compile(
            "^(CREATE|DROP)\\s+(\\w+\\s+)?INDEX\\s+(`(?:[^`]|``)+`|[^\\s`]+)\\s+(USING\\s+\\w+\\s+)?ON\\s+(?<table>.*)",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern NAMED_TABLE =
            Pattern.compile("^(ALTER|CREATE)\\s+TABLE\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ONE_TABLE = Pattern.compile(
            "^(CREATE\\s+TABLE|TRUNCATE|ALTER\\s+TABLE(?!.*\\b(RENAME|EXCHANGE)\\b))\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ALTER_OR_TRUNCATE =
            Pattern.compile("^(ALTER\\s+TABLE|TRUNCATE)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final String STRING = "'(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|`(?:[^`]|``)*`";
    private static final Pattern STRINGS = Pattern.compile(STRING, Pattern.DOTALL);
    private static final Pattern REAL =
            Pattern.compile("(" + STRING + ")|\\bREAL\\b", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern CREATE_WITH_ROWS = Pattern.compile(
            "^CREATE\\s+TABLE\\b.*\\b(SELECT|TABLE|VALUES\\s+ROW)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final String NAME = "(?:`(?:[^`]|``)+`|[\\w$\\x{80}-\\x{ffff}]+)";
    private static final Pattern REPLACE = Pattern.compile(
            "^CREATE\\s+OR\\s+REPLACE\\s+(?<kind>TABLE|DATABASE|SCHEMA|SEQUENCE)\\s+(?<name>" + NAME + "(?:\\s*\\.\\s*"
                    + NAME + ")?)(?<rest>.*)",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ATOMIC_CREATE =
            Pattern.compile("\\s+START\\s+TRANSACTION\\s*$", Pattern.CASE_INSENSITIVE);

    private Statements() {}

    static Kind kind(String sql) {
        String text = withoutComments(sql).trim();
        String[] words = text.split("[\\s(;]+", 3);
        String first = words[0].toUpperCase(Locale.ROOT);
        String second = words.length > 1 ? words[1].toUpperCase(Locale.ROOT) : "";
        if (first.equals("XA")) {
            return switch (second) {
                case "START", "BEGIN" -> Kind.XA_START;
                case "END", "PREPARE" -> Kind.XA_END;
                case "COMMIT" -> Kind.XA_COMMIT;
                case "ROLLBACK" -> Kind.XA_ROLLBACK;
                default -> Kind.OTHER;
            };
        }
        if (DML.contains(first)) {
            return Kind.DML;
        }
        if (DDL.contains(first)) {
            if (NOT_OF_TABLES.matcher(text).matches()) {
                return Kind.OTHER; // views and the like are not replicated
            }
            return TEMPORARY.matcher(text).matches() ? Kind.TEMPORARY : Kind.DDL;
        }
        return switch (first) {
            case "BEGIN" -> Kind.BEGIN;
            case "COMMIT" -> Kind.COMMIT;
            case "ROLLBACK" -> second.equals("TO") ? Kind.SAVEPOINT : Kind.ROLLBACK;
            case "SAVEPOINT", "RELEASE" -> Kind.SAVEPOINT;
            default -> Kind.OTHER;
        };
    }

    /** CREATE TABLE … SELECT is logged with an addition that only the log's reader understands. */
    static String withoutStartTransaction(String sql) {
        return ATOMIC_CREATE.matcher(sql).replaceFirst("");
    }

    /** MariaDB's CREATE OR REPLACE of a table or a schema in the two statements that it stands for; any other statement as it is. */
    static List<String> withoutReplace(String sql) {
        Matcher replace = REPLACE.matcher(withoutComments(sql).trim());
        return replace.matches()
                ? List.of(
                        "DROP " + replace.group("kind") + " IF EXISTS " + replace.group("name"),
                        "CREATE " + replace.group("kind") + " " + replace.group("name") + replace.group("rest"))
                : List.of(sql);
    }

    /** An identifier of the statement that is one of these names, null when there is none; what stands in strings counts too. */
    static @Nullable String mentioned(String sql, Set<String> lowerCaseNames) {
        Set<String> words = new HashSet<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i <= sql.length(); i++) {
            char c = i < sql.length() ? sql.charAt(i) : ' ';
            if (c == '`') {
                quoted = !quoted;
            }
            boolean part = c != '`' && (quoted || Character.isLetterOrDigit(c) || c == '_' || c == '$' || c > 127);
            if (part) {
                word.append(c);
            } else if (!word.isEmpty()) {
                words.add(word.toString().toLowerCase(Locale.ROOT));
                word.setLength(0);
            }
        }
        return words.stream()
                .filter(lowerCaseNames::contains)
                .sorted()
                .findFirst()
                .orElse(null);
    }

    /** The table of a CREATE INDEX or DROP INDEX, null for other statements. */
    static @Nullable TableName indexedTable(String sql, @Nullable String defaultSchema) {
        Matcher index = INDEX.matcher(withoutComments(sql).trim());
        return index.matches() ? firstTable("ALTER TABLE " + index.group("table"), defaultSchema) : null;
    }

    /** The table of an ALTER TABLE or CREATE TABLE, null for other statements. */
    static @Nullable TableName namedTable(String sql, @Nullable String defaultSchema) {
        boolean is = NAMED_TABLE.matcher(withoutComments(sql).trim()).matches();
        return is ? firstTable(sql, defaultSchema) : null;
    }

    /** The table of a CREATE INDEX, DROP INDEX, ALTER TABLE or CREATE TABLE, null for other statements. */
    static @Nullable TableName indexedOrNamedTable(String sql, @Nullable String defaultSchema) {
        TableName indexed = indexedTable(sql, defaultSchema);
        return indexed != null ? indexed : namedTable(sql, defaultSchema);
    }

    /** The first table that a statement on tables names, for statements that the parser refuses; null when it is about something else. */
    static @Nullable TableName firstTable(String sql, @Nullable String defaultSchema) {
        Matcher table = TABLE.matcher(withoutComments(sql).trim());
        if (!table.matches()) {
            return null;
        }
        String first = unquoted(table.group("first"));
        String second = table.group("second");
        return second == null
                ? new TableName(defaultSchema == null ? "" : defaultSchema, first)
                : new TableName(first, unquoted(second));
    }

    /** True for statements on tables that change none but the first they name. */
    static boolean isOfOneTable(String sql) {
        return ONE_TABLE.matcher(withoutComments(sql).trim()).matches();
    }

    /** True for ALTER TABLE, TRUNCATE, CREATE INDEX and DROP INDEX: in a session with temporary tables they may be on one of those. */
    static boolean altersOneTable(String sql) {
        String text = withoutComments(sql).trim();
        return ALTER_OR_TRUNCATE.matcher(text).matches() || INDEX.matcher(text).matches();
    }

    /** True for a CREATE TABLE that fills the table from a query: only sessions that log statements leave that in the log. */
    static boolean createsWithRows(String sql) {
        String text = STRINGS.matcher(withoutComments(sql)).replaceAll(" ").trim();
        return CREATE_WITH_ROWS.matcher(text).matches();
    }

    /** The same statement for a parser that knows only the default sql_mode. */
    static String inDefaultMode(String sql, String sqlMode) {
        boolean hasEscapes = !sqlMode.contains("NO_BACKSLASH_ESCAPES");
        String quoted = sqlMode.contains("ANSI_QUOTES") ? withBackticks(sql, hasEscapes) : sql;
        String escaped = hasEscapes || sql.indexOf('\\') < 0 ? quoted : withEscapedBackslashes(quoted);
        return sqlMode.contains("REAL_AS_FLOAT")
                ? REAL.matcher(escaped)
                        .replaceAll(
                                found -> Matcher.quoteReplacement(found.group(1) == null ? "FLOAT" : found.group(1)))
                : escaped;
    }

    /** The statement as the server executed it, for a parser that knows only the default sql_mode and takes executable comments for comments. */
    static String executed(String sql, String sqlMode) {
        boolean isPlain = !sql.contains("/*!") && !sqlMode.contains("ANSI_QUOTES");
        return inDefaultMode(isPlain ? sql : withoutComments(sql), sqlMode);
    }

    /** Names in double quotes, as with ANSI_QUOTES, in backticks. */
    private static String withBackticks(String sql, boolean hasEscapes) {
        StringBuilder out = new StringBuilder(sql.length() + 16);
        char quote = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (quote == '"') {
                boolean isDoubled = c == '"' && i + 1 < sql.length() && sql.charAt(i + 1) == '"';
                i += isDoubled ? 1 : 0;
                quote = c == '"' && !isDoubled ? 0 : quote;
                out.append(quote == 0 ? "`" : c == '`' ? "``" : String.valueOf(c));
            } else if (quote != 0) {
                out.append(c);
                if (c == '\\' && quote == '\'' && hasEscapes && i + 1 < sql.length()) {
                    out.append(sql.charAt(++i));
                } else if (c == quote) {
                    quote = 0;
                }
            } else {
                quote = c == '\'' || c == '"' || c == '`' ? c : 0;
                out.append(c == '"' ? '`' : c);
            }
        }
        return out.toString();
    }

    private static String withEscapedBackslashes(String sql) {
        StringBuilder out = new StringBuilder(sql.length() + 16);
        char quote = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            out.append(c);
            if (c == '\\' && quote != 0 && quote != '`') {
                out.append(c);
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '\'' || c == '"' || c == '`')) {
                quote = c;
            }
        }
        return out.toString();
    }

    private static String unquoted(String name) {
        return name.startsWith("`") ? name.substring(1, name.length() - 1).replace("``", "`") : name;
    }

    /** Comments out, but the content of executable ones (MySQL manual, 11.7) stays. */
    static String withoutComments(String sql) {
        StringBuilder out = new StringBuilder(sql.length());
        char quote = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (quote != 0) {
                out.append(c);
                if (c == '\\' && quote != '`' && i + 1 < sql.length()) {
                    out.append(sql.charAt(++i));
                } else if (c == quote) {
                    quote = 0;
                }
            } else if (c == '\'' || c == '"' || c == '`') {
                quote = c;
                out.append(c);
            } else if (c == '#' || sql.startsWith("-- ", i) || sql.startsWith("--\n", i)) {
                int end = sql.indexOf('\n', i);
                i = end < 0 ? sql.length() : end;
                out.append(' ');
            } else if (sql.startsWith("/*!", i)) {
                i += 2;
                while (i + 1 < sql.length() && Character.isDigit(sql.charAt(i + 1))) {
                    i++;
                }
            } else if (sql.startsWith("/*", i)) {
                int end = sql.indexOf("*/", i + 2);
                i = end < 0 ? sql.length() : end + 1;
                out.append(' ');
            } else if (sql.startsWith("*/", i)) {
                i++;
                out.append(' ');
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
