package io.tiderace.capture;

import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/**
 * Ways to write a column that MySQL takes and the grammar does not, and the ways to write the same that it does. Only the parser sees the result.
 * Source: MySQL 8.0's {@code sql_yacc.yy}, {@code field_def} and {@code opt_charset_with_opt_binary}.
 */
final class GrammarGaps {
    private static final Set<String> CHARACTER_TYPES = Set.of(
            "CHAR",
            "CHARACTER",
            "VARCHAR",
            "VARCHARACTER",
            "VARYING",
            "TINYTEXT",
            "TEXT",
            "MEDIUMTEXT",
            "LONGTEXT",
            "LONG",
            "ENUM",
            "SET");

    /** The grammar takes the word for a member of its own and loses the members. */
    private static final Pattern MEMBERS_BINARY = Pattern.compile("\\)\\s*BINARY\\b", Pattern.CASE_INSENSITIVE);

    private final List<Word> words = new ArrayList<>();
    private final String sql;
    private final @Nullable String schemaCharset;
    private final StringBuilder out = new StringBuilder();
    private int copied;

    /** A token that is no string and no comment. */
    private record Word(String text, int from, int to) {
        boolean is(String word) {
            return text.equals(word);
        }
    }

    private GrammarGaps(String sql, @Nullable String schemaCharset) {
        this.sql = sql;
        this.schemaCharset = schemaCharset;
        MySqlLexer lexer = new MySqlLexer(CharStreams.fromString(sql));
        lexer.removeErrorListeners();
        for (Token token = lexer.nextToken(); token.getType() != Token.EOF; token = lexer.nextToken()) {
            if (token.getChannel() == Token.DEFAULT_CHANNEL) {
                int from = sql.offsetByCodePoints(0, token.getStartIndex());
                words.add(new Word(
                        token.getText().toUpperCase(Locale.ROOT),
                        from,
                        from + token.getText().length()));
            }
        }
    }

    /** True when the grammar may take the statement for another than it is. */
    static boolean isMisread(String sql) {
        return MEMBERS_BINARY.matcher(sql).find();
    }

    /**
     * The statement written so that the grammar knows it, itself when there is nothing to change.
     *
     * @param schemaCharset what CONVERT TO CHARACTER SET DEFAULT means, null when not known
     */
    static String closed(String sql, @Nullable String schemaCharset) {
        GrammarGaps gaps = new GrammarGaps(sql, schemaCharset);
        for (int i = 0; i < gaps.words.size(); i++) {
            gaps.close(i);
        }
        return gaps.copied == 0
                ? sql
                : gaps.out.append(sql, gaps.copied, sql.length()).toString();
    }

    private void close(int i) {
        Word word = words.get(i);
        switch (word.text()) {
            case "BYTE", "ASCII", "UNICODE" -> {
                if (isAfterCharacterType(i)) {
                    String charset = word.is("BYTE") ? "binary" : word.is("ASCII") ? "latin1" : "ucs2";
                    replace(word, "CHARACTER SET " + charset);
                }
            }
            case "BINARY" -> {
                if (isAfterMembers(i) || (isAfterCharacterType(i) && isAttribute(i - 1)) || isAttribute(i + 1)) {
                    replace(word, "");
                }
            }
            case "VARCHARACTER" -> {
                if (!at(i - 1, ".")) {
                    replace(word, "VARCHAR");
                }
            }
            case "CHAR", "CHARACTER" -> {
                if (at(i - 1, "LONG") && at(i + 1, "VARYING")) {
                    replace(word, "VARCHAR");
                    replace(words.get(i + 1), "");
                }
            }
            case "SRID" -> {
                if (i + 1 < words.size() && words.get(i + 1).text().matches("\\d+")) {
                    replace(word, "");
                    replace(words.get(i + 1), "");
                }
            }
            case "DEFAULT" -> {
                int to = at(i - 1, "CHARSET") ? i - 2 : at(i - 1, "SET") ? i - 3 : -1;
                // the known character set is that of the default schema
                boolean isOfDefaultSchema = words.stream().noneMatch(other -> other.is("."));
                if (at(to, "TO") && isOfDefaultSchema && schemaCharset != null) {
                    replace(word, schemaCharset);
                }
            }
            case "ENUM", "SET" -> members(i);
            default -> {}
        }
    }

    private boolean at(int i, String text) {
        return i >= 0 && i < words.size() && words.get(i).is(text);
    }

    private boolean isAttribute(int i) {
        return at(i, "BYTE") || at(i, "ASCII") || at(i, "UNICODE");
    }

    /** Whether a character type, perhaps with a length or members and BINARY or an attribute, ends just before. */
    private boolean isAfterCharacterType(int i) {
        int at = i - 1;
        while (at(at, "BINARY") || isAttribute(at)) {
            at--;
        }
        if (at(at, ")")) {
            at = opening(at) - 1;
        }
        return at > 0 && CHARACTER_TYPES.contains(words.get(at).text());
    }

    private boolean isAfterMembers(int i) {
        if (!at(i - 1, ")")) {
            return false;
        }
        int type = opening(i - 1) - 1;
        return at(type, "ENUM") || at(type, "SET");
    }

    private int opening(int closing) {
        int at = closing;
        while (at > 0 && !at(at, "(")) {
            at--;
        }
        return at;
    }

    /** Members as hexadecimal and bit literals; bytes that are not ASCII depend on the character set and stay. */
    private void members(int type) {
        for (int i = type + 1; at(type + 1, "(") && i < words.size() && !at(i, ")"); i++) {
            byte[] bytes = literal(words.get(i).text());
            String text = new String(bytes, StandardCharsets.US_ASCII);
            if (bytes.length > 0 && text.chars().allMatch(c -> c >= ' ' && c < 127)) {
                replace(words.get(i), SourceDatabase.quoted(text));
            }
        }
    }

    private static byte[] literal(String text) {
        if (text.matches("X'([0-9A-F]{2})+'")) {
            return HexFormat.of().parseHex(text.substring(2, text.length() - 1));
        }
        if (text.matches("0X([0-9A-F]{2})+")) {
            return HexFormat.of().parseHex(text.substring(2));
        }
        String bits = text.matches("B'[01]+'") ? text.substring(2, text.length() - 1) : "";
        bits = text.matches("0B[01]+") ? text.substring(2) : bits;
        byte[] bytes = new byte[(bits.length() + 7) / 8];
        for (int bit = 0; bit < bits.length(); bit++) {
            int fromEnd = bits.length() - 1 - bit;
            bytes[bytes.length - 1 - fromEnd / 8] |= (byte) (bits.charAt(bit) == '1' ? 1 << fromEnd % 8 : 0);
        }
        return bytes;
    }

    private void replace(Word word, String text) {
        if (word.from() >= copied) {
            out.append(sql, copied, word.from()).append(text);
            copied = word.to();
        }
    }
}
