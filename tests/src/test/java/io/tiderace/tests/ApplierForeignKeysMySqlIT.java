package io.tiderace.tests;

/** Foreign keys that MySQL checks. */
class ApplierForeignKeysMySqlIT extends ApplierForeignKeysContract {
    ApplierForeignKeysMySqlIT() {
        super(false);
    }
}
