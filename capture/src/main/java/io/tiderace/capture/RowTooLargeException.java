package io.tiderace.capture;

import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;

/** A row change makes a record that Kafka may not take; whoever knows its place says so. */
final class RowTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String CODE = "TR-C062";
    private static final String CURE =
            "raise max-message-bytes in tiderace.yaml to more than twice the largest row and start again: it goes on"
                    + " where it stopped; or leave the table out with the block-allow list";

    private final String row;

    /** @param row {@code " of the row with id=7"}, empty when its key is not known */
    RowTooLargeException(TableName table, String row) {
        super("table " + table + ": a change" + row + " is too large");
        this.row = "table " + table + ": a change" + row;
    }

    /** @param place of the change, ending in a colon and a space */
    DataException at(String place, int recordBytesMax) {
        return new DataException(
                CODE,
                place + row + " has values of more than " + recordBytesMax
                        + " bytes before and after it, and so does not fit into the relay topic (max-message-bytes)",
                CURE);
    }

    /** When only Kafka's client noticed. */
    static DataException somewhere(String sourceId, Throwable cause) {
        return new DataException(
                CODE,
                "source " + sourceId + ": a record does not fit into its topic: " + cause.getMessage(),
                CURE,
                cause);
    }
}
