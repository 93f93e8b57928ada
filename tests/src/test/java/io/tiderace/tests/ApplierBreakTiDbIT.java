package io.tiderace.tests;

/** Interruptions at every request to TiDB. */
class ApplierBreakTiDbIT extends ApplierBreakContract {
    ApplierBreakTiDbIT() {
        super(true);
    }
}
