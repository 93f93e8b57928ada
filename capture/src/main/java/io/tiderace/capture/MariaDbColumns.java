package io.tiderace.capture;

import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.WireBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Readers of what only MariaDB's row events have: {@code uuid}, {@code inet6}, {@code inet4}, compressed columns, and the dates and times with
 * fractions of {@code mysql56_temporal_format=OFF}. Source: MariaDB Server, {@code sql_type_fixedbin.h}, {@code sql_type_inet.cc},
 * {@code field.cc} ({@code Field_longstr::uncompress}, {@code Field_*_hires}).
 */
final class MariaDbColumns {
    private MariaDbColumns() {}

    /** Null where the column is read as MySQL's are, or the log's type cannot be the structure's. */
    static @Nullable ColumnReader of(MySqlType type, int code, int length, int metadata, @Nullable String charset) {
        return switch (type.name()) {
            case "uuid" -> isFixed(code, length, 16) ? new FixedText(16, MariaDbColumns::uuid) : null;
            case "inet6" -> isFixed(code, length, 16) ? new FixedText(16, MariaDbColumns::inet6) : null;
            case "inet4" -> isFixed(code, length, 4) ? new FixedText(4, MariaDbColumns::inet4) : null;
            case "varchar", "varbinary", "tinytext", "text", "mediumtext", "longtext" ->
                compressed(type, code, metadata, charset);
            case "tinyblob", "blob", "mediumblob", "longblob" -> compressed(type, code, metadata, charset);
            case "datetime", "timestamp", "time" -> old(type, code);
            default -> null;
        };
    }

    private static boolean isFixed(int code, int length, int bytes) {
        return code == ColumnReader.STRING && length == bytes;
    }

    private static @Nullable ColumnReader compressed(MySqlType type, int code, int metadata, @Nullable String charset) {
        boolean isVarying = type.name().startsWith("var");
        int lengthBytes = code == ColumnReader.VARCHAR_COMPRESSED && isVarying
                ? (metadata > 255 ? 2 : 1)
                : code == ColumnReader.BLOB_COMPRESSED && !isVarying ? metadata : 0;
        if (lengthBytes == 0) {
            return null;
        }
        boolean isText = type.wire() == MySqlType.Wire.STRING;
        return isText && "binary".equals(charset)
                ? null
                : new Compressed(lengthBytes, isText ? TextCodec.of(charset) : null);
    }

    private static @Nullable ColumnReader old(MySqlType type, int code) {
        if (type.length() <= 0) {
            return null; // without a fraction it is stored as MySQL 5.5 stored it
        }
        return switch (type.name()) {
            case "datetime" -> code == ColumnReader.DATETIME ? new OldTemporal(code, type.length()) : null;
            case "timestamp" -> code == ColumnReader.TIMESTAMP ? new OldTemporal(code, type.length()) : null;
            default -> code == ColumnReader.TIME ? new OldTemporal(code, type.length()) : null;
        };
    }

    private static void hex(StringBuilder out, int value) {
        out.append(Character.forDigit(value >> 4 & 15, 16)).append(Character.forDigit(value & 15, 16));
    }

    private static void uuid(byte[] in, StringBuilder out) {
        for (int i = 0; i < 16; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10) {
                out.append('-');
            }
            hex(out, in[i]);
        }
    }

    private static void inet4(byte[] in, StringBuilder out) {
        inet4(in, 0, out);
    }

    private static void inet4(byte[] in, int at, StringBuilder out) {
        for (int i = at; i < at + 4; i++) {
            out.append(i == at ? "" : ".").append(in[i] & 0xff);
        }
    }

    /** The longest run of zero groups (the first of equals, of one group too) is left out; IPv4 addresses in it are written as such. */
    private static void inet6(byte[] in, StringBuilder out) {
        int[] words = new int[8];
        for (int i = 0; i < 8; i++) {
            words[i] = (in[2 * i] & 0xff) << 8 | (in[2 * i + 1] & 0xff);
        }
        int gap = -1;
        int gapLength = 0;
        for (int i = 0; i < 8; ) {
            int end = i;
            while (end < 8 && words[end] == 0) {
                end++;
            }
            if (end - i > gapLength) {
                gap = i;
                gapLength = end - i;
            }
            i = end + 1;
        }
        boolean isMapped = gap == 0 && gapLength == 5 && words[5] == 0xffff;
        boolean isCompatible = gap == 0 && gapLength == 6;
        for (int i = 0; i < 8; ) {
            if (i == gap) {
                out.append(i == 0 ? "::" : ":");
                i += gapLength;
            } else if (i == 6 && (isMapped || isCompatible)) {
                inet4(in, 12, out);
                return;
            } else {
                out.append(Integer.toHexString(words[i])).append(i < 7 ? ":" : "");
                i++;
            }
        }
    }

    /** Prints a value of fixed length. */
    @FunctionalInterface
    private interface Printer {
        void print(byte[] value, StringBuilder out);
    }

    /** The log leaves trailing zeros out. */
    private static final class FixedText extends ColumnReader {
        private final byte[] value;
        private final Printer printer;
        private final StringBuilder text = new StringBuilder();

        FixedText(int size, Printer printer) {
            value = new byte[size];
            this.printer = printer;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = in[at] & 0xff;
            if (length > value.length) {
                throw new BadValueException("a value of " + length + " bytes, known are " + value.length);
            }
            for (int i = 0; i < value.length; i++) {
                value[i] = i < length ? in[at + 1 + i] : 0;
            }
            text.setLength(0);
            printer.print(value, text);
            out.writeAscii(text);
            return at + 1 + length;
        }
    }

    /** A byte says how the rest is stored: 0 as it is, 8 in its upper half deflated, the lower half then tells how its length is written. */
    private static final class Compressed extends ColumnReader {
        private static final int AS_IT_IS = 0;
        private static final int DEFLATED = 8;
        private static final int WITHOUT_ZLIB_HEADER = 8;

        private final int lengthBytes;
        private final @Nullable TextCodec codec;

        /** @param codec null for bytes */
        Compressed(int lengthBytes, @Nullable TextCodec codec) {
            this.lengthBytes = lengthBytes;
            this.codec = codec;
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            int length = length(in, at, lengthBytes);
            int start = at + lengthBytes;
            int end = start + length;
            int method = length == 0 ? AS_IT_IS : in[start] >> 4 & 15;
            if (method == AS_IT_IS) {
                write(in, length == 0 ? start : start + 1, end, out);
            } else if (method == DEFLATED) {
                byte[] plain = inflate(in, start, end);
                write(plain, 0, plain.length, out);
            } else {
                throw new BadValueException("a value compressed in an unknown way (" + method + ")");
            }
            return end;
        }

        private void write(byte[] in, int from, int end, WireBuffer out) {
            if (codec == null) {
                out.writeBytes(in, from, end - from);
            } else {
                codec.write(in, from, end - from, out);
            }
        }

        private static byte[] inflate(byte[] in, int start, int end) {
            int sizeBytes = in[start] & 7;
            long size = Temporals.bigEndian(in, start + 1, sizeBytes);
            if (size > Integer.MAX_VALUE - 16) {
                throw new BadValueException("a value of " + size + " bytes");
            }
            byte[] plain = new byte[(int) size];
            try {
                MariaDbEvents.inflate(in, start + 1 + sizeBytes, end, plain, 0, (in[start] & WITHOUT_ZLIB_HEADER) != 0);
            } catch (IOException e) {
                throw new BadValueException(String.valueOf(e.getMessage()));
            }
            return plain;
        }
    }

    /** Big-endian, the fraction in as many bytes as it needs. */
    private static final class OldTemporal extends ColumnReader {
        private static final int[] FRACTION_BYTES = {0, 1, 1, 2, 2, 3, 3};
        private static final int[] DATETIME_BYTES = {5, 6, 6, 7, 7, 7, 8};
        private static final int[] TIME_BYTES = {3, 4, 4, 5, 5, 5, 6};
        private static final long[] UNIT = {1_000_000, 100_000, 10_000, 1_000, 100, 10, 1};
        /** 838:59:59 and a second. */
        private static final long TIME_ZERO_SECONDS = 3_020_400;

        private final int code;
        private final int digits;
        private final int bytes;
        private final StringBuilder text = new StringBuilder();

        OldTemporal(int code, int digits) {
            this.code = code;
            this.digits = digits;
            bytes = code == DATETIME
                    ? DATETIME_BYTES[digits]
                    : code == TIME ? TIME_BYTES[digits] : 4 + FRACTION_BYTES[digits];
        }

        @Override
        int read(byte[] in, int at, WireBuffer out) {
            text.setLength(0);
            long unit = UNIT[digits];
            if (code == TIMESTAMP) {
                int micros = (int) (Temporals.bigEndian(in, at + 4, bytes - 4) * unit);
                Temporals.instant(text, Temporals.bigEndian(in, at, 4), micros, digits);
            } else if (code == TIME) {
                time((Temporals.bigEndian(in, at, bytes) - TIME_ZERO_SECONDS * 1_000_000 / unit) * unit);
            } else {
                datetime(Temporals.bigEndian(in, at, bytes) * unit);
            }
            out.writeAscii(text);
            return at + bytes;
        }

        private void time(long signed) {
            if (signed < 0) {
                text.append('-');
            }
            clock(Math.abs(signed), false);
        }

        private void datetime(long packed) {
            long day = packed / 86_400_000_000L; // hours were counted in 24 and days in 32
            long month = day / 32;
            Temporals.date(text, (int) (month / 13), (int) (month % 13), (int) (day % 32));
            text.append(' ');
            clock(packed, true);
        }

        private void clock(long micros, boolean isOfDay) {
            long seconds = micros / 1_000_000;
            long hours = seconds / 3600;
            Temporals.clock(
                    text, (int) (isOfDay ? hours % 24 : hours), (int) (seconds / 60 % 60), (int) (seconds % 60));
            Temporals.fraction(text, (int) (micros % 1_000_000), digits);
        }
    }
}
