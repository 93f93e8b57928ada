package io.tiderace.capture;

/** Text of the Chinese, Japanese and Korean character sets. */
final class MultiByteText extends ConvertedText {
    private static final int SINGLE_SHIFT_3 = 0x8f;
    /** Number of the four-byte code 90308130, which stands for U+10000. */
    private static final int GB18030_SUPPLEMENTARY = 189_000;

    private final CharsetTables.Multi table;

    MultiByteText(String charset, CharsetTables.Multi table) {
        super(charset, true);
        this.table = table;
    }

    @Override
    boolean convert(byte[] in, int from, int to) {
        char[] two = table.two();
        char[] three = table.three();
        int i = from;
        while (i < to) {
            int first = in[i] & 0xff;
            int left = to - i;
            int point = first < 0x80 ? first : two[first];
            int bytes = 1;
            if (point == 0 && first != 0 && left > 1) {
                int second = in[i + 1] & 0xff;
                bytes = 2;
                if (three != null && first == SINGLE_SHIFT_3 && left > 2) {
                    bytes = 3;
                    point = three[second << 8 | (in[i + 2] & 0xff)];
                } else if (second >= '0' && second <= '9' && left > 3) {
                    bytes = 4;
                    point = four(first, second, in[i + 2] & 0xff, in[i + 3] & 0xff);
                } else {
                    point = two[first << 8 | second];
                }
            }
            if (point == 0 && first != 0) {
                return false;
            }
            put(point);
            i += bytes;
        }
        return true;
    }

    private int four(int first, int second, int third, int fourth) {
        char[] four = table.four();
        if (four == null || third < 0x81 || third > 0xfe || fourth < '0' || fourth > '9') {
            return 0;
        }
        int number = (((first - 0x81) * 10 + second - '0') * 126 + third - 0x81) * 10 + fourth - '0';
        if (number < four.length) {
            return four[number];
        }
        int point = number - GB18030_SUPPLEMENTARY + 0x10000;
        return number >= GB18030_SUPPLEMENTARY && point <= 0x10ffff ? point : 0;
    }
}
