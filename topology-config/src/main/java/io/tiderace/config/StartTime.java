package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A moment at which changes are to begin, as DM's {@code --start-time} writes it.
 *
 * @param offset of the time from UTC, null for the time zone of the source
 */
public record StartTime(LocalDateTime local, @Nullable ZoneOffset offset) {
    private static final Pattern FORM = Pattern.compile(
            "(\\d{4}-\\d\\d-\\d\\d)[ T](\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,6})?)?)\\s?(Z|[+-]\\d\\d:?\\d\\d)?");

    /** @throws ConfigException when the text is no time */
    public static StartTime parse(String text) {
        Matcher form = FORM.matcher(text.trim());
        try {
            if (form.matches()) {
                String zone = form.group(3);
                return new StartTime(
                        LocalDateTime.parse(form.group(1) + "T" + form.group(2)),
                        zone == null ? null : ZoneOffset.of(zone));
            }
        } catch (DateTimeException e) {
            throw unreadable(text, e);
        }
        throw unreadable(text, null);
    }

    private static ConfigException unreadable(String text, @Nullable DateTimeException cause) {
        String problem = "\"" + text + "\" is not a time" + (cause == null ? "" : ": " + cause.getMessage());
        String cure =
                "write it as '2026-01-31 12:00:00', in the source's time zone, or with an offset: '2026-01-31T12:00:00+08:00', …Z";
        return cause == null
                ? new ConfigException("TR-T018", problem, cure)
                : new ConfigException("TR-T018", problem, cure, cause);
    }

    /** The local time as SQL writes it. */
    public String sql() {
        return local.format(DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS"));
    }

    @Override
    public String toString() {
        return local + (offset == null ? "" : offset.toString());
    }
}
