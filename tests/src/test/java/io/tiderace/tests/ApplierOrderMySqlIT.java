package io.tiderace.tests;

/** The order of commits on MySQL. */
class ApplierOrderMySqlIT extends ApplierOrderContract {
    ApplierOrderMySqlIT() {
        super(false);
    }
}
