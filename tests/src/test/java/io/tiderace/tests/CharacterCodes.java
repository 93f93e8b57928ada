package io.tiderace.tests;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/** Every code of the server's character sets of one to four bytes, to fill TEXT columns with every character that a set has. */
final class CharacterCodes {
    private static final Set<String> UNICODE =
            Set.of("utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32");
    private static final String TEXT = "TEXT CHARACTER SET ";
    private static final String NUMBERS =
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ";

    private final String table;

    private CharacterCodes(String table) {
        this.table = table;
    }

    /** Makes the table of codes, which no task takes. */
    static CharacterCodes make(Connection source, String schema) throws SQLException {
        String table = schema + ".codes";
        try (Statement statement = source.createStatement()) {
            statement.execute("SET SESSION cte_max_recursion_depth = 100000");
            statement.execute("CREATE TABLE " + table + " (b VARBINARY(4) PRIMARY KEY)");
            String insert = "INSERT INTO " + table + " ";
            statement.execute(insert + NUMBERS.formatted(255) + "SELECT UNHEX(LPAD(HEX(i), 2, '0')) FROM n");
            statement.execute(
                    insert + NUMBERS.formatted(65535) + "SELECT UNHEX(LPAD(HEX(i), 4, '0')) FROM n WHERE i >= 32768");
            statement.execute(insert + NUMBERS.formatted(65535)
                    + "SELECT CONCAT(X'8F', UNHEX(LPAD(HEX(i), 4, '0'))) FROM n WHERE i >= 41377");
            statement.execute(
                    insert + NUMBERS.formatted(39419)
                            + "SELECT CONCAT(CHAR(129 + i DIV 12600), CHAR(48 + i DIV 1260 % 10), CHAR(129 + i DIV 10 % 126), CHAR(48 + i % 10)) FROM n");
        }
        return new CharacterCodes(table);
    }

    /** Adds rows from id 300 on with all characters that the server can convert, when the type is the TEXT of a character set. */
    void fill(Connection source, String into, String type) throws SQLException {
        String charset = type.startsWith(TEXT) ? type.substring(TEXT.length()) : "";
        if (charset.isEmpty() || charset.equals("binary") || UNICODE.contains(charset)) {
            return;
        }
        try (Statement statement = source.createStatement()) {
            statement.execute(
                    "INSERT INTO " + into + " SELECT 300 + ROW_NUMBER() OVER (ORDER BY p), CONVERT(t USING " + charset
                            + ") FROM (SELECT IF(LENGTH(b) = 1, '', LEFT(b, LENGTH(b) / 2)) p, GROUP_CONCAT(b ORDER BY b SEPARATOR '') t FROM ("
                            + "SELECT b, CONVERT(b USING " + charset + ") c FROM " + table
                            + ") x WHERE HEX(c) = HEX(b) AND CHAR_LENGTH(c) = 1"
                            + " AND (b = '?' OR HEX(CONVERT(c USING utf8mb4)) NOT IN ('', '3F', 'EFBFBD')) GROUP BY p) y");
        }
    }
}
