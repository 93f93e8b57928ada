package io.tiderace.tests;

import io.tiderace.applier.QuarantineTool;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TaskConfig.CommitOrder;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TaskConfig.OnMismatch;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: where a target checks foreign keys it does to child rows what the source did without the log, whatever lanes, restarts and DDL do; what cannot
 * be carried stops. Method: the test writes the topic, as a log has it, and keeps a model of what InnoDB did.
 */
@Timeout(120)
abstract class ApplierForeignKeysContract extends ApplierStand {
    private static final String[][] PAIR = {{"id", "int"}, {"parent", "int"}};

    ApplierForeignKeysContract(boolean tiDb) {
        super(tiDb);
    }

    TaskConfig checking() {
        return checking(new TaskConfig.Apply(8, false, OnMismatch.STOP, OnDataError.STOP));
    }

    private TaskConfig checking(TaskConfig.Apply apply) {
        return task(
                apply,
                false,
                new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of("foreign_key_checks", "1"), null));
    }

    private TableStructure parents() throws SQLException {
        return create("parents", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
    }

    private TableStructure children(String rule) throws SQLException {
        return create(
                "children",
                "PRIMARY KEY (id), CONSTRAINT theirs FOREIGN KEY (parent) REFERENCES parents (id) " + rule,
                PAIR);
    }

    private List<String> rows(String table) throws SQLException {
        return query("SELECT * FROM " + schema + "." + table + " ORDER BY id");
    }

    @ParameterizedTest
    @EnumSource(CommitOrder.class)
    void childRowsFollowTheirParentsThroughRestarts(CommitOrder order) throws Exception {
        FamilyHistory history = new FamilyHistory(this, System.nanoTime());
        for (int round = 0; round < 3; round++) {
            Running applier = start(checking(new TaskConfig.Apply(
                    1 + 7 * (round % 2), false, OnMismatch.STOP, OnDataError.STOP, order, 100_000)));
            for (int i = 0; i < 150; i++) {
                history.transaction();
                if (i % 30 == 29) {
                    topic.flush();
                }
            }
            if (round == 2) {
                awaitTxn(topic.txn());
            }
            applier.stop();
        }
        history.assertEqual();
    }

    /** TiDB takes a column that an UPDATE writes for changed. */
    @Test
    void childrenOfAKeyThatStaysAreLeftAlone() throws Exception {
        TableStructure coded = create("coded", "PRIMARY KEY (id), UNIQUE KEY (code)", new String[][] {
            {"id", "int"}, {"code", "varchar(10)"}, {"v", "int"}
        });
        TableStructure children = create(
                "children",
                "PRIMARY KEY (id), FOREIGN KEY (code) REFERENCES coded (code) ON DELETE SET NULL ON UPDATE SET NULL",
                new String[][] {{"id", "int"}, {"code", "varchar(10)"}});
        topic.insert(coded, 1, "a", 0);
        topic.insert(coded, 2, "b", 0);
        topic.insert(coded, 3, "c", 0);
        for (int i = 0; i < 3; i++) {
            topic.insert(children, i, "abc".substring(i, i + 1));
        }
        topic.commit();
        topic.update(coded, new Object[] {1, "a", 0}, new Object[] {10, "a", 0});
        topic.update(coded, new Object[] {2, "b", 0}, new Object[] {2, "b", 7});
        topic.update(coded, new Object[] {3, "c", 0}, new Object[] {3, "d", 0});
        topic.commit();
        topic.flush();
        start(checking());
        awaitTxn(topic.txn());
        assertThat(rows("coded")).containsExactly("2|b|7", "3|d|0", "10|a|0");
        assertThat(rows("children")).containsExactly("0|a", "1|b", "2|null");
    }

    @Test
    void aFamilyMayBeMadeAndPartedByDdl() throws Exception {
        TableStructure parents = parents();
        TableStructure children = create("children", "PRIMARY KEY (id)", PAIR);
        start(checking());
        for (int i = 0; i < 100; i++) {
            topic.insert(children, i, i);
            topic.commit();
            topic.insert(parents, i);
            topic.commit();
        }
        topic.ddl(
                schema,
                "children",
                "ALTER TABLE children ADD CONSTRAINT theirs FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE");
        topic.commit();
        for (int i = 0; i < 50; i++) {
            topic.delete(parents, i);
            topic.commit();
            topic.insert(parents, 100 + i);
            topic.commit();
            topic.insert(children, 100 + i, 100 + i);
            topic.commit();
        }
        topic.ddl(schema, "children", "ALTER TABLE children DROP FOREIGN KEY theirs");
        topic.commit();
        for (int i = 50; i < 60; i++) {
            topic.delete(parents, i);
            topic.commit();
        }
        topic.flush();
        awaitTxn(topic.txn());
        assertThat(query("SELECT COUNT(*), MIN(id), MAX(id) FROM " + schema + ".children"))
                .containsExactly("100|50|149");
        assertThat(query("SELECT COUNT(*), MIN(id), MAX(id) FROM " + schema + ".parents"))
                .containsExactly("90|60|149");
    }

    /** As after a session without checks at the source. */
    @Test
    void aChildWithoutItsParentStopsTheTaskUntilItHasOne() throws Exception {
        parents();
        TableStructure children = children("ON DELETE CASCADE");
        topic.insert(children, 7, 70);
        topic.commit();
        topic.flush();
        Throwable failure = failureOf(start(checking()));
        assertThat(failure)
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A033")
                .hasMessageContaining(schema + ".children, id = 7, transaction 1 row 1 from bin.000001:1000");
        assertThat(((TideraceException) failure).cure()).contains("foreign key checks");
        sql("INSERT INTO " + schema + ".parents VALUES (70)");
        start(checking());
        awaitTxn(topic.txn());
        assertThat(rows("children")).containsExactly("7|70");
    }

    @Test
    void whatIsRefusedWaitsWithItsFamilyAlone() throws Exception {
        TableStructure parents = parents();
        TableStructure children = children("ON DELETE CASCADE");
        TableStructure alone = create("alone", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(parents, 1);
        topic.insert(children, 10, 1);
        topic.commit();
        topic.insert(children, 20, 2);
        topic.commit();
        topic.insert(children, 30, 1);
        topic.delete(parents, 1);
        topic.insert(alone, 1);
        topic.commit();
        topic.flush();
        TaskConfig quarantining = checking(new TaskConfig.Apply(4, false, OnMismatch.WARN, OnDataError.QUARANTINE));
        start(quarantining);
        awaitTxn(topic.txn());
        assertThat(rows("alone")).containsExactly("1");
        assertThat(rows("children")).containsExactly("10|1");
        assertThat(rows("parents")).containsExactly("1");
        sql("INSERT INTO " + schema + ".parents VALUES (2)");
        try (QuarantineTool tool = QuarantineTool.open(quarantining)) {
            assertThat(tool.list("s1")).hasSize(1);
            assertThat(tool.replay(config, tool.list("s1").get(0)).changes()).isEqualTo(3);
        }
        assertThat(rows("children")).containsExactly("20|2");
        assertThat(rows("parents")).containsExactly("2");
    }

    /** The first copy reads several tables at once: a refused child may wait before its parent, and changes that are checked behind both. */
    @Test
    void whatTheCopyBroughtIsReplayedWithoutALookAtForeignKeys() throws Exception {
        TableStructure parents = parents();
        TableStructure children = create(
                "children",
                "PRIMARY KEY (id), CONSTRAINT theirs FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE",
                new String[][] {{"id", "int"}, {"parent", "int"}, {"note", "varchar(3)"}});
        topic.copied(children, 10, 1, "too long");
        topic.commit(true, false);
        topic.copied(children, 20, 2, "yes");
        topic.copied(parents, 1);
        topic.copied(parents, 2);
        topic.commit(true, false);
        topic.copyEnd();
        topic.commit(true, false);
        topic.insert(children, 30, 1, "yes");
        topic.delete(parents, 2);
        topic.commit();
        topic.flush();
        TaskConfig quarantining = checking(new TaskConfig.Apply(4, false, OnMismatch.WARN, OnDataError.QUARANTINE));
        start(quarantining);
        awaitTxn(topic.txn());
        sql("ALTER TABLE " + schema + ".children MODIFY note VARCHAR(10)");
        try (QuarantineTool tool = QuarantineTool.open(quarantining)) {
            assertThat(tool.list("s1")).hasSize(1);
            tool.replay(config, tool.list("s1").get(0));
        }
        assertThat(rows("children")).containsExactly("10|1|too long", "30|1|yes");
        assertThat(rows("parents")).containsExactly("1");
    }

    @Test
    void copiedRowsMayComeBeforeTheirParents() throws Exception {
        TableStructure parents = parents();
        TableStructure children = children("ON DELETE CASCADE");
        for (int i = 0; i < 40; i++) {
            topic.copied(children, i, i % 10);
            topic.commit(true, false);
        }
        for (int i = 0; i < 10; i++) {
            topic.copied(parents, i);
            topic.commit(true, false);
        }
        topic.copyEnd();
        topic.commit(true, false);
        topic.delete(parents, 3);
        topic.commit();
        topic.flush();
        start(checking());
        awaitTxn(topic.txn());
        assertThat(query("SELECT COUNT(*), SUM(parent = 3) FROM " + schema + ".children"))
                .containsExactly("36|0");
    }

    @Test
    void aRepeatedChangeThatOthersFollowStopsTheTask() throws Exception {
        TableStructure parents = parents();
        TableStructure children = children("ON DELETE CASCADE");
        topic.insert(parents, 1);
        topic.insert(children, 10, 1);
        topic.commit(false, true);
        topic.update(children, new Object[] {10, 1}, new Object[] {10, null});
        topic.delete(children, 10, null);
        topic.commit(false, true);
        topic.delete(parents, 1);
        topic.commit(false, true);
        topic.flush();
        assertThat(failureOf(start(checking())))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A032")
                .hasMessageContaining(schema + ".parents, id = 1, transaction 3 row 1");
    }

    @Test
    void aTransactionInPiecesStopsTheTaskUntilItIsApplicableWhole() throws Exception {
        TableStructure parents = parents();
        TableStructure children = children("ON DELETE CASCADE");
        topic.insert(parents, 0);
        topic.commit();
        for (int i = 1; i <= 12; i++) {
            topic.insert(parents, i);
            topic.insert(children, i, i);
        }
        topic.delete(parents, 5);
        topic.commit();
        topic.flush();
        TaskConfig.Apply small = new TaskConfig.Apply(4, false, OnMismatch.STOP, OnDataError.STOP, CommitOrder.ANY, 10);
        assertThat(failureOf(start(checking(small))))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A015")
                .hasMessageContaining("transaction 2 row");
        assertThat(rows("parents")).as("nothing of it").isSubsetOf("0");
        start(checking());
        awaitTxn(topic.txn());
        assertThat(rows("parents")).hasSize(12);
        assertThat(rows("children")).hasSize(11).doesNotContain("5|5");
    }
}
