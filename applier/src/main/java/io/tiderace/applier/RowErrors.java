package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Work.Group;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says of which row an error of the target speaks. */
final class RowErrors {
    private static final Pattern ROW = Pattern.compile("at row (\\d+)");
    static final int DUPLICATE = 1062;

    /** A parent row is missing, or a child row is there. */
    private static final Set<Integer> FOREIGN_KEY = Set.of(1216, 1217, 1451, 1452);

    private RowErrors() {}

    /**
     * The same error when it is not about data, else what an operator needs to know of it.
     *
     * @param write the statement that failed, null when the error showed at COMMIT
     */
    static SQLException withRow(SQLException error, @Nullable Write write, Group group, String address) {
        if (!isAboutData(error) || group.transactions().isEmpty()) {
            return error;
        }
        String table = write == null ? "" : write.mapping().target().name() + " at ";
        String where = write == null ? describe(group) : describe(error, write, group);
        throw exception(
                error, "writing to " + table + "the target " + address + ": " + SqlErrors.reason(error) + "; " + where);
    }

    static boolean isAboutData(SQLException error) {
        SqlErrors.Kind kind = SqlErrors.kind(error);
        return kind == SqlErrors.Kind.DATA || kind == SqlErrors.Kind.STRUCTURE;
    }

    private static DataException exception(SQLException error, String problem) {
        if (error.getErrorCode() == DUPLICATE) {
            return new DataException(
                    "TR-A023",
                    problem,
                    "the target has a row that did not come from this task: for a first copy empty the table at the target (TRUNCATE TABLE), "
                            + "else delete that row there, then start again; or set syncers.<name>.safe-mode: true for a while, and rows that "
                            + "are in the way are replaced",
                    error);
        }
        if (SqlErrors.isTooLarge(error)) {
            return SqlErrors.tooLarge(error, problem);
        }
        if (FOREIGN_KEY.contains(error.getErrorCode())) {
            return new DataException(
                    "TR-A033",
                    problem,
                    "a session of the source went without foreign key checks, or a table that the foreign key concerns is not in the task: bring the"
                            + " rows that it speaks of into the source's state at the target, or drop the foreign key there, then start again: it"
                            + " goes on where it stopped",
                    error);
        }
        return new DataException(
                "TR-A022",
                problem,
                "make the target's table accept the row (compare SHOW CREATE TABLE of both sides), then start again: it goes on where it "
                        + "stopped",
                error);
    }

    /** The change whose image the statement holds at the row the server names. */
    private static @Nullable RowChange change(SQLException error, Write write, Group group) {
        List<@Nullable Object[]> images = write.images();
        int named = rowNamed(error);
        int index = named < 0 && images.size() == 1 ? 0 : named;
        return index >= 0 && index < images.size() ? change(images.get(index), group) : null;
    }

    /** Index of the row of a statement that the server names; -1 when it names none. */
    static int rowNamed(SQLException error) {
        Matcher row = ROW.matcher(String.valueOf(error.getMessage()));
        return row.find() ? Integer.parseInt(row.group(1)) - 1 : -1;
    }

    private static @Nullable RowChange change(@Nullable Object[] image, Group group) {
        for (MappedRow mapped : group.rows()) {
            if (mapped.change().after() == image || mapped.change().before() == image) {
                return mapped.change();
            }
        }
        return null;
    }

    /** Key and position of a row that a statement of the group speaks of. */
    static String describe(Write write, int index, Group group) {
        RowChange change = index < write.images().size() ? change(write.images().get(index), group) : null;
        return change == null ? group.describe() : describe(change, write.mapping());
    }

    /** The same for the row that an error names. */
    static String describe(SQLException error, Write write, Group group) {
        RowChange change = change(error, write, group);
        return change == null ? group.describe() : describe(change, write.mapping());
    }

    /** The row's, where it has but one. */
    private static String describe(Group group) {
        List<MappedRow> rows = group.rows();
        return rows.size() == 1 ? describe(rows.get(0).change(), rows.get(0).mapping()) : group.describe();
    }

    static String describe(RowChange change, RowMapping mapping) {
        StringBuilder text = new StringBuilder("row of ")
                .append(change.source().schema())
                .append('.')
                .append(change.source().table());
        @Nullable Object[] image = change.after() != null ? change.after() : change.before();
        for (int index : mapping.rowKey()) {
            Object value = image == null ? null : image[index];
            text.append(", ").append(mapping.column(index).name()).append(" = ");
            SqlLiterals.append(text, mapping.column(index).type(), value);
        }
        text.append(", transaction ").append(change.txn()).append(" row ").append(change.txnRow());
        text.append(" from ")
                .append(change.source().file())
                .append(':')
                .append(change.source().pos());
        return change.source().gtid() == null
                ? text.toString()
                : text + " (" + change.source().gtid() + ")";
    }
}
