package io.tiderace.tests;

/** The order of commits on TiDB. */
class ApplierOrderTiDbIT extends ApplierOrderContract {
    ApplierOrderTiDbIT() {
        super(true);
    }
}
