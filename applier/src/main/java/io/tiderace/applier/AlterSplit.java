package io.tiderace.applier;

import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Splits an {@code ALTER TABLE} into one statement a specification, as DM does, for targets that refuse to do several at once (TiDB, error 8200). Quotes,
 * comments and parentheses are read as MySQL reads them; a comma begins a specification only before one of the words below. Pure.
 */
final class AlterSplit {
    /** First words of specifications (MySQL 8.0 manual 15.1.9); how to alter ({@code ALGORITHM}, {@code LOCK}) stays with what is before it. */
    private static final Set<String> BEGINNINGS = Set.of(
            "ADD",
            "DROP",
            "MODIFY",
            "CHANGE",
            "ALTER",
            "RENAME",
            "CONVERT",
            "ENGINE",
            "COMMENT",
            "AUTO_INCREMENT",
            "DEFAULT",
            "CHARACTER",
            "CHARSET",
            "COLLATE",
            "ROW_FORMAT",
            "KEY_BLOCK_SIZE",
            "COMPRESSION",
            "ENCRYPTION",
            "DISABLE",
            "ENABLE",
            "FORCE",
            "STATS_PERSISTENT",
            "STATS_AUTO_RECALC",
            "ORDER",
            "STATS_SAMPLE_PAGES",
            "MAX_ROWS",
            "MIN_ROWS",
            "AVG_ROW_LENGTH",
            "CHECKSUM",
            "PACK_KEYS",
            "DELAY_KEY_WRITE");

    private final String sql;
    private final boolean backslashes;
    private int at;

    private AlterSplit(String sql, boolean backslashes) {
        this.sql = sql;
        this.backslashes = backslashes;
    }

    /**
     * @param sqlMode in which the statement is to be read
     * @return the statements in order; the statement itself when it is no {@code ALTER TABLE}, or has one specification
     */
    static List<String> split(String sql, String sqlMode) {
        String mode = sqlMode.toUpperCase(Locale.ROOT);
        AlterSplit split = new AlterSplit(sql, !mode.contains("NO_BACKSLASH_ESCAPES"));
        int body = split.body();
        if (body < 0) {
            return List.of(sql);
        }
        List<String> parts = new ArrayList<>();
        for (String specification : split.specifications(body)) {
            parts.add(sql.substring(0, body) + specification);
        }
        return parts.size() < 2 ? List.of(sql) : parts;
    }

    /** The statement with another text. */
    static RoutedDdl part(RoutedDdl whole, String statement) {
        return new RoutedDdl(
                whole.txn(),
                whole.txnRow(),
                statement,
                whole.original(),
                whole.context(),
                whole.sourceTables(),
                whole.targetTables(),
                whole.snapshot(),
                whole.lockId(),
                whole.gtid(),
                whole.file(),
                whole.pos(),
                whole.tsMs());
    }

    /** Where the first specification begins; -1 when it is no ALTER TABLE. */
    private int body() {
        if (!"ALTER".equals(word())) {
            return -1;
        }
        String word = word();
        while (word.equals("ONLINE") || word.equals("OFFLINE") || word.equals("IGNORE")) {
            word = word();
        }
        if (!word.equals("TABLE")) {
            return -1;
        }
        skipBlanks();
        if (sql.regionMatches(true, at, "IF ", 0, 3)) { // IF EXISTS
            word();
            word();
        }
        name();
        skipBlanks();
        if (at < sql.length() && sql.charAt(at) == '.') {
            at++;
            name();
        }
        skipBlanks();
        return at < sql.length() ? at : -1;
    }

    private List<String> specifications(int body) {
        List<String> result = new ArrayList<>();
        int from = body;
        int depth = 0;
        at = body;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == '(' || c == ')') {
                depth += c == '(' ? 1 : -1;
                at++;
            } else if (c == ',' && depth == 0) {
                int comma = at++;
                if (BEGINNINGS.contains(word())) {
                    result.add(sql.substring(from, comma).strip());
                    at = comma + 1;
                    skipBlanks();
                    from = at;
                }
            } else if (!skipped()) {
                at++;
            }
        }
        result.add(sql.substring(from).strip().replaceAll("[;\\s]+$", ""));
        return result;
    }

    private void name() {
        skipBlanks();
        if (at < sql.length() && (sql.charAt(at) == '`' || sql.charAt(at) == '"')) {
            skipQuoted();
        } else {
            word();
        }
    }

    /** The next word in capitals, empty when something else comes next. */
    private String word() {
        skipBlanks();
        int from = at;
        while (at < sql.length()
                && (Character.isLetterOrDigit(sql.charAt(at)) || sql.charAt(at) == '_' || sql.charAt(at) == '$')) {
            at++;
        }
        return sql.substring(from, at).toUpperCase(Locale.ROOT);
    }

    private void skipBlanks() {
        while (at < sql.length()) {
            if (Character.isWhitespace(sql.charAt(at))) {
                at++;
            } else if (!skippedComment()) {
                return;
            }
        }
    }

    private boolean skipped() {
        char c = sql.charAt(at);
        if (c == '\'' || c == '"' || c == '`') {
            skipQuoted();
            return true;
        }
        return skippedComment();
    }

    private boolean skippedComment() {
        boolean isLine = sql.startsWith("#", at)
                || (sql.startsWith("--", at) && (at + 2 == sql.length() || sql.charAt(at + 2) <= ' '));
        if (!isLine && !sql.startsWith("/*", at)) {
            return false;
        }
        int end = isLine ? sql.indexOf('\n', at) : sql.indexOf("*/", at + 2);
        at = end < 0 ? sql.length() : end + (isLine ? 1 : 2);
        return true;
    }

    /** A doubled quote is one that belongs to the text, which then goes on as another one. */
    private void skipQuoted() {
        char quote = sql.charAt(at++);
        while (at < sql.length() && sql.charAt(at) != quote) {
            at += sql.charAt(at) == '\\' && backslashes && quote != '`' ? 2 : 1;
        }
        at = Math.min(sql.length(), at + 1);
    }
}
