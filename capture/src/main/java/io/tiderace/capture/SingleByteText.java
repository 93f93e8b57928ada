package io.tiderace.capture;

/** Text of a character set with one byte a character. */
final class SingleByteText extends ConvertedText {
    private final char[] characters;

    /** @param characters by byte, 0 for a byte that is none */
    SingleByteText(String charset, char[] characters) {
        super(charset, !charset.equals("swe7"));
        this.characters = characters;
    }

    @Override
    boolean convert(byte[] in, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = characters[in[i] & 0xff];
            if (c == 0 && in[i] != 0) {
                return false;
            }
            put(c);
        }
        return true;
    }
}
