package io.tiderace.capture;

/** Text in UTF-16 and UTF-32, and in UCS-2, where each half of a surrogate pair is a character for MySQL but none for anybody else. */
final class UnicodeText extends ConvertedText {
    private final int bytes;
    private final boolean isLittleEndian;
    private final boolean hasPairs;

    UnicodeText(String charset) {
        super(charset, false);
        bytes = charset.equals("utf32") ? 4 : 2;
        isLittleEndian = charset.equals("utf16le");
        hasPairs = charset.startsWith("utf16");
    }

    @Override
    boolean convert(byte[] in, int from, int to) {
        if ((to - from) % bytes != 0) {
            return false;
        }
        for (int i = from; i < to; i += bytes) {
            int point = unit(in, i);
            if (point >= 0xd800 && point <= 0xdfff) {
                int low = hasPairs && point < 0xdc00 && to - i > 2 ? unit(in, i + 2) : 0;
                if (low < 0xdc00 || low > 0xdfff) {
                    return false;
                }
                point = Character.toCodePoint((char) point, (char) low);
                i += 2;
            } else if (point < 0 || point > 0x10ffff) {
                return false;
            }
            put(point);
        }
        return true;
    }

    private int unit(byte[] in, int at) {
        if (isLittleEndian) {
            return (in[at] & 0xff) | (in[at + 1] & 0xff) << 8;
        }
        int high = (in[at] & 0xff) << 8 | (in[at + 1] & 0xff);
        return bytes == 2 ? high : high << 16 | (in[at + 2] & 0xff) << 8 | (in[at + 3] & 0xff);
    }
}
