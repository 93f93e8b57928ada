package io.tiderace.schemas;

/** What happened to a row; the letters are Debezium's. */
public enum Op {
    /** Read by the first copy. */
    READ("r"),
    INSERT("c"),
    UPDATE("u"),
    DELETE("d");

    private final String letter;

    Op(String letter) {
        this.letter = letter;
    }

    public String letter() {
        return letter;
    }

    /** @throws IllegalArgumentException for a letter that is not one of r, c, u, d */
    public static Op of(String letter) {
        return switch (letter) {
            case "r" -> READ;
            case "c" -> INSERT;
            case "u" -> UPDATE;
            case "d" -> DELETE;
            default -> throw new IllegalArgumentException("unknown op '" + letter + "'");
        };
    }
}
