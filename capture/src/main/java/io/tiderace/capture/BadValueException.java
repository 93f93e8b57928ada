package io.tiderace.capture;

/** A column's bytes cannot be carried as they are; the caller adds where in the log they were and stops the source. */
final class BadValueException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadValueException(String problem) {
        super(problem);
    }
}
