package io.tiderace.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A user's privileges on schemas, from {@code SHOW GRANTS} (MySQL manual, 15.7.7.22). Table-level grants are left out. */
final class Grants {
    private static final Pattern GRANT =
            Pattern.compile("^GRANT (.+?) ON (?:`((?:[^`]|``)+)`|(\\*))\\.\\* TO .*", Pattern.CASE_INSENSITIVE);

    private record Grant(String schemaPattern, TreeSet<String> privileges) {}

    private final List<Grant> grants = new ArrayList<>();
    private final boolean mayHaveMore;

    Grants(List<String> statements) {
        boolean more = false;
        for (String statement : statements) {
            Matcher matcher = GRANT.matcher(statement);
            if (!matcher.matches()) {
                more = true; // a role, or tables: what they give is not looked into
                continue;
            }
            TreeSet<String> privileges = new TreeSet<>();
            Arrays.stream(matcher.group(1).toUpperCase(Locale.ROOT).split(","))
                    .map(String::strip)
                    .forEach(privileges::add);
            grants.add(new Grant(matcher.group(3) != null ? "*" : matcher.group(2), privileges));
        }
        mayHaveMore = more;
    }

    static Grants read(Database database) throws ServerRefusal {
        List<String> statements = new ArrayList<>();
        for (Map<String, @Nullable String> row : database.rows("SHOW GRANTS")) {
            statements.add(String.valueOf(row.values().iterator().next()));
        }
        return new Grants(statements);
    }

    /** True when roles or grants on tables may add to what is known here. */
    boolean mayHaveMore() {
        return mayHaveMore;
    }

    /** Those of the privileges that the user has not got on all of the schema ({@code *}: on all schemas). */
    List<String> missing(String schema, List<String> privileges) {
        TreeSet<String> missing = new TreeSet<>(privileges);
        for (Grant grant : grants) {
            if (!covers(grant.schemaPattern, schema)) {
                continue;
            }
            if (grant.privileges.contains("ALL PRIVILEGES") || grant.privileges.contains("ALL")) {
                return List.of();
            }
            missing.removeAll(grant.privileges);
        }
        return List.copyOf(missing);
    }

    /** Schema names in grants are LIKE patterns (MySQL manual, 15.7.1.6). */
    private static boolean covers(String pattern, String schema) {
        if (pattern.equals("*")) {
            return true;
        }
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\' && i + 1 < pattern.length()) {
                regex.append(Pattern.quote(String.valueOf(pattern.charAt(++i))));
            } else {
                regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
            }
        }
        return schema.matches(regex.toString());
    }
}
