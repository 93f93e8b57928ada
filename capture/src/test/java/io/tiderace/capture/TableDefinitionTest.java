package io.tiderace.capture;

import io.debezium.connector.mysql.charset.MySqlCharsetRegistry;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.tiderace.capture.TableDefinition.ColumnDefinition;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what information_schema says of a table comes out of the parser as it is. */
class TableDefinitionTest {
    @Test
    void theParserUnderstandsWhatIsTold() {
        List<ColumnDefinition> columns = List.of(
                new ColumnDefinition("id", "bigint unsigned", null, false, false),
                new ColumnDefinition("odd `name", "tinyint(1)", null, true, false),
                new ColumnDefinition("select", "enum('a','b,''c')", "gbk", true, false),
                new ColumnDefinition("s", "set('x','y')", "latin1", false, false),
                new ColumnDefinition("v", "varchar(10)", "utf8mb3", true, true),
                new ColumnDefinition("d", "decimal(65,30) unsigned zerofill", null, true, true),
                new ColumnDefinition("ts", "timestamp(6)", null, false, false),
                new ColumnDefinition("b", "varbinary(16)", null, true, false),
                new ColumnDefinition("t", "longtext", "utf8mb4", true, false),
                new ColumnDefinition("f", "float(7,4)", null, true, false),
                new ColumnDefinition("bits", "bit(64)", null, true, false),
                new ColumnDefinition("j", "json", null, true, false),
                new ColumnDefinition("y", "year", null, true, false),
                new ColumnDefinition("g", "geometrycollection", null, true, false));
        TableName name = new TableName("d", "table");
        String sql = new TableDefinition(name, "latin2", columns, List.of("s", "id")).createTable();
        Tables tables = new Tables();
        StructureParser parser =
                new StructureParser(Tables.TableFilter.includeAll(), new MySqlCharsetRegistry(), false);
        parser.setCurrentDatabase("other");
        parser.setCurrentSchema("other");
        parser.parse(sql, tables);
        parser.parse("ALTER TABLE d.`table` ADD later VARCHAR(5)", tables);

        TableStructure found = Structures.of(tables.forTable(new TableId("d", null, "table")));
        assertThat(found.primaryKey()).containsExactly("s", "id");
        assertThat(found.columns().subList(0, columns.size()).stream()
                        .map(column -> new ColumnDefinition(
                                column.name(),
                                column.type().toString(),
                                column.charset(),
                                column.nullable(),
                                column.generated()))
                        .toList())
                .isEqualTo(columns);
        Column later = found.columns().get(columns.size());
        assertThat(later.charset()).isEqualTo("latin2");
    }
}
