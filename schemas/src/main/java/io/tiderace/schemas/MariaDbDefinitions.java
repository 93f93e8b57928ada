package io.tiderace.schemas;

import io.tiderace.schemas.MariaDbStatement.Versioning;
import io.tiderace.schemas.SqlTokens.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Columns, keys and options of a table in a statement of MariaDB, put into the words of MySQL and TiDB; keeps what those cannot say. */
final class MariaDbDefinitions {
    private static final Set<String> KEY_WORDS =
            Set.of("KEY", "INDEX", "PRIMARY", "UNIQUE", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK");
    private static final Set<String> LEFT_OUT = Set.of(
            "PAGE_CHECKSUM",
            "TRANSACTIONAL",
            "PAGE_COMPRESSED",
            "PAGE_COMPRESSION_LEVEL",
            "ENCRYPTED",
            "ENCRYPTION_KEY_ID",
            "IETF_QUOTES");

    private final SqlTokens tokens;
    private final Map<String, String> types = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, String> periods = new LinkedHashMap<>();
    private Versioning versioning = Versioning.UNCHANGED;
    private @Nullable String rowEnd;
    private boolean isOfSequence;

    MariaDbDefinitions(SqlTokens tokens) {
        this.tokens = tokens;
    }

    Map<String, String> types() {
        return types;
    }

    Versioning versioning() {
        return versioning;
    }

    void versioning(Versioning change) {
        versioning = change;
    }

    @Nullable
    String rowEnd() {
        return rowEnd;
    }

    boolean isOfSequence() {
        return isOfSequence;
    }

    boolean isKey(int index) {
        return tokens.isOf(index, Kind.WORD) && KEY_WORDS.contains(tokens.text(index));
    }

    void definition(int from, int to) {
        if (isKey(from)) {
            key(from, to);
        } else {
            column(from, from + 1, to);
        }
    }

    void column(int name, int type, int to) {
        MariaDbColumn column = new MariaDbColumn(tokens, type, to);
        String mapped = column.translate();
        if (mapped != null) {
            types.put(tokens.name(name), mapped);
        }
        if (column.isRowEnd()) {
            rowEnd = tokens.name(name);
        }
        if (column.isVersioned()) {
            versioning = Versioning.ADDED;
        }
    }

    void key(int from, int to) {
        for (int i = from; i < to; i++) {
            String period = periods.get(tokens.name(i));
            if (tokens.is(i, "NOT", "IGNORED")) {
                tokens.cut(i, i + 1);
                tokens.replace(i + 1, "VISIBLE");
                i++;
            } else if (tokens.is(i, "IGNORED") && i > from) {
                tokens.replace(i, "INVISIBLE");
            } else if (period != null && tokens.is(i + 1, "WITHOUT", "OVERLAPS")) {
                tokens.replace(i, period);
                tokens.cut(i + 1, i + 3);
            }
        }
    }

    void period(int name, int[] item) {
        if (tokens.is(name + 1, "(")) {
            periods.put(tokens.name(name), tokens.raw(name + 2) + ", " + tokens.raw(name + 4));
        }
        tokens.cut(item[0], item[1]);
    }

    void options(int from, int to) {
        for (int i = from; i < to; i++) {
            if (tokens.is(i, "WITH", "SYSTEM", "VERSIONING")) {
                versioning = Versioning.ADDED;
                tokens.cut(i, i + 3);
            } else if (tokens.is(i, "PARTITION", "BY", "SYSTEM_TIME")) {
                tokens.cut(i, to);
                return;
            } else if (tokens.is(i, "PARTITION", "BY") || tokens.is(i, "SELECT") || tokens.is(i, "AS")) {
                return;
            } else if (tokens.is(i, "SEQUENCE") && isOption(i)) {
                isOfSequence = true;
                tokens.cut(i, tokens.behindValue(i + 1));
            } else if (isOption(i) && (LEFT_OUT.contains(tokens.text(i)) || tokens.isOf(i, Kind.NAME))) {
                tokens.cut(tokens.is(i - 1, ",") && i - 1 > from ? i - 1 : i, tokens.behindValue(i + 1));
            }
        }
    }

    private boolean isOption(int i) {
        return tokens.is(i + 1, "=") || tokens.isOf(i + 1, Kind.NUMBER) || tokens.is(i + 1, "DEFAULT");
    }

    /** Cuts the comma beside each part that is cut; true when no part is left. */
    boolean commas(List<int[]> items) {
        List<int[]> left = new ArrayList<>();
        for (int[] item : items) {
            if (!tokens.isCut(item[0], item[1])) {
                left.add(item);
            }
        }
        for (int[] item : items) {
            boolean isCut = tokens.isCut(item[0], item[1]);
            boolean isFirst = left.isEmpty() || item[0] <= left.get(0)[0];
            if (isCut && isFirst && tokens.is(item[1], ",")) {
                tokens.cut(item[1], item[1] + 1);
            } else if (isCut && tokens.is(item[0] - 1, ",")) {
                tokens.cut(item[0] - 1, item[0]);
            }
        }
        return left.isEmpty();
    }
}
