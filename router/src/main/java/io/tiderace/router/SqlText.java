package io.tiderace.router;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A statement beside a masked copy of the same length, so that offsets in one are offsets in the other. In the copy comments are blank,
 * executable comments have lost their marks, the content of strings and quoted names is filler, letters are upper case: what is
 * left means the same to any parser, whatever the sql_mode. Source of the rules: MySQL manual 11.1.1, 11.2, 11.7.
 */
final class SqlText {
    private static final int NEVER_EXECUTED = 99_999;

    private final String sql;
    private final char[] masked;
    private final boolean ansiQuotes;
    private final boolean backslashEscapes;
    private final List<Span> marks = new ArrayList<>();
    private int openMarks;

    /** Characters {@code from} to {@code to} of the statement, {@code to} excluded. */
    record Span(int from, int to) {
        boolean contains(Span other) {
            return from <= other.from && other.to <= to;
        }
    }

    SqlText(String sql, String sqlMode) {
        this.sql = sql;
        this.masked = sql.toCharArray();
        List<String> modes = List.of(sqlMode.toUpperCase(Locale.ROOT).split(","));
        this.ansiQuotes = modes.contains("ANSI_QUOTES") || modes.contains("ANSI");
        this.backslashEscapes = !modes.contains("NO_BACKSLASH_ESCAPES");
        int i = 0;
        while (i < masked.length) {
            i = maskAt(i);
        }
    }

    String sql() {
        return sql;
    }

    String masked() {
        return new String(masked);
    }

    String text(Span span) {
        return sql.substring(span.from, span.to);
    }

    /** The marks of executable comments inside a span, as written: whoever cuts the span has to leave them. */
    String marksIn(Span span) {
        StringBuilder kept = new StringBuilder();
        for (Span mark : marks) {
            if (span.contains(mark)) {
                kept.append(text(mark));
            }
        }
        return kept.toString();
    }

    /** The name an identifier stands for: without its quotes, doubled quotes made single. */
    static String unquote(String identifier) {
        char quote = identifier.isEmpty() ? 0 : identifier.charAt(0);
        if (identifier.length() < 2 || (quote != '`' && quote != '"' && quote != '\'')) {
            return identifier;
        }
        String doubled = String.valueOf(quote) + quote;
        return identifier.substring(1, identifier.length() - 1).replace(doubled, String.valueOf(quote));
    }

    private int maskAt(int i) {
        char c = sql.charAt(i);
        char next = i + 1 < masked.length ? sql.charAt(i + 1) : 0;
        if (c == '`' || (c == '"' && ansiQuotes)) {
            return maskName(i, c);
        }
        if (c == '\'' || c == '"') {
            return maskString(i, c);
        }
        if (c == '#' || (c == '-' && next == '-' && (i + 2 >= masked.length || sql.charAt(i + 2) <= ' '))) {
            int end = sql.indexOf('\n', i);
            return blank(i, end < 0 ? masked.length : end);
        }
        if (c == '/' && next == '*') {
            return maskComment(i);
        }
        if (c == '*' && next == '/' && openMarks > 0) {
            openMarks--;
            marks.add(new Span(i, i + 2));
            return blank(i, i + 2);
        }
        if (c >= 'a' && c <= 'z') {
            masked[i] = (char) (c - 'a' + 'A');
        } else if (Character.isSurrogate(c)) {
            masked[i] = 'X'; // one UTF-16 unit stays one character for the parser, which counts code points
        } else if (c < ' ') {
            masked[i] = ' ';
        }
        return i + 1;
    }

    private int maskComment(int i) {
        if (!sql.startsWith("/*!", i)) {
            return blankComment(i);
        }
        int end = i + 3;
        while (end < masked.length && end < i + 9 && Character.isDigit(sql.charAt(end))) {
            end++;
        }
        String version = sql.substring(i + 3, end);
        if (version.length() >= 5 && Integer.parseInt(version) >= NEVER_EXECUTED) {
            return blankComment(i);
        }
        if (version.length() < 5) {
            end = i + 3; // digits of the statement itself
        }
        openMarks++;
        marks.add(new Span(i, end));
        return blank(i, end);
    }

    private int blankComment(int i) {
        int end = sql.indexOf("*/", i + 2);
        return blank(i, end < 0 ? masked.length : end + 2);
    }

    private int blank(int from, int to) {
        for (int i = from; i < to; i++) {
            masked[i] = ' ';
        }
        return to;
    }

    private int maskName(int start, char quote) {
        masked[start] = '`';
        int i = start + 1;
        while (i < masked.length) {
            if (sql.charAt(i) == quote) {
                if (i + 1 >= masked.length || sql.charAt(i + 1) != quote) {
                    masked[i] = '`';
                    return i + 1;
                }
                masked[i++] = 'X';
            }
            masked[i++] = 'X';
        }
        return i;
    }

    private int maskString(int start, char quote) {
        int i = start + 1;
        while (i < masked.length) {
            char c = sql.charAt(i);
            boolean pair = i + 1 < masked.length
                    && ((c == '\\' && backslashEscapes) || (c == quote && sql.charAt(i + 1) == quote));
            if (c == quote && !pair) {
                return i + 1;
            }
            masked[i++] = '0';
            if (pair) {
                masked[i++] = '0';
            }
        }
        return i;
    }
}
