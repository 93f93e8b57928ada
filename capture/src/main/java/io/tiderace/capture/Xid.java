package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.XAPrepareEventData;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an XA transaction as the server writes it into statements of its log: {@code X'gtrid',X'bqual',formatID} (MySQL and MariaDB,
 * {@code XID::serialize}). Pure.
 */
record Xid(String text) {
    private static final Pattern IN_STATEMENT = Pattern.compile(
            "(?i)^XA\\s+(START|BEGIN|END|PREPARE|COMMIT|ROLLBACK)\\s+X'([0-9a-f]*)'\\s*,\\s*X'([0-9a-f]*)'\\s*,\\s*(\\d+).*",
            Pattern.DOTALL);

    /** Of an XA statement in the log; null when it does not look as the server writes it. */
    static @Nullable Xid of(String sql) {
        Matcher statement = IN_STATEMENT.matcher(sql.trim());
        return statement.matches()
                ? new Xid(text(statement.group(2), statement.group(3), Long.parseLong(statement.group(4))))
                : null;
    }

    static Xid of(XAPrepareEventData event) {
        byte[] data = event.getData();
        HexFormat hex = HexFormat.of();
        int gtrid = event.getGtridLength();
        return new Xid(text(
                hex.formatHex(data, 0, gtrid),
                hex.formatHex(data, gtrid, gtrid + event.getBqualLength()),
                event.getFormatID() & 0xffffffffL));
    }

    private static String text(String gtrid, String bqual, long format) {
        return "X'" + gtrid.toLowerCase(Locale.ROOT) + "',X'" + bqual.toLowerCase(Locale.ROOT) + "'," + format;
    }

    @Override
    public String toString() {
        return text;
    }
}
