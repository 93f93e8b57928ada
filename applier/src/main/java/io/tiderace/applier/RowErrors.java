package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Work.Group;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says of which row an error of the target speaks. */
final class RowErrors {
    private static final Pattern ROW = Pattern.compile("at row (\\d+)");
    private static final int DUPLICATE = 1062;

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
        RowChange change = write == null ? null : change(error, write, group);
        String where = write == null || change == null ? group.describe() : describe(change, write.mapping());
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
        return new DataException(
                "TR-A022",
                problem,
                "make the target's table accept the row (compare SHOW CREATE TABLE of both sides), then start again: it goes on where it "
                        + "stopped",
                error);
    }

    /** The change whose image the statement holds at the row the server names. */
    private static @Nullable RowChange change(SQLException error, Write write, Group group) {
        List<@Nullable Object[]> images = images(write);
        Matcher row = ROW.matcher(String.valueOf(error.getMessage()));
        int index = row.find() ? Integer.parseInt(row.group(1)) - 1 : 0;
        if (images.isEmpty() || index >= images.size() || (images.size() > 1 && index < 0)) {
            return null;
        }
        if (images.size() > 1
                && !ROW.matcher(String.valueOf(error.getMessage())).find()) {
            return null;
        }
        for (MappedRow mapped : group.rows()) {
            if (mapped.change().after() == images.get(index) || mapped.change().before() == images.get(index)) {
                return mapped.change();
            }
        }
        return null;
    }

    private static List<@Nullable Object[]> images(Write write) {
        if (write instanceof Write.Insert insert) {
            return insert.images();
        } else if (write instanceof Write.Upsert upsert) {
            return upsert.images();
        } else if (write instanceof Write.Replace replace) {
            return replace.images();
        } else if (write instanceof Write.UpdateOne update) {
            return List.<@Nullable Object[]>of(update.after());
        }
        return List.of();
    }

    private static String describe(RowChange change, RowMapping mapping) {
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
