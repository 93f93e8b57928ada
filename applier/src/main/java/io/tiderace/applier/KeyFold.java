package io.tiderace.applier;

import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.schemas.MySqlType;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Set;

/**
 * Makes key values comparable: two values that a target column holds equal always fold to the same text; the other way round is not
 * promised, since values wrongly taken as equal only cost parallelism. One fold serves all case- or accent-insensitive collations, so it
 * unites what any of them unites (MySQL manual 12.10.1 and 12.14.4; equalities named below).
 */
enum KeyFold {
    /** Compared as it is. */
    EXACT,
    /** Binary: MySQL pads BINARY with zero bytes. */
    BYTES,
    /** Characters under a binary or fully sensitive collation: trailing blanks may not count. */
    PADDED,
    /** Characters under any other collation. */
    LOOSE,
    /** Cannot be said from the value alone: the part is left out. */
    UNKNOWN;

    private static final Set<String> CHARACTERS =
            Set.of("char", "varchar", "tinytext", "text", "mediumtext", "longtext");
    private static final Set<String> INTEGERS = Set.of("tinyint", "smallint", "mediumint", "int", "bigint");

    static KeyFold of(MySqlType source, TargetColumn target) {
        if (CHARACTERS.contains(target.type()) && CHARACTERS.contains(source.name())) {
            String collation =
                    target.collation() == null ? "" : target.collation().toLowerCase(Locale.ROOT);
            if (collation.endsWith("_bin") || collation.equals("binary")) {
                return PADDED;
            }
            // Hungarian contracts letters in ways the loose fold does not know
            return collation.contains("hungarian") || collation.contains("_hu_") ? UNKNOWN : LOOSE;
        }
        if (INTEGERS.contains(target.type()) && INTEGERS.contains(source.name())) {
            return EXACT;
        }
        if (!target.type().equals(source.name())) {
            return UNKNOWN; // the target may round or convert
        }
        return source.wire() == MySqlType.Wire.BYTES ? BYTES : EXACT;
    }

    /** Folds characters; for {@link #PADDED} and {@link #LOOSE}. */
    String fold(String value) {
        return this == LOOSE ? loose(value) : stripBlanks(value);
    }

    private static String stripBlanks(String value) {
        int end = value.length();
        while (end > 0 && value.charAt(end - 1) == ' ') {
            end--;
        }
        return value.substring(0, end);
    }

    private static String loose(String value) {
        String plain = isAscii(value) ? value : decompose(value);
        StringBuilder result = new StringBuilder(plain.length());
        char last = 0;
        for (int i = 0; i < plain.length(); i++) {
            char c = unite(plain.charAt(i));
            // ß = ss or s, å = aa: runs of a letter count once; ö = oe (German phone books): an e after a vowel is
            // dropped
            if (c == 0 || (c == last && isLetter(c)) || (c == 'e' && (last == 'a' || last == 'o' || last == 'i'))) {
                continue;
            }
            result.append(c);
            last = c;
        }
        return stripBlanks(result.toString());
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean isAscii(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** Case, and letters that some language counts as one: i, j, y, u, v, w (Roman, Lithuanian, Swedish). Control characters weigh nothing. */
    private static char unite(char c) {
        if (c < ' ' || c == 0x7f) {
            return 0;
        }
        char lower = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
        return switch (lower) {
            case 'j', 'y', 'u', 'v', 'w' -> 'i';
            default -> lower;
        };
    }

    private static String decompose(String value) {
        String upper = Normalizer.normalize(value, Normalizer.Form.NFKD)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
        String plain = Normalizer.normalize(upper, Normalizer.Form.NFKD);
        StringBuilder result = new StringBuilder(plain.length());
        plain.codePoints().forEach(point -> appendPlain(result, point));
        return result.toString();
    }

    private static void appendPlain(StringBuilder result, int point) {
        int type = Character.getType(point);
        if (point < 0x80) {
            result.append((char) point);
        } else if (type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.FORMAT
                || type == Character.CONTROL) {
            return;
        } else if (point > 0xffff) {
            result.append('\ufffd'); // older collations weigh all of them alike
        } else if (Character.digit(point, 10) >= 0) {
            result.append((char) ('0' + Character.digit(point, 10)));
        } else {
            result.append(plainLetter(point));
        }
    }

    /** Letters without a decomposition that some collation holds equal to plain ones. */
    private static String plainLetter(int point) {
        return switch (point) {
            case 0xdf -> "s";
            case 0xe6 -> "a";
            case 0x153 -> "o";
            case 0xf8 -> "o";
            case 0xf0, 0x111, 0x256 -> "d";
            case 0xfe -> "th";
            case 0x127 -> "h";
            case 0x131, 0x268 -> "i";
            case 0x138 -> "k";
            case 0x142, 0x19a -> "l";
            case 0x14b, 0x272, 0x19e -> "n";
            case 0x167 -> "t";
            case 0x180, 0x253 -> "b";
            case 0x1b6 -> "z";
            case 0x1e5 -> "g";
            case 0x283 -> "s";
            case 0x2b9, 0x2bb, 0x2bc, 0x2bd -> "";
            default -> kana(point);
        };
    }

    /** Hiragana = katakana, small = large, and a long vowel may be written by mark or by letter, so vowels and the mark are dropped. */
    private static String kana(int point) {
        int katakana = point >= 0x3041 && point <= 0x3096 ? point + 0x60 : point;
        if (katakana < 0x30a1 || katakana > 0x30ff) {
            return Character.toString(point);
        }
        return switch (katakana) {
            case 0x30a1,
                    0x30a2,
                    0x30a3,
                    0x30a4,
                    0x30a5,
                    0x30a6,
                    0x30a7,
                    0x30a8,
                    0x30a9,
                    0x30aa,
                    0x30fc,
                    0x30fd,
                    0x30fe -> "";
            case 0x30c3, 0x30e3, 0x30e5, 0x30e7, 0x30ee -> Character.toString(katakana + 1);
            case 0x30f5 -> "\u30ab";
            case 0x30f6 -> "\u30b1";
            default -> Character.toString(katakana);
        };
    }
}
