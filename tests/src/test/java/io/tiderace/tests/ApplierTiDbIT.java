package io.tiderace.tests;

import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.TargetException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The applier against TiDB. */
class ApplierTiDbIT extends ApplierContract {
    ApplierTiDbIT() {
        super(true);
    }

    @Test
    void changesThatTiDbRefusesTogetherAreMadeOneByOne() throws Exception {
        TableStructure before = create("multi", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        topic.insert(before, 1, 10);
        topic.commit();
        topic.ddl(schema, "multi", "ALTER TABLE multi ADD COLUMN w INT DEFAULT 7, ADD INDEX iw (w), CHANGE v x BIGINT");
        topic.commit();
        topic.ddl(
                schema,
                "multi",
                "ALTER TABLE multi MODIFY x BIGINT COMMENT 'one, ADD two', ADD INDEX ix (x)"); // error 8200
        topic.commit();
        TableStructure after = structure("multi", "id", new String[][] {{"id", "int"}, {"x", "bigint"}, {"w", "int"}});
        topic.insert(after, 2, 20L, 8);
        topic.commit();
        applyAll(2);
        assertThat(query("SELECT id, x, w FROM " + schema + ".multi ORDER BY id"))
                .containsExactly("1|10|7", "2|20|8");
        assertThat(query("SHOW INDEX FROM " + schema + ".multi WHERE Key_name IN ('iw', 'ix')"))
                .hasSize(2);
        assertThat(query("SHOW CREATE TABLE " + schema + ".multi").get(0)).contains("COMMENT 'one, ADD two'");
        assertThat(journal()).containsExactly("done", "done");
    }

    @Test
    void ofChangesMadeOneByOneOnlyTheRefusedOneIsTriedAgain() throws Exception {
        TableStructure table = create("stuck", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        topic.insert(table, 1, 10);
        topic.commit();
        topic.ddl(schema, "stuck", "ALTER TABLE stuck ADD COLUMN w INT, ADD INDEX iw (w), MODIFY v INT AUTO_INCREMENT");
        topic.commit();
        topic.flush();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(failureOf(start(2, false)))
                    .isInstanceOf(TargetException.class)
                    .hasMessageContaining("TR-A030")
                    .hasMessageContaining("the 2 changes before are made")
                    .hasMessageContaining("MODIFY v INT AUTO_INCREMENT");
            assertThat(query("SELECT id, v, w FROM " + schema + ".stuck")).containsExactly("1|10|null");
            assertThat(journal()).containsExactly("failed");
        }
        sql("UPDATE tiderace_meta.ddl_journal SET state = 'done' WHERE task = '" + task.replace("'", "''") + "'");
        start(2, false);
        awaitTxn(topic.txn());
    }

    private List<String> journal() throws SQLException {
        return query("SELECT state FROM tiderace_meta.ddl_journal WHERE task = '" + task.replace("'", "''") + "'");
    }
}
