package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.WireBuffer;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Goal: any value of any type comes out of a row's bytes as it went in, and the next column begins just behind it. Method: MySQL's {@code
 * Field::pack} the other way round, in the middle of other bytes.
 */
class ColumnReaderPropertyTest {
    private static final int BEFORE = 3;
    private static final Map<String, Charset> CHARSETS = Map.of(
            "utf8mb4", StandardCharsets.UTF_8,
            "utf16", StandardCharsets.UTF_16BE,
            "utf16le", StandardCharsets.UTF_16LE,
            "utf32", Charset.forName("UTF-32BE"));

    private static ColumnReader reader(String type, int code, int metadata, String charset) {
        ColumnReader reader = ColumnReader.of(
                new Column("v", MySqlType.parse(type), charset, null, true, false), code, metadata, charset);
        assertThat(reader).as(type).isNotNull();
        return reader;
    }

    /** What the reader makes of the bytes. */
    private static WireInput read(ColumnReader reader, byte[] value) {
        byte[] row = new byte[value.length + BEFORE + 9];
        Arrays.fill(row, (byte) 0xa5);
        System.arraycopy(value, 0, row, BEFORE, value.length);
        WireBuffer out = new WireBuffer(16);
        assertThat(reader.read(row, BEFORE, out)).isEqualTo(BEFORE + value.length);
        byte[] wire = out.toByteArray();
        return new WireInput(wire);
    }

    private static byte[] littleEndian(long value, int bytes) {
        return Arrays.copyOf(
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array(),
                bytes);
    }

    private static byte[] withLength(byte[] content, int lengthBytes) {
        byte[] result = Arrays.copyOf(littleEndian(content.length, lengthBytes), lengthBytes + content.length);
        System.arraycopy(content, 0, result, lengthBytes, content.length);
        return result;
    }

    @Property(tries = 3000)
    void integers(@ForAll long any, @ForAll @IntRange(max = 4) int kind) {
        String[] names = {"tinyint", "smallint", "mediumint", "int", "bigint"};
        int[] codes = {
            ColumnReader.TINY, ColumnReader.SHORT, ColumnReader.INT24, ColumnReader.LONG, ColumnReader.LONGLONG
        };
        int bytes = kind < 4 ? kind + 1 : 8;
        long signed = any << 64 - 8 * bytes >> 64 - 8 * bytes;
        byte[] value = littleEndian(any, bytes);
        assertThat(read(reader(names[kind], codes[kind], 0, null), value).readLong())
                .isEqualTo(signed);
        WireInput unsigned = read(reader(names[kind] + " unsigned", codes[kind], 0, null), value);
        if (bytes == 8) {
            assertThat(unsigned.readString()).isEqualTo(Long.toUnsignedString(any));
        } else {
            assertThat(unsigned.readLong()).isEqualTo(any & (1L << 8 * bytes) - 1);
        }
    }

    /** By their bits: negative zero, subnormals and what MySQL never stores included. */
    @Property(tries = 1000)
    void floatingPoints(@ForAll long bits) {
        WireInput wide = read(reader("double", ColumnReader.DOUBLE, 8, null), littleEndian(bits, 8));
        assertThat(Double.doubleToRawLongBits(wide.readDouble())).isEqualTo(bits);
        WireInput narrow = read(reader("float", ColumnReader.FLOAT, 4, null), littleEndian(bits, 4));
        assertThat(Float.floatToRawIntBits(narrow.readFloat())).isEqualTo((int) bits);
    }

    @Property(tries = 256)
    void years(@ForAll byte stored) {
        int expected = stored == 0 ? 0 : 1900 + (stored & 0xff);
        assertThat(read(reader("year", ColumnReader.YEAR, 0, null), new byte[] {stored})
                        .readLong())
                .isEqualTo(expected);
    }

    @Test
    void bitsOfEveryWidth() {
        for (int bits = 1; bits <= 64; bits++) {
            int bytes = (bits + 7) / 8;
            int metadata = bits / 8 << 8 | bits % 8;
            for (BigInteger value : List.of(
                    BigInteger.ZERO,
                    BigInteger.ONE,
                    BigInteger.ONE.shiftLeft(bits - 1),
                    BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE))) {
                byte[] stored = new byte[bytes];
                byte[] digits = value.toByteArray();
                int used = Math.min(digits.length, bytes);
                System.arraycopy(digits, digits.length - used, stored, bytes - used, used);
                byte[] found = read(reader("bit(" + bits + ")", ColumnReader.BIT, metadata, null), stored)
                        .readBytes();
                assertThat(found).as("BIT(%d)", bits).hasSize(bytes);
                assertThat(new BigInteger(1, found)).isEqualTo(value);
            }
        }
    }

    @Property(tries = 1000)
    void enums(@ForAll @IntRange(min = 1, max = 65_535) int count, @ForAll @IntRange(max = 65_535) int any) {
        int index = any % (count + 1);
        StringBuilder type = new StringBuilder("enum('m1'");
        for (int i = 2; i <= Math.min(count, 400); i++) {
            type.append(",'m").append(i).append('\'');
        }
        int known = Math.min(count, 400);
        int bytes = count < 256 ? 1 : 2;
        ColumnReader reader = reader(type.append(')').toString(), ColumnReader.STRING, 0xf7 << 8 | bytes, "utf8mb4");
        byte[] stored = littleEndian(index, bytes);
        if (index > known) {
            assertThatThrownBy(() -> read(reader, stored)).isInstanceOf(BadValueException.class);
        } else {
            assertThat(read(reader, stored).readString()).isEqualTo(index == 0 ? "" : "m" + index);
        }
    }

    @Property(tries = 1000)
    void sets(@ForAll @IntRange(min = 1, max = 64) int count, @ForAll long any) {
        long bits = count == 64 ? any : any & (1L << count) - 1;
        List<String> members = new ArrayList<>();
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add("'é" + i + "'");
            if ((bits >> i & 1) != 0) {
                chosen.add("é" + i);
            }
        }
        int bytes = count > 32 ? 8 : (count + 7) / 8;
        ColumnReader reader =
                reader("set(" + String.join(",", members) + ")", ColumnReader.STRING, 0xf8 << 8 | bytes, "utf8mb4");
        assertThat(read(reader, littleEndian(bits, bytes)).readString()).isEqualTo(String.join(",", chosen));
    }

    @Property(tries = 2000)
    void texts(
            @ForAll String any,
            @ForAll @IntRange(max = 3) int which,
            @ForAll @IntRange(min = 1, max = 4) int lengthBytes) {
        String text = any.codePoints()
                .filter(point -> point < 0xd800 || point > 0xdfff) // no halves of pairs
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        String charset = CHARSETS.keySet().stream().sorted().toList().get(which);
        byte[] content = text.getBytes(CHARSETS.get(charset));
        if (content.length < 1L << 8 * lengthBytes) {
            ColumnReader blob = reader("longtext", ColumnReader.BLOB, lengthBytes, charset);
            assertThat(read(blob, withLength(content, lengthBytes)).readString())
                    .isEqualTo(text);
        }
        int wide = content.length > 255 ? 2 : 1;
        ColumnReader varchar = reader("varchar(9)", ColumnReader.VARCHAR, wide == 2 ? 256 : 255, charset);
        assertThat(read(varchar, withLength(content, wide)).readString()).isEqualTo(text);
    }

    @Property(tries = 1000)
    void binaries(@ForAll @Size(max = 300) byte[] content, @ForAll @IntRange(min = 1, max = 4) int lengthBytes) {
        int wide = content.length > 255 ? 2 : 1;
        ColumnReader varbinary = reader("varbinary(300)", ColumnReader.VARCHAR, wide == 2 ? 300 : 255, null);
        assertThat(read(varbinary, withLength(content, wide)).readBytes()).isEqualTo(content);
        if (content.length < 1L << 8 * lengthBytes) {
            for (String type : List.of("longblob", "geometry", "point")) {
                int code = type.equals("longblob") ? ColumnReader.BLOB : ColumnReader.GEOMETRY;
                assertThat(read(reader(type, code, lengthBytes, null), withLength(content, lengthBytes))
                                .readBytes())
                        .isEqualTo(content);
            }
        }
    }

    /** The log leaves trailing zeros out. */
    @Property(tries = 1000)
    void paddedBinaries(@ForAll @Size(max = 255) byte[] content, @ForAll @IntRange(max = 255) int size) {
        byte[] stored = Arrays.copyOf(content, size);
        int end = size;
        while (end > 0 && stored[end - 1] == 0) {
            end--;
        }
        ColumnReader reader =
                reader("binary(" + size + ")", ColumnReader.STRING, ColumnReader.STRING << 8 | size, null);
        assertThat(read(reader, withLength(Arrays.copyOf(stored, end), 1)).readBytes())
                .isEqualTo(stored);
    }

    /** CHAR of more than 255 bytes: bits 8 and 9 of its length are in the real type's byte, inverted. */
    @Property(tries = 500)
    void lengthsOfCharColumns(@ForAll @IntRange(min = 1, max = 1020) int bytes) {
        int metadata = ((ColumnReader.STRING ^ (bytes & 0x300) >> 4) << 8) | (bytes & 0xff);
        ColumnReader reader = reader("char(255)", ColumnReader.STRING, metadata, "utf8mb4");
        byte[] content = "x".repeat(Math.min(bytes, 200)).getBytes(StandardCharsets.US_ASCII);
        assertThat(read(reader, withLength(content, bytes > 255 ? 2 : 1)).readString())
                .hasSize(content.length);
    }

    @Property(tries = 1000)
    void oldDatesAndTimes(
            @ForAll @LongRange(max = 9999) long year,
            @ForAll @IntRange(max = 12) int month,
            @ForAll @IntRange(max = 31) int day,
            @ForAll @IntRange(max = 86_399) int second) {
        int clock = second / 3600 * 10_000 + second / 60 % 60 * 100 + second % 60;
        String time =
                String.format(java.util.Locale.ROOT, "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
        String date = String.format(java.util.Locale.ROOT, "%04d-%02d-%02d", year, month, day);
        long stored = (year * 10_000 + month * 100 + day) * 1_000_000 + clock;
        assertThat(read(reader("datetime", ColumnReader.DATETIME, 0, null), littleEndian(stored, 8))
                        .readString())
                .isEqualTo(date + " " + time);
        assertThat(read(reader("time", ColumnReader.TIME, 0, null), littleEndian(-clock, 3))
                        .readString())
                .isEqualTo((clock == 0 ? "" : "-") + time);
    }

    @Test
    void aTypeThatIsNotTheKnownOneHasNoReader() {
        for (String known :
                List.of("int", "varchar(9)", "double", "bit(9)", "json", "enum('a')", "decimal(10,2)", "date")) {
            Column column = new Column("v", MySqlType.parse(known), "utf8mb4", null, true, false);
            assertThat(ColumnReader.of(column, ColumnReader.LONGLONG, 0, null))
                    .as(known)
                    .isNull();
        }
        Column decimal = new Column("v", MySqlType.parse("decimal(10,2)"), null, null, true, false);
        assertThat(ColumnReader.of(decimal, ColumnReader.NEWDECIMAL, 3 << 8 | 10, null))
                .isNull();
        assertThat(ColumnReader.of(decimal, ColumnReader.NEWDECIMAL, 2 << 8 | 10, null))
                .isNotNull();
    }
}
