package io.tiderace.tests;

/** What the target holds otherwise, or refuses, on MySQL. */
class ApplierMismatchMySqlIT extends ApplierMismatchContract {
    ApplierMismatchMySqlIT() {
        super(false);
    }
}
