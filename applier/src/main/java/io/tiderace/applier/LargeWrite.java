package io.tiderace.applier;

import com.mysql.cj.jdbc.JdbcConnection;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statement over one row with values of more than {@link #LARGE_BYTES}. They are sent in pieces, apart from the statement (MySQL's
 * COM_STMT_SEND_LONG_DATA): as text the statement would be several times as long as the row, here and in the target's {@code max_allowed_packet}.
 */
final class LargeWrite {
    static final int LARGE_BYTES = 1 << 20;

    private final Write write;
    private final List<Object> values;

    private LargeWrite(Write write, List<Object> values) {
        this.write = write;
        this.values = values;
    }

    /** Stands for a value in an image, and in the statement. */
    private enum Parameter {
        BYTES("?"),
        /** Long data are binary for the server, whatever they are. */
        TEXT("CONVERT(? USING utf8mb4)");

        private final String sql;

        Parameter(String sql) {
            this.sql = sql;
        }

        @Override
        public String toString() {
            return sql;
        }
    }

    /** Null when no value of the write is large. */
    static @Nullable LargeWrite of(Write write) {
        List<Object> values = new ArrayList<>();
        Write cut = write;
        if (write instanceof Write.Insert insert && insert.images().size() == 1) {
            cut = new Write.Insert(insert.mapping(), written(insert.mapping(), insert.images(), values));
        } else if (write instanceof Write.Upsert upsert && upsert.images().size() == 1) {
            cut = new Write.Upsert(
                    upsert.mapping(), written(upsert.mapping(), upsert.images(), values), upsert.changed());
        } else if (write instanceof Write.Replace replace && replace.images().size() == 1) {
            cut = new Write.Replace(replace.mapping(), written(replace.mapping(), replace.images(), values));
        } else if (write instanceof Write.UpdateOne update) {
            @Nullable Object[] after = written(update.mapping(), update.after(), values);
            cut = new Write.UpdateOne(update.mapping(), compared(update.mapping(), update.before(), values), after);
        } else if (write instanceof Write.DeleteOne delete) {
            cut = new Write.DeleteOne(delete.mapping(), compared(delete.mapping(), delete.before(), values));
        }
        return values.isEmpty() ? null : new LargeWrite(cut, values);
    }

    private static List<@Nullable Object[]> written(
            RowMapping mapping, List<@Nullable Object[]> images, List<Object> values) {
        return List.<@Nullable Object[]>of(written(mapping, images.get(0), values));
    }

    private static @Nullable Object[] written(RowMapping mapping, @Nullable Object[] image, List<Object> values) {
        @Nullable Object[] result = image;
        for (int column : mapping.written()) {
            Object value = image[column];
            boolean isJson = mapping.column(column).type().name().equals("json");
            if (value instanceof String text && text.length() > LARGE_BYTES && !(isJson && JsonDecimals.isIn(text))) {
                result = with(result, image, column, Parameter.TEXT);
                values.add(text);
            } else if (value instanceof byte[] bytes && bytes.length > LARGE_BYTES) {
                result = with(result, image, column, Parameter.BYTES);
                values.add(bytes);
            }
        }
        return result;
    }

    /** Text to be compared stays in the statement, which has it more than once. */
    private static @Nullable Object[] compared(RowMapping mapping, @Nullable Object[] image, List<Object> values) {
        @Nullable Object[] result = image;
        for (int column : mapping.isKeyless() ? mapping.written() : mapping.rowKey()) {
            if (image[column] instanceof byte[] bytes && bytes.length > LARGE_BYTES) {
                result = with(result, image, column, Parameter.BYTES);
                values.add(bytes);
            }
        }
        return result;
    }

    private static @Nullable Object[] with(
            @Nullable Object[] result, @Nullable Object[] image, int column, Parameter parameter) {
        @Nullable Object[] copy = result == image ? image.clone() : result;
        copy[column] = parameter;
        return copy;
    }

    /** The statement's text, with parameters. */
    String sql(TargetDialect dialect) {
        return dialect.write(write);
    }

    /** Of the values that are sent apart; characters of text are counted as bytes. */
    long bytes() {
        return values.stream()
                .mapToLong(value -> value instanceof String text ? text.length() : ((byte[]) value).length)
                .sum();
    }

    /** Executes it; gives what {@code executeLargeUpdate} does. */
    long execute(Connection connection, TargetDialect dialect) throws SQLException {
        try (PreparedStatement statement =
                connection.unwrap(JdbcConnection.class).serverPrepareStatement(sql(dialect))) {
            for (int i = 0; i < values.size(); i++) {
                byte[] bytes = values.get(i) instanceof String text
                        ? text.getBytes(StandardCharsets.UTF_8)
                        : (byte[]) values.get(i);
                statement.setBinaryStream(i + 1, new ByteArrayInputStream(bytes), bytes.length);
            }
            return statement.executeLargeUpdate();
        }
    }
}
