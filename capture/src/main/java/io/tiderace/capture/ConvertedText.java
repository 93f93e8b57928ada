package io.tiderace.capture;

import io.tiderace.schemas.WireBuffer;
import java.util.Arrays;

/** A character set that is not written as UTF-8 is: characters are read one by one and written as UTF-8 into a buffer that is kept. */
abstract class ConvertedText extends TextCodec {
    private static final int KEPT_BYTES = 1 << 20;

    private final String charset;
    private final boolean isAsciiSuperset;
    private byte[] utf8 = new byte[256];
    private int size;

    /** @param isAsciiSuperset whether bytes below 80 are ASCII, wherever they begin a character */
    ConvertedText(String charset, boolean isAsciiSuperset) {
        this.charset = charset;
        this.isAsciiSuperset = isAsciiSuperset;
    }

    @Override
    final void write(byte[] in, int at, int length, WireBuffer out) {
        if (isAsciiSuperset && isAscii(in, at, length)) {
            out.writeUtf8(in, at, length);
            return;
        }
        size = 0;
        if (!convert(in, at, at + length)) {
            throw invalid(charset, in, at, length);
        }
        out.writeUtf8(utf8, 0, size);
        if (utf8.length > KEPT_BYTES) {
            utf8 = new byte[256];
        }
    }

    private static boolean isAscii(byte[] in, int at, int length) {
        int or = 0;
        for (int i = at; i < at + length; i++) {
            or |= in[i];
        }
        return or >= 0;
    }

    /** Hands every character to {@link #put}; false when the bytes are no text. */
    abstract boolean convert(byte[] in, int from, int to);

    final void put(int point) {
        if (utf8.length - size < 4) {
            utf8 = Arrays.copyOf(utf8, utf8.length * 2);
        }
        if (point < 0x80) {
            utf8[size++] = (byte) point;
        } else if (point < 0x800) {
            utf8[size++] = (byte) (0xc0 | point >> 6);
            utf8[size++] = (byte) (0x80 | (point & 0x3f));
        } else {
            if (point < 0x10000) {
                utf8[size++] = (byte) (0xe0 | point >> 12);
            } else {
                utf8[size++] = (byte) (0xf0 | point >> 18);
                utf8[size++] = (byte) (0x80 | (point >> 12 & 0x3f));
            }
            utf8[size++] = (byte) (0x80 | (point >> 6 & 0x3f));
            utf8[size++] = (byte) (0x80 | (point & 0x3f));
        }
    }
}
