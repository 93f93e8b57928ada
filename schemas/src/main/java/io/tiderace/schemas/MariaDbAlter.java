package io.tiderace.schemas;

import io.tiderace.schemas.MariaDbStatement.Columns;
import io.tiderace.schemas.MariaDbStatement.Versioning;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts of an ALTER TABLE of MariaDB, put into the words of MySQL and TiDB. */
final class MariaDbAlter {
    private final SqlTokens tokens;
    private final MariaDbDefinitions definitions;
    private final @Nullable Columns known;
    private int altered;

    /** @param known null for a target, which knows IF [NOT] EXISTS itself */
    MariaDbAlter(SqlTokens tokens, MariaDbDefinitions definitions, @Nullable Columns known) {
        this.tokens = tokens;
        this.definitions = definitions;
        this.known = known;
    }

    /**
     * Translates the statement behind its first words.
     *
     * @param table index of TABLE
     * @return true when no part is left
     */
    boolean translate(int table) {
        int name = tokens.behindExists(table + 1);
        tokens.cut(table + 1, name);
        altered = name;
        int start = tokens.behindName(name);
        if (tokens.is(start, "WAIT")) {
            tokens.cut(start, start + 2);
            start += 2;
        } else if (tokens.is(start, "NOWAIT")) {
            tokens.cut(start, ++start);
        }
        if (start == tokens.size()) {
            return false;
        }
        List<int[]> items = tokens.items(start, tokens.size());
        items.forEach(item -> alteration(item[0], item[1]));
        return definitions.commas(items);
    }

    private void alteration(int from, int to) {
        int at = tokens.is(from + 1, "COLUMN") ? from + 2 : from + 1;
        int name = tokens.behindExists(at);
        boolean isConditional = name > at;
        switch (tokens.text(from)) {
            case "ADD" -> add(from, to, name, isConditional);
            case "DROP" -> {
                if (tokens.is(at, "SYSTEM", "VERSIONING")) {
                    definitions.versioning(Versioning.DROPPED);
                    tokens.cut(from, to);
                } else if (tokens.is(at, "PERIOD", "FOR")) {
                    tokens.cut(from, to);
                } else if (isConditional) {
                    condition(from, to, at, name, true);
                } else if (known != null) {
                    unconditional(tokens.is(at, "FOREIGN") ? at + 2 : at + 1);
                }
            }
            case "MODIFY" -> {
                condition(from, to, at, name, true);
                definitions.column(name, name + 1, to);
            }
            case "CHANGE" -> {
                condition(from, to, at, name, true);
                definitions.column(name + 1, name + 2, to);
            }
            case "ALTER" -> {
                if (tokens.is(at, "INDEX") || tokens.is(at, "KEY")) {
                    unconditional(at + 1);
                    definitions.key(at + 1, to);
                } else {
                    condition(from, to, at, name, true);
                }
            }
            case "RENAME" -> {
                if (tokens.is(from + 1, "COLUMN")) {
                    condition(from, to, at, name, true);
                } else if (tokens.is(at, "INDEX") || tokens.is(at, "KEY")) {
                    unconditional(at + 1);
                }
            }
            case "ALGORITHM" -> {
                if (tokens.is(to - 1, "NOCOPY")) {
                    tokens.replace(to - 1, "DEFAULT");
                }
            }
            default -> definitions.options(from, to);
        }
    }

    private void add(int from, int to, int name, boolean isConditional) {
        boolean isNamed = !tokens.is(name, "(");
        if (tokens.is(name, "SYSTEM", "VERSIONING")) {
            definitions.versioning(Versioning.ADDED);
            tokens.cut(from, to);
        } else if (tokens.is(name, "PERIOD", "FOR")) {
            definitions.period(name + 2, new int[] {from, to});
        } else if (tokens.is(name, "PARTITION")) {
            return;
        } else if (!isNamed) {
            List<int[]> items = tokens.items(name + 1, tokens.behindClosing(name) - 1);
            for (int[] item : items) {
                definitions.definition(item[0], item[1]);
                if (isConditional && known != null) {
                    cutUnless(item[0], item[1], known, item[0], false);
                }
            }
            if (isConditional && known != null) {
                tokens.cut(tokens.is(from + 1, "COLUMN") ? from + 2 : from + 1, name);
                if (definitions.commas(items)) {
                    tokens.cut(from, to);
                }
            }
        } else if (definitions.isKey(name)) {
            int kind = name;
            while (definitions.isKey(kind)) {
                kind++;
            }
            if (known != null || tokens.is(name, "CONSTRAINT")) {
                unconditional(kind);
            }
            definitions.key(name, to);
        } else {
            if (isConditional) {
                condition(from, to, tokens.is(from + 1, "COLUMN") ? from + 2 : from + 1, name, false);
            }
            definitions.column(name, name + 1, to);
        }
    }

    /** Decides IF [NOT] EXISTS for a parser that does not know it; a target does. */
    private void condition(int from, int to, int at, int name, boolean isWanted) {
        if (known != null && at < name) {
            tokens.cut(at, name);
            cutUnless(from, to, known, name, isWanted);
        }
    }

    private void cutUnless(int from, int to, Columns columns, int name, boolean isWanted) {
        boolean isQualified = tokens.is(altered + 1, ".");
        String schema = isQualified ? tokens.name(altered) : null;
        String table = tokens.name(isQualified ? altered + 2 : altered);
        if (columns.has(schema, table, tokens.name(name)) != isWanted) {
            tokens.cut(from, to);
        }
    }

    void unconditional(int at) {
        tokens.cut(at, tokens.behindExists(at));
    }
}
