package io.tiderace.cli;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A server's variables and version. */
final class Variables {
    private static final Pattern VERSION = Pattern.compile("^(?:5\\.5\\.5-)?(\\d+)\\.(\\d+)");

    private Variables() {}

    /** Global variables by lower-case name; those the server does not know are missing. */
    static Map<String, @Nullable String> read(Database database, String... names) throws ServerRefusal {
        String list = "'" + String.join("','", names) + "'";
        Map<String, @Nullable String> found = new TreeMap<>();
        for (Map<String, @Nullable String> row :
                database.rows("SHOW GLOBAL VARIABLES WHERE Variable_name IN (" + list + ")")) {
            found.put(String.valueOf(row.get("variable_name")).toLowerCase(Locale.ROOT), row.get("value"));
        }
        return found;
    }

    static boolean atLeast(String version, int major, int minor) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.find()) {
            return false;
        }
        int theMajor = Integer.parseInt(matcher.group(1));
        return theMajor > major || (theMajor == major && Integer.parseInt(matcher.group(2)) >= minor);
    }
}
