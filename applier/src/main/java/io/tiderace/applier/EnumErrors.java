package io.tiderace.applier;

import io.tiderace.schemas.Column;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ENUM's error value: the empty string that a source without strict mode keeps for what is no member (MySQL manual 13.3.5). A strict session refuses
 * it, so such rows are written one by one without strict mode, and everything but this value that the target would alter is still an error.
 */
final class EnumErrors {
    private static final int TRUNCATED = 1265;
    private static final Set<Integer> HARMLESS = Set.of(1287); // VALUES() is deprecated
    private static final Pattern COLUMN = Pattern.compile("column '(.*)' at row");
    /** TiDB does not fill in the name where an UPDATE assigns the value. */
    private static final String UNNAMED = "%s";

    private EnumErrors() {}

    /** The writes in the same order, every row that holds the value in one of its own. */
    static List<Write> split(Write write) {
        boolean isOfRows =
                write instanceof Write.Insert || write instanceof Write.Upsert || write instanceof Write.Replace;
        if (!isOfRows || !isIn(write)) {
            return List.of(write);
        }
        List<@Nullable Object[]> images = images(write);
        List<Write> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= images.size(); i++) {
            boolean isEnd = i == images.size();
            if (isEnd || isIn(write.mapping(), images.get(i))) {
                if (i > from) {
                    parts.add(write.part(images.subList(from, i)));
                }
                if (!isEnd) {
                    parts.add(write.part(images.subList(i, i + 1)));
                }
                from = i + 1;
            }
        }
        return parts;
    }

    /** Whether a part of {@link #split} has to be executed without strict mode: TiDB refuses to compare with the value as well. */
    static boolean isIn(Write part) {
        return part.mapping().errorEnums().length > 0
                && images(part).stream().anyMatch(image -> isIn(part.mapping(), image));
    }

    /** Executes a statement that has the value in it; gives what {@code executeLargeUpdate} does. */
    static long execute(Statement statement, String sql, Write part) throws SQLException {
        statement.execute(TargetDialect.leaveStrictMode());
        try {
            long affected = statement.executeLargeUpdate(sql);
            check(statement.getWarnings(), part);
            return affected;
        } finally {
            statement.execute(TargetDialect.returnToStrictMode());
        }
    }

    /** @throws SQLException when the target altered anything but the value */
    static void check(@Nullable SQLWarning first, Write part) throws SQLException {
        List<String> columns = columns(part.mapping(), images(part));
        int unnamedMax = part instanceof Write.UpdateOne update
                ? columns(update.mapping(), List.<@Nullable Object[]>of(update.after()))
                        .size()
                : 0;
        int unnamed = 0;
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            Matcher message = COLUMN.matcher(String.valueOf(warning.getMessage()));
            String column = warning.getErrorCode() == TRUNCATED && message.find() ? message.group(1) : "";
            boolean isExpected = column.equals(UNNAMED) ? ++unnamed <= unnamedMax : columns.contains(column);
            if (!isExpected && !HARMLESS.contains(warning.getErrorCode())) {
                throw new SQLException(warning.getMessage(), warning.getSQLState(), warning.getErrorCode());
            }
        }
    }

    /** Those that hold the value in the images, once for each. */
    private static List<String> columns(RowMapping mapping, List<@Nullable Object[]> images) {
        List<String> columns = new ArrayList<>();
        for (@Nullable Object[] image : images) {
            for (int column : mapping.errorEnums()) {
                if ("".equals(image[column])) {
                    columns.add(mapping.column(column).name());
                }
            }
        }
        return columns;
    }

    private static boolean isIn(RowMapping mapping, @Nullable Object[] image) {
        for (int column : mapping.errorEnums()) {
            if ("".equals(image[column])) {
                return true;
            }
        }
        return false;
    }

    /** Columns that may hold the value: ENUMs without an empty member. */
    static boolean isPossible(Column column) {
        return column.type().name().equals("enum") && !column.type().members().contains("");
    }

    private static List<@Nullable Object[]> images(Write write) {
        if (write instanceof Write.Insert insert) {
            return insert.images();
        } else if (write instanceof Write.Upsert upsert) {
            return upsert.images();
        } else if (write instanceof Write.Replace replace) {
            return replace.images();
        } else if (write instanceof Write.UpdateOne update) {
            return List.<@Nullable Object[]>of(update.before(), update.after());
        } else if (write instanceof Write.DeleteOne delete) {
            return List.<@Nullable Object[]>of(delete.before());
        } else if (write instanceof Write.Delete delete) {
            return delete.images();
        }
        throw new IllegalStateException("unknown write " + write);
    }
}
