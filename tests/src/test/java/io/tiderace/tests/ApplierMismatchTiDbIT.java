package io.tiderace.tests;

/** What the target holds otherwise, or refuses, on TiDB. */
class ApplierMismatchTiDbIT extends ApplierMismatchContract {
    ApplierMismatchTiDbIT() {
        super(true);
    }
}
