package io.tiderace.tests;

import io.tiderace.schemas.TideraceException.TargetException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Foreign keys that TiDB checks. */
class ApplierForeignKeysTiDbIT extends ApplierForeignKeysContract {
    ApplierForeignKeysTiDbIT() {
        super(true);
    }

    /** As TiDB before 6.6 does not either. */
    @Test
    void aTargetThatDoesNotCheckThemIsRefused() throws Exception {
        sql("SET GLOBAL tidb_enable_foreign_key = OFF");
        try {
            assertThat(failureOf(start(checking())))
                    .isInstanceOf(TargetException.class)
                    .hasMessageContaining("TR-A017")
                    .hasMessageContaining("foreign_key_checks");
        } finally {
            sql("SET GLOBAL tidb_enable_foreign_key = ON");
        }
    }
}
