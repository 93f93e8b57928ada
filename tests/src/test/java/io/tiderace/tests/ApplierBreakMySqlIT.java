package io.tiderace.tests;

/** Interruptions at every request to MySQL. */
class ApplierBreakMySqlIT extends ApplierBreakContract {
    ApplierBreakMySqlIT() {
        super(false, "ALTER TABLE same FORCE");
    }
}
