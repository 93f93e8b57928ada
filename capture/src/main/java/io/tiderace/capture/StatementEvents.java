package io.tiderace.capture;

import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads query events with the status variables, which say what session a statement ran in. Source: MySQL internals,
 * {@code statement_events.h}, {@code Query_event}.
 */
final class StatementEvents {
    /** Length of a query event's fixed part. */
    static final int HEAD = 13;

    /** The same of the event that LOAD DATA leaves when it is logged as a statement. */
    static final int LOAD_HEAD = 26;

    private static final List<String> SQL_MODES = List.of(
            "REAL_AS_FLOAT",
            "PIPES_AS_CONCAT",
            "ANSI_QUOTES",
            "IGNORE_SPACE",
            "",
            "ONLY_FULL_GROUP_BY",
            "NO_UNSIGNED_SUBTRACTION",
            "NO_DIR_IN_CREATE",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "ANSI",
            "NO_AUTO_VALUE_ON_ZERO",
            "NO_BACKSLASH_ESCAPES",
            "STRICT_TRANS_TABLES",
            "STRICT_ALL_TABLES",
            "NO_ZERO_IN_DATE",
            "NO_ZERO_DATE",
            "ALLOW_INVALID_DATES",
            "ERROR_FOR_DIVISION_BY_ZERO",
            "TRADITIONAL",
            "",
            "HIGH_NOT_PRECEDENCE",
            "NO_ENGINE_SUBSTITUTION",
            "PAD_CHAR_TO_FULL_LENGTH",
            "TIME_TRUNCATE_FRACTIONAL");

    private StatementEvents() {}

    /** MariaDB's numbers from here on mean other modes, which no statement's meaning hangs on. */
    private static final int MARIADB_MODES = 32;

    static StatementEvent read(byte[] body, int head, int end, boolean isMariaDb) {
        int schemaLength = body[8] & 0xff;
        int statusLength = Temporals.littleEndian(body, 11, 2);
        int schemaAt = head + statusLength;
        String schema = new String(body, schemaAt, schemaLength, StandardCharsets.UTF_8);
        int sqlAt = schemaAt + schemaLength + 1;
        Supplier<StatementContext> context = () -> context(body, head, schemaAt, schema, isMariaDb);
        String sql = text(body, sqlAt, end, context);
        StatementEvent event = new StatementEvent(context, sql != null);
        event.setThreadId(Temporals.littleEndian(body, 0, 4) & 0xffffffffL);
        event.setExecutionTime(Temporals.littleEndian(body, 4, 4) & 0xffffffffL);
        event.setErrorCode(Temporals.littleEndian(body, 9, 2));
        event.setDatabase(schema);
        event.setSql(sql != null ? sql : new String(body, sqlAt, end - sqlAt, StandardCharsets.UTF_8));
        return event;
    }

    /** A statement is logged in the bytes that the client sent. Null when they are no text in the client's character set. */
    private static @Nullable String text(byte[] body, int from, int to, Supplier<StatementContext> context) {
        for (int i = from; i < to; i++) {
            if (body[i] < 0) {
                try {
                    return TextCodec.of(context.get().charset()).decode(body, from, to - from);
                } catch (BadValueException e) {
                    return null; // as in DML with binary literals; only a statement that matters is an error
                }
            }
        }
        return new String(body, from, to - from, StandardCharsets.US_ASCII);
    }

    private static StatementContext context(byte[] in, int from, int to, String schema, boolean isMariaDb) {
        String sqlMode = "";
        String charset = null;
        String collation = null;
        String timeZone = null;
        int at = from;
        boolean known = true;
        while (known && at < to) {
            int code = in[at++] & 0xff;
            switch (code) {
                case 0 -> at += 4; // flags2
                case 1 -> {
                    sqlMode = sqlMode((Temporals.littleEndian(in, at, 4) & 0xffffffffL)
                            | (isMariaDb ? 0 : (long) Temporals.littleEndian(in, at + 4, 4) << MARIADB_MODES));
                    at += 8;
                }
                case 2 -> at += 2 + (in[at] & 0xff); // catalog with its final zero
                case 3 -> at += 4; // auto increment
                case 4 -> {
                    charset = Collations.charset(Temporals.littleEndian(in, at, 2));
                    collation = Collations.name(Temporals.littleEndian(in, at + 2, 2));
                    at += 6;
                }
                case 5 -> {
                    int length = in[at] & 0xff;
                    timeZone = new String(in, at + 1, length, StandardCharsets.UTF_8);
                    at += 1 + length;
                }
                case 6 -> at += 1 + (in[at] & 0xff); // catalog
                case 7, 8 -> at += 2; // lc_time_names, charset_database
                case 9 -> at += 8; // table map for update
                case 10 -> at += 4; // master data written
                case 11 -> {
                    at += 1 + (in[at] & 0xff); // invoker's user
                    at += 1 + (in[at] & 0xff); // and host
                }
                case 12 -> at = updatedSchemas(in, at);
                case 13 -> at += 3; // microseconds
                case 16 -> at += 1; // explicit defaults for timestamp
                case 17 -> at += 8; // DDL xid
                case 18 -> at += 2; // default collation for utf8mb4
                case 19, 20 -> at += 1; // primary key and encryption requirements
                default -> known = false; // what a newer server appends after the ones above
            }
        }
        return new StatementContext(
                schema.isEmpty() ? null : schema,
                sqlMode,
                charset,
                collation,
                timeZone,
                isMariaDb ? StatementContext.MARIADB : null);
    }

    private static int updatedSchemas(byte[] in, int from) {
        int count = in[from] & 0xff;
        int at = from + 1;
        for (int i = 0; count != 254 && i < count; i++) {
            while (in[at++] != 0) {
                // a zero ends each name
            }
        }
        return at;
    }

    private static @Nullable String sqlModeName(int bit) {
        String name = bit < SQL_MODES.size() ? SQL_MODES.get(bit) : "";
        return name.isEmpty() ? null : name;
    }

    private static String sqlMode(long bits) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) {
            String name = (bits >>> bit & 1) != 0 ? sqlModeName(bit) : null;
            if (name != null) {
                names.add(name);
            }
        }
        return String.join(",", names);
    }
}
