package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A statement of MariaDB in tokens, each of which can be replaced or left out. Comments are no tokens, what MariaDB executes in a comment is.
 * Source of the rules: MariaDB documentation, "Comment Syntax", "Identifier Names".
 */
final class SqlTokens {
    /** Between these versions {@code /*!} means MySQL only. */
    private static final int MYSQL_ONLY_FROM = 50_700;

    private static final int MYSQL_ONLY_TO = 99_999;

    private final String sql;
    private final boolean isAnsi;
    private final boolean hasEscapes;
    private final List<Token> tokens = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private int executed;
    private boolean isCommented;

    enum Kind {
        WORD,
        /** Quoted. */
        NAME,
        STRING,
        NUMBER,
        MARK
    }

    /**
     * @param text upper case for words, the name itself for quoted names, else as written
     * @param isAfterComment the gap before it is not only blanks
     */
    record Token(Kind kind, String text, int from, int to, boolean isAfterComment) {}

    SqlTokens(String sql, String sqlMode) {
        this.sql = sql;
        List<String> modes = List.of(sqlMode.toUpperCase(Locale.ROOT).split(","));
        isAnsi = modes.contains("ANSI_QUOTES") || modes.contains("ANSI");
        hasEscapes = !modes.contains("NO_BACKSLASH_ESCAPES");
        int at = 0;
        while (at < sql.length()) {
            at = next(at);
        }
    }

    int size() {
        return tokens.size();
    }

    /** True when the token is this unquoted word or mark, in upper case. */
    boolean is(int index, String... words) {
        for (int i = 0; i < words.length; i++) {
            if (!isOf(index + i, Kind.WORD, Kind.MARK) || !text(index + i).equals(words[i])) {
                return false;
            }
        }
        return true;
    }

    boolean isOf(int index, Kind... kinds) {
        return index >= 0
                && index < size()
                && List.of(kinds).contains(tokens.get(index).kind());
    }

    boolean isName(int index) {
        return isOf(index, Kind.WORD, Kind.NAME);
    }

    /** The token's text; empty behind the end. */
    String text(int index) {
        return index < size() ? tokens.get(index).text() : "";
    }

    /** The characters of the token in the statement; empty behind the end. */
    String raw(int index) {
        return index >= size()
                ? ""
                : sql.substring(tokens.get(index).from(), tokens.get(index).to());
    }

    /** A name as the server knows it, without quotes. */
    String name(int index) {
        return isOf(index, Kind.NAME) ? text(index) : raw(index);
    }

    /** The index behind the parenthesis that closes the one at {@code open}. */
    int behindClosing(int open) {
        int depth = 0;
        for (int i = open; i < size(); i++) {
            depth += is(i, "(") ? 1 : is(i, ")") ? -1 : 0;
            if (depth == 0) {
                return i + 1;
            }
        }
        return size();
    }

    /** Behind IF [NOT] EXISTS, at the same index where there is none. */
    int behindExists(int at) {
        int not = is(at, "IF", "NOT") ? 1 : 0;
        return is(at, "IF") && is(at + 1 + not, "EXISTS") ? at + 2 + not : at;
    }

    /** Behind a name, qualified or not. */
    int behindName(int at) {
        return is(at + 1, ".") ? at + 3 : at + 1;
    }

    /** Behind {@code [=] value}. */
    int behindValue(int at) {
        return is(at, "=") ? at + 2 : at + 1;
    }

    /** The parts between the commas that lie in no parenthesis. */
    List<int[]> items(int from, int to) {
        List<int[]> result = new ArrayList<>();
        int start = from;
        int i = from;
        while (i < to) {
            if (is(i, "(")) {
                i = behindClosing(i);
            } else if (is(i, ",")) {
                result.add(new int[] {start, i});
                start = ++i;
            } else {
                i++;
            }
        }
        result.add(new int[] {start, to});
        return result;
    }

    void replace(int index, String text) {
        if (index < size()) {
            written.set(index, text);
        }
    }

    void cut(int from, int to) {
        for (int i = from; i < Math.min(to, size()); i++) {
            written.set(i, "");
        }
    }

    boolean isCut(int from, int to) {
        int end = Math.min(to, size());
        return from >= end || written.subList(from, end).stream().allMatch(String::isEmpty);
    }

    /** The statement with what was replaced and without what was cut. */
    String write() {
        StringBuilder out = new StringBuilder(sql.length());
        for (int i = 0; i < size(); i++) {
            Token token = tokens.get(i);
            if (written.get(i).isEmpty()) {
                continue;
            }
            int gapFrom = i == 0 ? 0 : tokens.get(i - 1).to();
            String gap = sql.substring(gapFrom, token.from());
            out.append(token.isAfterComment() ? " " : gap).append(written.get(i));
        }
        return out.toString().trim();
    }

    private int next(int at) {
        char c = sql.charAt(at);
        if (c <= ' ') {
            return at + 1;
        }
        if (c == '#' || sql.startsWith("-- ", at) || sql.startsWith("--\n", at)) {
            int end = sql.indexOf('\n', at);
            isCommented = true;
            return end < 0 ? sql.length() : end + 1;
        }
        if (sql.startsWith("/*", at)) {
            return comment(at);
        }
        if (executed > 0 && sql.startsWith("*/", at)) {
            executed--;
            isCommented = true;
            return at + 2;
        }
        if (c == '`' || (c == '"' && isAnsi)) {
            return quoted(at, c, Kind.NAME);
        }
        if (c == '\'' || c == '"') {
            return quoted(at, c, Kind.STRING);
        }
        return plain(at);
    }

    private int comment(int at) {
        isCommented = true;
        boolean isMariaDbs = sql.startsWith("/*M!", at);
        int end = sql.indexOf("*/", at + 2);
        if (isMariaDbs || sql.startsWith("/*!", at)) {
            int digits = at + (isMariaDbs ? 4 : 3);
            int behind = digits;
            while (behind < sql.length() && behind < digits + 6 && Character.isDigit(sql.charAt(behind))) {
                behind++;
            }
            int version = behind - digits < 5 ? 0 : Integer.parseInt(sql.substring(digits, behind));
            if (isMariaDbs || version < MYSQL_ONLY_FROM || version > MYSQL_ONLY_TO) {
                executed++;
                return behind - digits < 5 ? digits : behind;
            }
        }
        return end < 0 ? sql.length() : end + 2;
    }

    private int quoted(int start, char quote, Kind kind) {
        StringBuilder text = new StringBuilder();
        int at = start + 1;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == quote && at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
                at++;
            } else if (c == quote) {
                break;
            } else if (c == '\\' && kind == Kind.STRING && hasEscapes && at + 1 < sql.length()) {
                text.append(c);
                at++;
            }
            text.append(sql.charAt(at++));
        }
        int end = Math.min(at + 1, sql.length());
        add(kind, text.toString(), start, end);
        return end;
    }

    private int plain(int start) {
        int at = start;
        while (at < sql.length() && isPart(sql.charAt(at))) {
            at++;
        }
        if (at == start) {
            add(Kind.MARK, sql.substring(start, start + 1), start, start + 1);
            return start + 1;
        }
        String text = sql.substring(start, at);
        boolean isNumber = text.chars().allMatch(Character::isDigit);
        if (isNumber && at < sql.length() && sql.charAt(at) == '.' && isDigit(at + 1)) {
            at++;
            while (isDigit(at)) {
                at++;
            }
            text = sql.substring(start, at);
        }
        add(isNumber ? Kind.NUMBER : Kind.WORD, isNumber ? text : text.toUpperCase(Locale.ROOT), start, at);
        return at;
    }

    private boolean isDigit(int at) {
        return at < sql.length() && Character.isDigit(sql.charAt(at));
    }

    private static boolean isPart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c > 127;
    }

    private void add(Kind kind, String text, int from, int to) {
        tokens.add(new Token(kind, text, from, to, isCommented));
        written.add(sql.substring(from, to));
        isCommented = false;
    }
}
