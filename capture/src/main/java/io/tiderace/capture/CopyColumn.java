package io.tiderace.capture;

import io.tiderace.schemas.Column;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.WireBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads one column for the first copy, so that the wire bytes are those that the stream gives: the expression to select, and what to do with the
 * bytes that MySQL's text protocol brings. Results must come in the columns' own character sets. Not thread-safe.
 */
abstract class CopyColumn {
    private final String name;

    private CopyColumn(String name) {
        this.name = name;
    }

    /** @throws BadValueException when the column's character set cannot be decoded */
    static CopyColumn of(Column column) {
        String name = TableName.quote(column.name());
        boolean isFilled = column.type().text().toLowerCase(Locale.ROOT).contains("zerofill");
        return switch (column.type().name()) {
            case "tinyint", "smallint", "mediumint", "int", "year" -> new Whole(name);
            case "bigint" -> column.type().unsigned() ? new Digits(name, isFilled) : new Whole(name);
            case "decimal" -> new Digits(name, isFilled);
            case "float" -> new Floating(name, false);
            case "double" -> new Floating(name, true);
            case "date", "datetime", "timestamp", "time" -> new Printed(name);
            case "json" -> new Json(name);
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" -> new Text(name, column, true);
            case "enum", "set" -> new Text(name, column, false);
            case "binary", "varbinary" -> new Binary(name, true);
            default -> new Binary(name, false);
        };
    }

    /** What to select. */
    String expression() {
        return name;
    }

    String name() {
        return name;
    }

    /** Writes the value by the column's wire type. */
    abstract void write(byte[] text, WireBuffer out);

    /** The value as an SQL literal that compares with the column as the value does, null when there is none for the type. */
    abstract @Nullable String literal(byte[] text);

    /** True when the order of the values is that of their literals, so that a copy can go on after one. */
    boolean isOrdered() {
        return true;
    }

    private static String ascii(byte[] text) {
        return new String(text, StandardCharsets.US_ASCII);
    }

    private static final class Whole extends CopyColumn {
        Whole(String name) {
            super(name);
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            boolean negative = text[0] == '-';
            long value = 0;
            for (int i = negative ? 1 : 0; i < text.length; i++) {
                value = value * 10 - (text[i] - '0'); // downwards, for the smallest number has no positive counterpart
            }
            out.writeLong(negative ? value : -value);
        }

        @Override
        String literal(byte[] text) {
            return ascii(text);
        }
    }

    private static final class Digits extends CopyColumn {
        private final boolean isFilled;

        Digits(String name, boolean isFilled) {
            super(name);
            this.isFilled = isFilled;
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            if (isFilled) {
                out.writeAscii(Decimals.withoutFilling(ascii(text)));
            } else {
                out.writeUtf8(text, 0, text.length);
            }
        }

        @Override
        String literal(byte[] text) {
            return ascii(text);
        }
    }

    /** As printed, a FLOAT has six digits only and a DOUBLE(m,d) only d: as a product it is printed with all it has. */
    private static final class Floating extends CopyColumn {
        private final boolean isDouble;

        Floating(String name, boolean isDouble) {
            super(name);
            this.isDouble = isDouble;
        }

        @Override
        String expression() {
            return name() + " * 1e0";
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            double value = Double.parseDouble(ascii(text));
            if (isDouble) {
                out.writeDouble(value);
            } else {
                out.writeFloat((float) value);
            }
        }

        @Override
        @Nullable
        String literal(byte[] text) {
            return null;
        }

        @Override
        boolean isOrdered() {
            return false;
        }
    }

    private static final class Printed extends CopyColumn {
        Printed(String name) {
            super(name);
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            out.writeUtf8(text, 0, text.length);
        }

        @Override
        String literal(byte[] text) {
            return "'" + ascii(text) + "'";
        }
    }

    private static final class Json extends CopyColumn {
        Json(String name) {
            super(name);
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            out.writeUtf8(text, 0, text.length);
        }

        @Override
        @Nullable
        String literal(byte[] text) {
            return null;
        }

        @Override
        boolean isOrdered() {
            return false;
        }
    }

    /** Characters, and ENUM and SET by name; those two are ordered by number. */
    private static final class Text extends CopyColumn {
        private final @Nullable String charset;
        private final TextCodec codec;
        private final boolean isOrdered;

        Text(String name, Column column, boolean isOrdered) {
            super(name);
            charset = column.charset();
            codec = TextCodec.of(charset);
            this.isOrdered = isOrdered;
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            codec.write(text, 0, text.length, out);
        }

        @Override
        @Nullable
        String literal(byte[] text) {
            String introducer = charset == null ? "utf8mb4" : charset;
            return isOrdered ? "_" + introducer + " x'" + HexFormat.of().formatHex(text) + "'" : null;
        }

        @Override
        boolean isOrdered() {
            return isOrdered;
        }
    }

    private static final class Binary extends CopyColumn {
        private final boolean isOrdered;

        Binary(String name, boolean isOrdered) {
            super(name);
            this.isOrdered = isOrdered;
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            out.writeBytes(text, 0, text.length);
        }

        @Override
        @Nullable
        String literal(byte[] text) {
            return isOrdered ? "x'" + HexFormat.of().formatHex(text) + "'" : null;
        }

        @Override
        boolean isOrdered() {
            return isOrdered;
        }
    }
}
