package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.WireBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what a server logs for a value is read as what it prints. Method: bytes from a server's log, type by type. */
class ColumnReaderTest {
    /** A line of the file: type, character set, type code and metadata of the table map, bytes in the row, value. */
    private record Golden(Column column, int code, int metadata, byte[] bytes, String value) {
        static Golden parse(String line) {
            String[] fields = line.split(" \\| ", 5);
            String charset = fields[1].equals("-") ? null : fields[1];
            int space = fields[2].indexOf(' ');
            return new Golden(
                    new Column("v", MySqlType.parse(fields[0]), charset, null, true, false),
                    Integer.parseInt(fields[2].substring(0, space)),
                    Integer.parseInt(fields[2].substring(space + 1)),
                    HexFormat.of().parseHex(fields[3]),
                    fields[4]);
        }

        String read(int before) {
            byte[] row = new byte[before + bytes.length + 5];
            Arrays.fill(row, (byte) 0x5a);
            System.arraycopy(bytes, 0, row, before, bytes.length);
            WireBuffer out = new WireBuffer(16);
            ColumnReader reader = ColumnReader.of(column, code, metadata, column.charset());
            assertThat(reader).isNotNull();
            assertThat(reader.read(row, before, out)).isEqualTo(before + bytes.length);
            WireInput in = new WireInput(out.toByteArray());
            return switch (column.type().wire()) {
                case INT, LONG -> Long.toString(in.readLong());
                case FLOAT -> bits(in.readFloat());
                case DOUBLE -> bits(in.readDouble());
                case STRING -> in.readString();
                case BYTES -> hex(in.readBytes());
            };
        }

        private static String bits(double value) {
            return Long.toHexString(Double.doubleToRawLongBits(value));
        }

        private String hex(byte[] found) {
            return column.type().name().equals("bit")
                    ? "0x" + new BigInteger(1, found).toString(16).toUpperCase(Locale.ROOT)
                    : "0x" + HexFormat.of().withUpperCase().formatHex(found);
        }

        /** Text is in the file as the hexadecimal digits of its UTF-8 where it may hold anything. */
        String expected() {
            boolean isText = column.type().wire() == MySqlType.Wire.STRING && value.startsWith("0x");
            return isText
                    ? new String(HexFormat.of().parseHex(value, 2, value.length()), StandardCharsets.UTF_8)
                    : value;
        }
    }

    @TestFactory
    Stream<DynamicTest> valuesAreReadAsTheServerPrintsThem() {
        List<String> lines = lines();
        assertThat(lines).hasSizeGreaterThan(600);
        return lines.stream()
                .map(line -> DynamicTest.dynamicTest(line, () -> {
                    Golden golden = Golden.parse(line);
                    assertThat(golden.read(0)).isEqualTo(golden.expected());
                    assertThat(golden.read(7)).isEqualTo(golden.expected());
                }));
    }

    private static List<String> lines() {
        try (InputStream in = ColumnReaderTest.class.getResourceAsStream("column-values.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
