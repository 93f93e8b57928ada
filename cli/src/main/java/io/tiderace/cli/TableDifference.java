package io.tiderace.cli;

import java.util.List;

/**
 * What a comparison found out about one target table.
 *
 * @param problems sentences: what is missing or differs apart from single rows
 * @param rows at most {@link #ROWS_MAX} rows that differ
 * @param isMore whether there are more than these
 */
record TableDifference(
        ComparePlan.Comparison comparison,
        long sourceRows,
        long targetRows,
        List<String> problems,
        List<Row> rows,
        boolean isMore) {
    static final int ROWS_MAX = 100;

    /** How a row differs. */
    enum Kind {
        MISSING("missing in the target"),
        EXTRA("in the target only"),
        DIFFERENT("different");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /** A row by the values of its key columns. */
    record Row(Kind kind, List<String> key) {}

    boolean isEqual() {
        return problems.isEmpty() && rows.isEmpty();
    }
}
