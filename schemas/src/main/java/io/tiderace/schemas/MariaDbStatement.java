package io.tiderace.schemas;

import io.tiderace.schemas.SqlTokens.Kind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A DDL statement of MariaDB in the words of MySQL and TiDB, as far as they have words for it. What they lack and rows do not need is left out
 * (system versioning, compression, sequences as defaults), types become the nearest that hold every value. Whatever is not known here stays as
 * written, for the reader to refuse. Pure. The mapping is in {@code docs/mariadb.md}; source: MariaDB documentation, "CREATE TABLE", "ALTER TABLE".
 */
public final class MariaDbStatement {
    private static final String SEQUENCE_COLUMNS =
            " (`next_not_cached_value` BIGINT, `minimum_value` BIGINT, `maximum_value` BIGINT,"
                    + " `start_value` BIGINT, `increment` BIGINT, `cache_size` BIGINT UNSIGNED, `cycle_option` TINYINT UNSIGNED, `cycle_count` BIGINT)";

    private final SqlTokens tokens;
    private final @Nullable Columns known;
    private final MariaDbDefinitions definitions;
    private boolean isOfSequence;
    private boolean isNothing;

    /** What a statement does to a table's system versioning. */
    public enum Versioning {
        UNCHANGED,
        ADDED,
        DROPPED
    }

    /** Which columns there are. */
    @FunctionalInterface
    public interface Columns {
        /** @param schema null for the default one */
        boolean has(@Nullable String schema, String table, String column);
    }

    private MariaDbStatement(String sql, String sqlMode, @Nullable Columns known) {
        tokens = new SqlTokens(sql, sqlMode);
        this.known = known;
        definitions = new MariaDbDefinitions(tokens);
        translate();
        collations();
    }

    /** The collation that stands for one of MariaDB's in the target: the nearest that takes no two texts for one that MariaDB tells apart. */
    public static String targetCollation(String collation) {
        return MariaDbColumn.collation(collation);
    }

    /** For a target that has TiDB's grammar. */
    public static MariaDbStatement forTarget(String sql, String sqlMode) {
        return new MariaDbStatement(sql, sqlMode, null);
    }

    /**
     * For a parser of MySQL's grammar that keeps account of structures.
     *
     * @param known says which columns the altered table has: parts with IF [NOT] EXISTS that do nothing are left out
     */
    public static MariaDbStatement forParser(String sql, String sqlMode, Columns known) {
        return new MariaDbStatement(sql, sqlMode, known);
    }

    /** The statement, empty when nothing is left of it. */
    public String text() {
        boolean isAlter = !isOfSequence && known != null; // without anything to do it still is one
        return isNothing && !isAlter ? "" : tokens.write();
    }

    /** The columns of types that MySQL does not have, with these types: {@code uuid}, {@code inet4}, {@code inet6}. */
    public Map<String, String> types() {
        return definitions.types();
    }

    public Versioning versioning() {
        return definitions.versioning();
    }

    /** The column that the statement declares as ROW END, null when there is none. */
    public @Nullable String rowEnd() {
        return definitions.rowEnd();
    }

    /** True for CREATE, ALTER and DROP SEQUENCE, and for a sequence shown as a table. */
    public boolean isOfSequence() {
        return isOfSequence || definitions.isOfSequence();
    }

    /** The statement without {@code SET STATEMENT … FOR} before it. */
    public static String withoutSetStatement(String sql) {
        if (!sql.regionMatches(true, 0, "SET", 0, 3)) {
            return sql;
        }
        SqlTokens tokens = new SqlTokens(sql, "");
        int start = start(tokens);
        if (start == 0) {
            return sql;
        }
        tokens.cut(0, start);
        return tokens.write();
    }

    private static int start(SqlTokens tokens) {
        if (!tokens.is(0, "SET", "STATEMENT")) {
            return 0;
        }
        int i = 2;
        while (i < tokens.size() && !tokens.is(i, "FOR")) {
            i = tokens.is(i, "(") ? tokens.behindClosing(i) : i + 1;
        }
        return Math.min(i + 1, tokens.size());
    }

    private void translate() {
        int at = start(tokens);
        tokens.cut(0, at);
        switch (tokens.text(at)) {
            case "CREATE" -> create(at + 1);
            case "ALTER" -> alter(at + 1);
            case "DROP", "RENAME", "TRUNCATE" -> {
                if (tokens.is(at + 1, "SEQUENCE")) {
                    isOfSequence = true;
                    tokens.replace(at + 1, "TABLE");
                } else if (tokens.is(at, "RENAME") && tokens.is(at + 2, "IF", "EXISTS")) {
                    tokens.cut(at + 2, at + 4);
                }
                index(at + 1);
            }
            default -> {}
        }
    }

    /** WAIT n and NOWAIT stand behind a table's name. */
    private void waits(int from) {
        for (int i = from + 1; i < tokens.size(); i++) {
            if (tokens.is(i, "WAIT") && tokens.isOf(i + 1, Kind.NUMBER)) {
                tokens.cut(i, i + 2);
            } else if (tokens.is(i, "NOWAIT") && !tokens.is(i - 1, "TABLE")) {
                tokens.cut(i, i + 1);
            }
        }
    }

    private void create(int from) {
        int at = from;
        while (tokens.is(at, "OR") || tokens.is(at, "REPLACE") || tokens.is(at, "TEMPORARY")) {
            at++;
        }
        if (tokens.is(at, "TABLE")) {
            createTable(tokens.behindName(tokens.behindExists(at + 1)));
        } else if (tokens.is(at, "SEQUENCE")) {
            isOfSequence = true;
            tokens.replace(at, "TABLE");
            int end = tokens.behindName(tokens.behindExists(at + 1));
            tokens.cut(end, tokens.size());
            tokens.replace(end - 1, tokens.raw(end - 1) + SEQUENCE_COLUMNS);
        } else if (tokens.is(at, "DATABASE") || tokens.is(at, "SCHEMA")) {
            for (int i = at + 1; i < tokens.size(); i++) {
                if (tokens.is(i, "COMMENT")) {
                    tokens.cut(i, tokens.behindValue(i + 1));
                }
            }
        } else {
            index(at);
            definitions.key(at, tokens.size());
        }
    }

    private void index(int from) {
        for (int i = from; known != null && i < from + 2; i++) {
            if (tokens.is(i, "INDEX")) {
                tokens.cut(i + 1, tokens.behindExists(i + 1));
            }
        }
        waits(from);
    }

    private void createTable(int open) {
        if (!tokens.is(open, "(") || tokens.is(open + 1, "LIKE")) {
            return;
        }
        int behind = tokens.behindClosing(open);
        List<int[]> items = tokens.items(open + 1, behind - 1);
        for (int[] item : items) {
            if (tokens.is(item[0], "PERIOD", "FOR")) {
                definitions.period(item[0] + 2, item);
            }
        }
        for (int[] item : items) {
            if (!tokens.isCut(item[0], item[1])) {
                definitions.definition(item[0], item[1]);
            }
        }
        isNothing = definitions.commas(items);
        definitions.options(behind, tokens.size());
    }

    private void alter(int from) {
        int at = from;
        while (tokens.is(at, "ONLINE") || tokens.is(at, "IGNORE")) {
            tokens.cut(at, at + 1);
            at++;
        }
        if (tokens.is(at, "SEQUENCE")) {
            isOfSequence = true;
            isNothing = true;
        } else if (tokens.is(at, "TABLE")) {
            isNothing = new MariaDbAlter(tokens, definitions, known).translate(at);
        }
    }

    private void collations() {
        for (int i = 0; i < tokens.size(); i++) {
            int value = tokens.is(i + 1, "=") ? i + 2 : i + 1;
            if (tokens.is(i, "COLLATE") && value < tokens.size() && !tokens.isCut(value, value + 1)) {
                String name = tokens.isOf(value, Kind.STRING) ? tokens.text(value) : tokens.name(value);
                String mapped = MariaDbColumn.collation(name);
                if (!mapped.equalsIgnoreCase(name)) {
                    tokens.replace(value, mapped);
                }
            }
        }
    }
}
