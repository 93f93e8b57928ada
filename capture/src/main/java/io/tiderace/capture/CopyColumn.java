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
            case "bit" -> new Bit(name);
            case "bigint" -> column.type().unsigned() ? new Digits(name, isFilled) : new Whole(name);
            case "decimal" -> new Digits(name, isFilled);
            case "float" -> new Floating(name, false);
            case "double" -> new Floating(name, true);
            case "date", "datetime", "timestamp", "time" -> new Printed(name);
            case "json" -> new Json(name);
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" -> new Text(name, column);
            case "enum", "set" -> new Member(name, column);
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

    /** What to select for {@link #literal}. */
    String keyExpression() {
        return expression();
    }

    /**
     * The value as an SQL literal that the server compares with the column as it orders the column's index.
     *
     * @param text what came for {@link #keyExpression}
     */
    abstract String literal(byte[] text);

    /** True when there are such literals for the type. */
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

        /** With an exponent it is a DOUBLE for the server too. */
        @Override
        String literal(byte[] text) {
            String printed = ascii(text);
            return printed.contains("e") ? printed : printed + "e0";
        }
    }

    private static final class Bit extends CopyColumn {
        Bit(String name) {
            super(name);
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            out.writeBytes(text, 0, text.length);
        }

        @Override
        String keyExpression() {
            return name() + " + 0";
        }

        @Override
        String literal(byte[] text) {
            return ascii(text);
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
        String literal(byte[] text) {
            throw new IllegalStateException("JSON has no order");
        }

        @Override
        boolean isOrdered() {
            return false;
        }
    }

    private static final class Text extends CopyColumn {
        private final @Nullable String charset;
        private final TextCodec codec;

        Text(String name, Column column) {
            super(name);
            charset = column.charset();
            codec = TextCodec.of(charset);
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            codec.write(text, 0, text.length, out);
        }

        @Override
        String literal(byte[] text) {
            String introducer = charset == null ? "utf8mb4" : charset;
            return "_" + introducer + " x'" + HexFormat.of().formatHex(text) + "'";
        }
    }

    /** ENUM and SET: written by name, ordered by number. */
    private static final class Member extends CopyColumn {
        private final TextCodec codec;

        Member(String name, Column column) {
            super(name);
            codec = TextCodec.of(column.charset());
        }

        @Override
        void write(byte[] text, WireBuffer out) {
            codec.write(text, 0, text.length, out);
        }

        @Override
        String keyExpression() {
            return name() + " + 0";
        }

        @Override
        String literal(byte[] text) {
            return ascii(text);
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
        String literal(byte[] text) {
            if (!isOrdered) {
                throw new IllegalStateException("values of " + name() + " have no order");
            }
            return "x'" + HexFormat.of().formatHex(text) + "'";
        }

        @Override
        boolean isOrdered() {
            return isOrdered;
        }
    }
}
