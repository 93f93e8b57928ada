package io.tiderace.tests;

import org.junit.jupiter.api.Test;

/** Interruptions at every request to MySQL. */
class ApplierBreakMySqlIT extends ApplierBreakContract {
    ApplierBreakMySqlIT() {
        super(false);
    }

    /** TiDB does not always keep such a statement waiting for a reader of the table. */
    @Test
    void aLongStatementThatLeavesItsTableAsItIsRunsOnce() throws Exception {
        runsOnce("ALTER TABLE same FORCE");
    }
}
