package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventMetadata;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: a table map that says something else of a table than the known structure is found out. */
class TableMapCheckTest {
    private static final TableStructure STRUCTURE = new TableStructure(
            new TableName("d", "t"),
            List.of(
                    column("id", "bigint unsigned", false),
                    column("e", "enum('a','é')", true),
                    column("s", "set('x','y')", true),
                    column("d", "decimal(5,2)", true)),
            List.of("id"));

    private final TableMapEventData map = new TableMapEventData();
    private final TableMapEventMetadata metadata = new TableMapEventMetadata();

    TableMapCheckTest() {
        map.setDatabase("d");
        map.setTable("t");
        map.setColumnTypes(new byte[] {8, (byte) 254, (byte) 254, (byte) 246});
        map.setColumnMetadata(new int[] {0, 0xf701, 0xf801, 0x0205});
        map.setColumnNullability(bits(1, 2, 3));
        map.setEventMetadata(metadata);
        metadata.setSignedness(bits(0));
    }

    private static Column column(String name, String type, boolean nullable) {
        return new Column(name, MySqlType.parse(type), null, null, nullable, false);
    }

    private static BitSet bits(int... set) {
        BitSet bits = new BitSet();
        for (int bit : set) {
            bits.set(bit);
        }
        return bits;
    }

    private void full() {
        metadata.setColumnNames(List.of("ID", "e", "s", "d"));
        metadata.setSimplePrimaryKeys(List.of(0));
        metadata.setEnumStrValues(List.<String[]>of(new String[] {"a", "?"}));
        metadata.setSetStrValues(List.<String[]>of(new String[] {"x", "y"}));
    }

    private void requireRefused(String reason) {
        assertThatThrownBy(() -> TableMapCheck.require(map, STRUCTURE))
                .isInstanceOf(BadValueException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void whatSaysTheSameIsTaken() {
        assertThatCode(() -> TableMapCheck.require(map, STRUCTURE)).doesNotThrowAnyException();
        full();
        assertThatCode(() -> TableMapCheck.require(map, STRUCTURE)).doesNotThrowAnyException();
        metadata.setSimplePrimaryKeys(null);
        metadata.setPrimaryKeysWithPrefix(Map.of(0, 0));
        assertThatCode(() -> TableMapCheck.require(map, STRUCTURE)).doesNotThrowAnyException();
        map.setColumnNullability(bits());
        assertThatCode(() -> TableMapCheck.require(map, STRUCTURE)).doesNotThrowAnyException();
    }

    @Test
    void whatSaysSomethingElseIsRefused() {
        map.setColumnNullability(bits(0, 1, 2, 3));
        requireRefused("id may be NULL");
        map.setColumnNullability(bits(1, 2, 3));
        metadata.setSignedness(bits(0, 3));
        requireRefused("d is of another sign");
        metadata.setSignedness(bits());
        requireRefused("id is of another sign");
        metadata.setSignedness(bits(0));
        full();
        metadata.setColumnNames(List.of("id", "e", "d", "s"));
        requireRefused("column 3 is d in the log");
        full();
        metadata.setEnumStrValues(List.<String[]>of(new String[] {"b", "?"}));
        requireRefused("e has the members [b, ?]");
        metadata.setEnumStrValues(List.<String[]>of(new String[] {"a"}));
        requireRefused("e has the members [a]");
        full();
        metadata.setSetStrValues(List.<String[]>of(new String[] {"x", "y", "z"}));
        requireRefused("s has the members [x, y, z]");
        full();
        metadata.setSimplePrimaryKeys(List.of(0, 3));
        requireRefused("primary key is [id, d]");
        metadata.setSimplePrimaryKeys(null);
        requireRefused("primary key is []");
    }

    /** Types and metadata as MySQL 8.0 logs them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    datetime | 18 | 0 | | true
                    datetime(3) | 18 | 3 | | true
                    datetime(3) | 18 | 6 | | false
                    datetime(3) | 12 | 0 | | true
                    timestamp(6) | 17 | 0 | | false
                    time | 19 | 0 | | true
                    time(1) | 19 | 2 | | false
                    bit(1) | 16 | 1 | | true
                    bit(64) | 16 | 2048 | | true
                    bit(9) | 16 | 257 | | true
                    bit(10) | 16 | 257 | | false
                    enum('a','b') | 254 | 63233 | | true
                    enum('a','b') | 254 | 63234 | | false
                    set('1','2','3','4','5','6','7','8') | 254 | 63489 | | true
                    set('1','2','3','4','5','6','7','8') | 254 | 63490 | | false
                    binary(16) | 254 | 65040 | | true
                    binary(17) | 254 | 65040 | | false
                    varbinary(300) | 15 | 300 | | true
                    varbinary(300) | 15 | 301 | | false
                    binary(0) | 254 | 65024 | | true
                    binary | 254 | 65025 | | true
                    char(0) | 254 | 65024 | utf8mb4 | true
                    char | 254 | 65028 | utf8mb4 | true
                    char(10) | 254 | 65064 | utf8mb4 | true
                    char(10) | 254 | 65064 | utf8mb3 | false
                    char(255) | 254 | 52988 | utf8mb4 | true
                    varchar(10) | 15 | 40 | utf8mb4 | true
                    varchar(10) | 15 | 20 | gbk | true
                    varchar(10) | 15 | 10 | latin1 | true
                    varchar(10) | 15 | 80 | utf8mb4 | false
                    varchar(10) | 15 | 80 | | true
                    varchar(10) | 140 | 42 | utf8mb4 | true
                    int | 3 | 0 | | true
                    """)
    void sizes(String type, int code, int detail, String charset, boolean isSame) {
        assertThat(TableMapCheck.isSameSize(MySqlType.parse(type), code, detail, charset))
                .isEqualTo(isSame);
    }

    @Test
    void twoTableMapsAreTheSameWhenAllOfThemIs() {
        TableMapEventData other = new TableMapEventData();
        other.setDatabase("d");
        other.setTable("t");
        other.setColumnTypes(map.getColumnTypes().clone());
        other.setColumnMetadata(map.getColumnMetadata().clone());
        other.setColumnNullability(bits(1, 2, 3));
        TableMapEventMetadata same = new TableMapEventMetadata();
        same.setSignedness(bits(0));
        other.setEventMetadata(same);
        assertThat(TableMapCheck.isSame(map, other)).isTrue();
        same.setSignedness(bits());
        assertThat(TableMapCheck.isSame(map, other)).isFalse();
        same.setSignedness(bits(0));
        other.getColumnMetadata()[3] = 0x0206;
        assertThat(TableMapCheck.isSame(map, other)).isFalse();
    }
}
