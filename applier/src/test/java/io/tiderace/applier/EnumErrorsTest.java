package io.tiderace.applier;

import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: ENUM's error value is written, and nothing else is altered unnoticed. Method: the warnings of MySQL and TiDB. */
class EnumErrorsTest {
    private static final TableName NAME = new TableName("s", "t");
    private static final RowMapping MAPPING = RowMapping.of(
            new TableStructure(
                    NAME, List.of(column("n", "int"), column("v", "enum('x')"), column("w", "varchar(9)")), List.of()),
            new TargetTable(NAME, List.of(there("n", "int"), there("v", "enum"), there("w", "varchar")), List.of()));
    private static final Object[] WITH = {1, "", "text"};
    private static final Object[] WITHOUT = {1, "x", "text"};

    private static Column column(String name, String type) {
        return new Column(name, MySqlType.parse(type), "utf8mb4", null, true, false);
    }

    private static TargetColumn there(String name, String type) {
        return new TargetColumn(name, type, "utf8mb4_bin", true, false);
    }

    private static void check(Write write, String... messages) throws SQLException {
        SQLWarning first = null;
        for (String message : messages) {
            SQLWarning warning = new SQLWarning(message, "01000", 1265);
            if (first == null) {
                first = warning;
            } else {
                first.setNextWarning(warning);
            }
        }
        EnumErrors.check(first, write);
    }

    @Test
    void theValueMayBeTruncated() {
        Write insert = new Write.Insert(MAPPING, List.<Object[]>of(WITH));
        assertThatCode(() -> check(insert, "Data truncated for column 'v' at row 1"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> check(
                        insert, "Data truncated for column 'v' at row 1", "Data truncated for column 'w' at row 1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("'w'");
    }

    @Test
    void tiDbDoesNotNameTheColumnOfAnUpdate() {
        String unnamed = "Data truncated for column '%s' at row %d";
        Write update = new Write.UpdateOne(MAPPING, WITH, WITH);
        assertThatCode(() -> check(update, unnamed)).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(update, unnamed, unnamed)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> check(update, unnamed, "Data truncated for column 'w' at row 1"))
                .hasMessageContaining("'w'");
        assertThatThrownBy(() -> check(new Write.UpdateOne(MAPPING, WITH, WITHOUT), unnamed))
                .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> check(new Write.DeleteOne(MAPPING, WITH), unnamed))
                .isInstanceOf(SQLException.class);
    }
}
