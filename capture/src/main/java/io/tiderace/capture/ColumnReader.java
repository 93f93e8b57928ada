package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.WireBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns one column's bytes in a row event into its wire value. Made per table map by {@link #of}, which also checks that the log's type is the
 * one the known structure says. Not thread-safe. Source: MySQL internals, {@code rows_event.cpp} and {@code field.cc} ({@code Field::pack}).
 */
abstract class ColumnReader {
    // codes of enum_field_types
    static final int DECIMAL_OLD = 0;
    static final int TINY = 1;
    static final int SHORT = 2;
    static final int LONG = 3;
    static final int FLOAT = 4;
    static final int DOUBLE = 5;
    static final int TIMESTAMP = 7;
    static final int LONGLONG = 8;
    static final int INT24 = 9;
    static final int DATE = 10;
    static final int TIME = 11;
    static final int DATETIME = 12;
    static final int YEAR = 13;
    static final int VARCHAR = 15;
    static final int BIT = 16;
    static final int TIMESTAMP2 = 17;
    static final int DATETIME2 = 18;
    static final int TIME2 = 19;
    /** MariaDB's {@code COMPRESSED} columns. */
    static final int BLOB_COMPRESSED = 140;

    static final int VARCHAR_COMPRESSED = 141;
    static final int JSON = 245;
    static final int NEWDECIMAL = 246;
    static final int ENUM = 247;
    static final int SET = 248;
    static final int BLOB = 252;
    static final int VAR_STRING = 253;
    static final int STRING = 254;
    static final int GEOMETRY = 255;

    /** Writes the value that begins at {@code at} and gives the offset just after it. */
    abstract int read(byte[] in, int at, WireBuffer out);

    /** The offset just after the value that begins at {@code at}, also where its bytes mean nothing. */
    int end(byte[] in, int at) {
        return read(in, at, new WireBuffer(64));
    }

    /**
     * @param typeCode and {@code metadata} as the table map has them
     * @param charset from the table map, else from the structure
     * @return null when the log's type cannot be the structure's
     */
    static @Nullable ColumnReader of(Column column, int typeCode, int metadata, @Nullable String charset) {
        MySqlType type = column.type();
        int code = typeCode;
        int length = metadata;
        if (code == STRING) {
            // the metadata's first byte is the real type, with the length's bits 8 and 9 inverted in its bits 4 and 5
            int first = metadata >> 8;
            length = metadata & 0xff;
            if (metadata >= 256 && (first & 0x30) != 0x30) {
                length |= ((first & 0x30) ^ 0x30) << 4;
                code = first | 0x30;
            } else if (metadata >= 256) {
                code = first;
            }
        }
        ColumnReader ofMariaDb = MariaDbColumns.of(type, code, length, metadata, charset);
        if (ofMariaDb != null) {
            return ofMariaDb;
        }
        return switch (type.name()) {
            case "tinyint" -> code == TINY ? new Integers(1, type.unsigned()) : null;
            case "smallint" -> code == SHORT ? new Integers(2, type.unsigned()) : null;
            case "mediumint" -> code == INT24 ? new Integers(3, type.unsigned()) : null;
            case "int" -> code == LONG ? new Integers(4, type.unsigned()) : null;
            case "bigint" -> code != LONGLONG ? null : type.unsigned() ? new UnsignedBigint() : new Integers(8, false);
            case "year" -> code == YEAR ? new Year() : null;
            case "float" -> code == FLOAT ? new Floats() : null;
            case "double" -> code == DOUBLE ? new Doubles() : null;
            case "decimal" -> decimal(type, code, metadata);
            case "bit" -> code == BIT ? new Fixed((metadata >> 8) + ((metadata & 0xff) > 0 ? 1 : 0)) : null;
            case "date" -> code == DATE ? new TemporalReader(DATE, 0, 3) : null;
            case "datetime" ->
                code == DATETIME2
                        ? new TemporalReader(DATETIME2, metadata, 5 + Temporals.fractionBytes(metadata))
                        : code == DATETIME ? new TemporalReader(DATETIME, 0, 8) : null;
            case "timestamp" ->
                code == TIMESTAMP2
                        ? new TemporalReader(TIMESTAMP2, metadata, 4 + Temporals.fractionBytes(metadata))
                        : code == TIMESTAMP ? new TemporalReader(TIMESTAMP, 0, 4) : null;
            case "time" ->
                code == TIME2
                        ? new TemporalReader(TIME2, metadata, 3 + Temporals.fractionBytes(metadata))
                        : code == TIME ? new TemporalReader(TIME, 0, 3) : null;
            case "enum" -> code == ENUM ? new Enumeration(length, type.members()) : null;
            case "set" -> code == SET ? new Members(length, type.members()) : null;
            case "json" -> code == JSON ? new Json(metadata) : null;
            case "char" -> code == STRING && !"binary".equals(charset) ? new Text(length > 255 ? 2 : 1, charset) : null;
            case "binary" ->
                code == STRING ? new PaddedBinary(length > 255 ? 2 : 1, type.length() < 0 ? 1 : type.length()) : null;
            case "varchar" ->
                isVarString(code) && !"binary".equals(charset) ? new Text(metadata > 255 ? 2 : 1, charset) : null;
            case "varbinary" -> isVarString(code) ? new Binary(metadata > 255 ? 2 : 1) : null;
            case "tinytext", "text", "mediumtext", "longtext" ->
                code == BLOB && !"binary".equals(charset) ? new Text(metadata, charset) : null;
            case "tinyblob", "blob", "mediumblob", "longblob" -> code == BLOB ? new Binary(metadata) : null;
            default -> code == GEOMETRY ? new Binary(metadata) : null;
        };
    }

    private static boolean isVarString(int code) {
        return code == VARCHAR || code == VAR_STRING;
    }

    private static @Nullable ColumnReader decimal(MySqlType type, int code, int metadata) {
        int precision = metadata & 0xff;
        int scale = metadata >> 8;
        boolean same = precision == (type.length() < 0 ? 10 : type.length()) && scale == Math.max(type.scale(), 0);
        return code == NEWDECIMAL && same ? new Decimal(precision, scale) : null;
    }

    static int length(byte[] in, int at, int bytes) {
        int length = Temporals.littleEndian(in, at, bytes);
        if (length < 0) {
            throw new BadValueException("a value of more than 2 GiB");
        }
        return length;
    }

    private static final class Integers extends ColumnReader {
        private final int bytes;
        private final boolean unsigned;

        Integers(int bytes, boolean unsigned) {
            this.bytes = bytes;
            this.unsigned = unsigned;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            long value = 0;
            for (int i = bytes - 1; i >= 0; i--) {
                value = value << 8 | (in[at + i] & 0xff);
            }
            int unused = 64 - 8 * bytes;
            out.writeLong(unsigned ? value : value << unused >> unused);
            return at + bytes;
        }
    }

    private static final class UnsignedBigint extends ColumnReader {
        @Override
        int read(byte[] in, int at, WireBuffer out) {
            long value = 0;
            for (int i = 7; i >= 0; i--) {
                value = value << 8 | (in[at + i] & 0xff);
            }
            out.writeAscii(Long.toUnsignedString(value));
            return at + 8;
        }
    }

    private static final class Year extends ColumnReader {
        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int value = in[at] & 0xff;
            out.writeLong(value == 0 ? 0 : 1900 + value);
            return at + 1;
        }
    }

    private static final class Floats extends ColumnReader {
        @Override
        int read(byte[] in, int at, WireBuffer out) {
            out.writeRaw(in, at, 4); // both sides are little-endian IEEE 754
            return at + 4;
        }
    }

    private static final class Doubles extends ColumnReader {
        @Override
        int read(byte[] in, int at, WireBuffer out) {
            out.writeRaw(in, at, 8);
            return at + 8;
        }
    }

    private static final class Decimal extends ColumnReader {
        private final int precision;
        private final int scale;
        private final int bytes;
        private final StringBuilder text = new StringBuilder();

        Decimal(int precision, int scale) {
            this.precision = precision;
            this.scale = scale;
            bytes = Decimals.size(precision, scale);
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            text.setLength(0);
            Decimals.append(text, in, at, precision, scale);
            out.writeAscii(text);
            return at + bytes;
        }
    }

    private static final class TemporalReader extends ColumnReader {
        private final int code;
        private final int fsp;
        private final int bytes;
        private final StringBuilder text = new StringBuilder();

        TemporalReader(int code, int fsp, int bytes) {
            this.code = code;
            this.fsp = fsp;
            this.bytes = bytes;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            text.setLength(0);
            switch (code) {
                case DATE -> Temporals.date(text, in, at);
                case DATETIME2 -> Temporals.datetime(text, in, at, fsp);
                case TIMESTAMP2 -> Temporals.timestamp(text, in, at, fsp);
                case TIME2 -> Temporals.time(text, in, at, fsp);
                case DATETIME -> Temporals.oldDatetime(text, in, at);
                case TIMESTAMP -> Temporals.oldTimestamp(text, in, at);
                default -> Temporals.oldTime(text, in, at);
            }
            out.writeAscii(text);
            return at + bytes;
        }
    }

    private static final class Enumeration extends ColumnReader {
        private final int bytes;
        private final List<String> members;

        Enumeration(int bytes, List<String> members) {
            this.bytes = bytes;
            this.members = members;
        }

        @Override
        int end(byte[] in, int at) {
            return at + bytes;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int index = Temporals.littleEndian(in, at, bytes);
            if (index > members.size()) {
                throw new BadValueException("ENUM index " + index + " of " + members.size() + " known members");
            }
            out.writeString(index == 0 ? "" : members.get(index - 1));
            return at + bytes;
        }
    }

    private static final class Members extends ColumnReader {
        private final int bytes;
        private final List<String> members;
        private final StringBuilder text = new StringBuilder();

        Members(int bytes, List<String> members) {
            this.bytes = bytes;
            this.members = members;
        }

        @Override
        int end(byte[] in, int at) {
            return at + bytes;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            text.setLength(0);
            for (int bit = 0; bit < 8 * bytes; bit++) {
                if ((in[at + bit / 8] >> (bit % 8) & 1) != 0) {
                    if (bit >= members.size()) {
                        throw new BadValueException("SET bit " + bit + " of " + members.size() + " known members");
                    }
                    text.append(text.isEmpty() ? "" : ",").append(members.get(bit));
                }
            }
            out.writeString(text.toString());
            return at + bytes;
        }
    }

    private static final class Json extends ColumnReader {
        private final int lengthBytes;
        private final JsonText json = new JsonText();

        Json(int lengthBytes) {
            this.lengthBytes = lengthBytes;
        }

        @Override
        int end(byte[] in, int at) {
            return at + lengthBytes + length(in, at, lengthBytes);
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = length(in, at, lengthBytes);
            int start = at + lengthBytes;
            out.writeString(json.text(in, start, length).toString());
            return start + length;
        }
    }

    private static final class Text extends ColumnReader {
        private final int lengthBytes;
        private final TextCodec codec;

        Text(int lengthBytes, @Nullable String charset) {
            this.lengthBytes = lengthBytes;
            codec = TextCodec.of(charset);
        }

        @Override
        int end(byte[] in, int at) {
            return at + lengthBytes + length(in, at, lengthBytes);
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = length(in, at, lengthBytes);
            codec.write(in, at + lengthBytes, length, out);
            return at + lengthBytes + length;
        }
    }

    private static final class Binary extends ColumnReader {
        private final int lengthBytes;

        Binary(int lengthBytes) {
            this.lengthBytes = lengthBytes;
        }

        @Override
        int end(byte[] in, int at) {
            return at + lengthBytes + length(in, at, lengthBytes);
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = length(in, at, lengthBytes);
            out.writeBytes(in, at + lengthBytes, length);
            return at + lengthBytes + length;
        }
    }

    /** BINARY(n): the log leaves the trailing zeros out. */
    private static final class PaddedBinary extends ColumnReader {
        private final int lengthBytes;
        private final byte[] padded;

        PaddedBinary(int lengthBytes, int size) {
            this.lengthBytes = lengthBytes;
            padded = new byte[size];
        }

        @Override
        int end(byte[] in, int at) {
            return at + lengthBytes + length(in, at, lengthBytes);
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = length(in, at, lengthBytes);
            if (length > padded.length) {
                throw new BadValueException("a BINARY value of " + length + " bytes, known are " + padded.length);
            }
            System.arraycopy(in, at + lengthBytes, padded, 0, length);
            Arrays.fill(padded, length, padded.length, (byte) 0);
            out.writeBytes(padded, 0, padded.length);
            return at + lengthBytes + length;
        }
    }

    private static final class Fixed extends ColumnReader {
        private final int bytes;

        Fixed(int bytes) {
            this.bytes = bytes;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            out.writeBytes(in, at, bytes);
            return at + bytes;
        }
    }
}
