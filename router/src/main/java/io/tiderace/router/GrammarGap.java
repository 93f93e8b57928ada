package io.tiderace.router;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A thing that MySQL 8.0 takes and the grammar does not, and what can stand in its place without changing which names the statement has.
 * Applied to the masked copy only, so the statement itself stays as written.
 */
record GrammarGap(Pattern pattern, String standIn, char padding) {
    private static final List<GrammarGap> ALL = List.of(
            gap("\\bSRID\\s*=?\\s*\\d+", ""), // after NOT NULL
            gap(
                    "\\b(?:AUTOEXTEND_SIZE|ENGINE_ATTRIBUTE|SECONDARY_ENGINE_ATTRIBUTE)\\s*=?\\s*(?:\\w+|'0*')",
                    "CHECKSUM=0"),
            gap("\\bADD\\s+PARTITION\\s+PARTITIONS\\b", "COALESCE PARTITION"),
            gap("\\bREORGANIZE\\s+PARTITION\\s*\\z", "FORCE"),
            gap("\\bSECONDARY_(?:UN)?LOAD\\b", "FORCE"),
            gap("\\bALTER\\s+CONSTRAINT\\b", "ALTER CHECK"),
            gap("\\bCHARACTER\\s+SET\\s+DEFAULT\\b", "CHARSET BINARY"),
            // MariaDB's and TiDB's
            gap(
                    "(?<=\\b(?:ADD|DROP|MODIFY|CHANGE|COLUMN|INDEX|KEY|PARTITION|CONSTRAINT)\\s{1,9})IF\\s+(?:NOT\\s+)?EXISTS\\b",
                    ""),
            gap("(?<=\\w\\s{1,10}|\\w\\(\\d{1,5}\\)\\s{1,10})(?:ASCII|UNICODE|BYTE)(?=\\s*[,)]|\\s*\\z)", ""),
            gap("\\b(?:ASC|DESC)\\b(?<=\\bORDER\\s{1,9}BY\\b[^()]{0,1000})", ""),
            // words that are keywords for the grammar and plain names for MySQL
            new GrammarGap(
                    Pattern.compile("(?<![`.\\w])(?:SKIP|RESTART|RETAIN|FOLLOWING|PRECEDING|UNDO)(?!\\w)"), "", 'X'));

    private static GrammarGap gap(String pattern, String standIn) {
        return new GrammarGap(Pattern.compile(pattern, Pattern.DOTALL), standIn, ' ');
    }

    /** The masked text with all gaps closed, of the same length. */
    static String closeAll(String masked) {
        String closed = masked;
        for (GrammarGap gap : ALL) {
            closed = gap.close(closed);
        }
        return closed;
    }

    private String close(String masked) {
        StringBuilder closed = new StringBuilder();
        Matcher matcher = pattern.matcher(masked);
        while (matcher.find()) {
            int length = matcher.end() - matcher.start();
            matcher.appendReplacement(closed, "");
            closed.append(length < standIn.length() ? matcher.group() : standIn)
                    .append(String.valueOf(padding).repeat(Math.max(0, length - standIn.length())));
        }
        return matcher.appendTail(closed).toString();
    }
}
