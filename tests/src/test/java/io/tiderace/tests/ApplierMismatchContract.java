package io.tiderace.tests;

import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: what the target does not hold as the source did, or does not take, is seen, named and handled as the task says. Method: as in
 * {@link ApplierContract}, on targets that somebody else has changed.
 */
abstract class ApplierMismatchContract extends ApplierStand {
    ApplierMismatchContract(boolean tiDb) {
        super(tiDb);
    }

    @Test
    void whatDoesNotFitIsNamed() throws Exception {
        TableStructure table = create("fit", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        sql("ALTER TABLE " + schema + ".fit MODIFY v TINYINT");
        topic.insert(table, 1, 1);
        topic.insert(table, 2, 1000);
        topic.commit();
        topic.flush();
        assertThat(failureOf(start(2, false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A022")
                .hasMessageContaining(".fit")
                .hasMessageContaining("id = 2");
        sql("ALTER TABLE " + schema + ".fit MODIFY v INT");
        applyAll(2);
        assertThat(query("SELECT v FROM " + schema + ".fit ORDER BY id")).containsExactly("1", "1000");
    }

    @Test
    void aRowInTheWayOfTheCopyIsNamed() throws Exception {
        TableStructure table = create("way", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        sql("INSERT INTO " + schema + ".way VALUES (2)");
        topic.copied(table, 1);
        topic.copied(table, 2);
        topic.commit(true, false);
        topic.flush();
        assertThat(failureOf(start(2, false))).isInstanceOf(DataException.class).hasMessageContaining("TR-A023");
        TaskConfig replacing =
                task(new TaskConfig.Apply(2, false, TaskConfig.OnMismatch.UPSERT, TaskConfig.OnDataError.STOP));
        assertThat(failureOf(start(replacing))) // never what a copy finds
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A023");
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".way")).containsExactly("1");
    }

    @Test
    void missingRowsAreToldAndWrittenAnew() throws Exception {
        TableStructure table = create("lack", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        for (int i = 0; i < 300; i++) {
            topic.insert(table, i, i);
        }
        topic.commit();
        applyAll(2);
        sql("DELETE FROM " + schema + ".lack WHERE id IN (7, 8, 250)");
        for (int i = 0; i < 290; i++) {
            topic.update(table, new Object[] {i, i}, new Object[] {i, i + 1000});
        }
        topic.delete(table, 295, 295);
        topic.commit();
        applyAll(2);
        assertThat(query("SELECT COUNT(*), SUM(v = id + 1000) FROM " + schema + ".lack"))
                .containsExactly("299|290");
        assertThat(reports).anyMatch(report -> report.figures().getOrDefault("rowsMissing", 0L) == 3);
    }

    /** Where the count that a statement gives does not tell: changes that end where they began, and rows that came and went. */
    @Test
    void mismatchesThatGroupingWouldHideAreCounted() throws Exception {
        TableStructure table = create("hid", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        TableStructure bare = create("hidbare", "", new String[][] {{"a", "int"}, {"b", "int"}});
        for (int i = 0; i < 10; i++) {
            topic.insert(table, i, i);
        }
        topic.insert(bare, 1, 1);
        topic.commit();
        applyAll(2);
        sql("DELETE FROM " + schema + ".hid WHERE id = 3");
        sql("DELETE FROM " + schema + ".hidbare");
        sql("INSERT INTO " + schema + ".hid VALUES (77, 77)");
        for (int i = 0; i < 10; i++) {
            topic.update(table, new Object[] {i, i}, new Object[] {i, -1});
            topic.update(table, new Object[] {i, -1}, new Object[] {i, i});
        }
        topic.insert(table, 77, 1);
        topic.delete(table, 77, 1);
        topic.update(bare, new Object[] {1, 1}, new Object[] {1, 2});
        topic.commit();
        applyAll(2);
        assertThat(query("SELECT COUNT(*), SUM(v = id) FROM " + schema + ".hid"))
                .containsExactly("10|10");
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".hidbare")).containsExactly("0");
        assertThat(reports)
                .anyMatch(report -> report.figures().getOrDefault("rowsMissing", 0L) == 2
                        && report.figures().getOrDefault("groupsInTheWay", 0L) == 1);
    }

    @Test
    void aMissingRowStopsTheTaskThatAsksForIt() throws Exception {
        TableStructure table = create("lost", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        for (int i = 0; i < 200; i++) {
            topic.insert(table, i, i);
        }
        topic.commit();
        applyAll(2);
        sql("DELETE FROM " + schema + ".lost WHERE id = 150");
        for (int i = 100; i < 200; i++) {
            topic.delete(table, i, i);
        }
        topic.commit();
        topic.flush();
        TaskConfig strict =
                task(new TaskConfig.Apply(2, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.STOP));
        assertThat(failureOf(start(strict)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A024")
                .hasMessageContaining("id = 150")
                .hasMessageContaining("bin.000001:");
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".lost")).containsExactly("199");
        sql("INSERT INTO " + schema + ".lost VALUES (150, 150)");
        start(strict);
        awaitTxn(topic.txn());
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".lost")).containsExactly("100");
    }

    @Test
    void aRowInTheWayIsReplacedWhereTheTaskAsksForIt() throws Exception {
        TableStructure table =
                create("inway", "PRIMARY KEY (id), UNIQUE KEY (v)", new String[][] {{"id", "int"}, {"v", "int"}});
        TableStructure bare = create("inbare", "", new String[][] {{"a", "int"}, {"b", "int"}});
        sql("INSERT INTO " + schema + ".inway VALUES (1, 10), (50, 2), (60, 60)");
        topic.insert(table, 1, 1);
        topic.insert(table, 2, 2);
        topic.insert(table, 3, 3);
        topic.update(bare, new Object[] {1, 1}, new Object[] {1, 2});
        topic.commit();
        topic.flush();
        assertThat(failureOf(start(2, false))).isInstanceOf(DataException.class).hasMessageContaining("TR-A023");
        start(task(new TaskConfig.Apply(2, false, TaskConfig.OnMismatch.UPSERT, TaskConfig.OnDataError.STOP)));
        awaitTxn(topic.txn());
        assertThat(query("SELECT id, v FROM " + schema + ".inway ORDER BY id"))
                .containsExactly("1|1", "2|2", "3|3", "60|60");
        assertThat(query("SELECT a, b FROM " + schema + ".inbare")).containsExactly("1|2");
    }

    @Test
    void refusedRowsWaitInQuarantineUntilTheyAreReplayed(@TempDir Path folder) throws Exception {
        String[][] columns = {{"id", "int"}, {"u", "int"}, {"s", "varchar(50)"}};
        create("held", "PRIMARY KEY (id), UNIQUE KEY (u)", new String[][] {
            {"id", "int"}, {"u", "int"}, {"s", "varchar(5)"}
        });
        TableStructure table = structure("held", "id", columns);
        for (int i = 100; i < 400; i++) {
            topic.insert(table, i, i, "ok");
        }
        topic.insert(table, 1, 1, "ok");
        topic.insert(table, 2, 2, "much too long");
        topic.insert(table, 3, 3, "ok");
        topic.commit();
        topic.update(table, new Object[] {2, 2, "much too long"}, new Object[] {2, 20, "still too long"});
        topic.insert(table, 4, 2, "2's u");
        topic.commit();
        topic.update(table, new Object[] {1, 1, "ok"}, new Object[] {1, 1, "new"});
        topic.commit();
        topic.flush();
        TaskConfig lenient =
                task(new TaskConfig.Apply(2, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.QUARANTINE));
        Running applier = start(lenient);
        awaitTxn(topic.txn());
        String select = "SELECT id, u, s FROM " + schema + ".held WHERE id < 100 ORDER BY id";
        assertThat(query(select)).containsExactly("1|1|new", "3|3|ok");
        applier.stop();
        applier = start(lenient);
        topic.update(table, new Object[] {2, 20, "still too long"}, new Object[] {2, 21, "too long again"});
        topic.update(table, new Object[] {3, 3, "ok"}, new Object[] {3, 30, "ok"});
        topic.commit();
        topic.flush();
        awaitTxn(topic.txn());
        assertThat(query(select)).containsExactly("1|1|new", "3|30|ok");
        assertThat(reports).anyMatch(report -> report.figures().getOrDefault("changesInQuarantine", 0L) == 3);

        Path taskFile = Command.task(folder, task, "s1", schema, "all", port());
        Path own = folder.resolve("tiderace.yaml");
        Files.writeString(
                own,
                "kafka: {bootstrap.servers: \"" + config.kafka().get("bootstrap.servers")
                        + "\"}\nschema-registry: {schema.registry.url: \""
                        + config.registry().get("schema.registry.url") + "\"}\n");
        Command.Result list = Command.run("quarantine", "list", "--task", taskFile);
        assertThat(list.out())
                .contains("s1:1.302", "4 changes", "id = 2", "bin.000001:", "too long")
                .contains("1 in quarantine");
        Command.Result refused = Command.run("quarantine", "replay", "--task", taskFile, "--config", own, "--all");
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(5);
        assertThat(refused.out()).contains("refused s1:1.302", "TR-A022", "id = 2");
        assertThat(query(select)).containsExactly("1|1|new", "3|30|ok");
        assertThat(Command.run("tail", config.topics().quarantine(task), "--config", own)
                        .out())
                .contains("too long again");
        sql("ALTER TABLE " + schema + ".held MODIFY s VARCHAR(50)");
        Command.Result replayed =
                Command.run("quarantine", "replay", "--task", taskFile, "--config", own, "--id", "s1:1.302");
        assertThat(replayed.exitCode()).as(replayed.err() + replayed.out()).isZero();
        assertThat(replayed.out()).contains("replayed s1:1.302  4 changes");
        assertThat(query(select)).containsExactly("1|1|new", "2|21|too long again", "3|30|ok", "4|2|2's u");

        topic.update(table, new Object[] {2, 21, "too long again"}, new Object[] {2, 2, "free"});
        topic.delete(table, 4, 2, "2's u");
        topic.commit();
        topic.flush();
        awaitTxn(topic.txn());
        assertThat(query(select)).containsExactly("1|1|new", "2|2|free", "3|30|ok");
        assertThat(Command.run("quarantine", "list", "--task", taskFile).out()).contains("nothing waits");
        applier.stop();
        assertThat(reports).last().matches(report -> report.figures().getOrDefault("changesInQuarantine", 0L) == 0);
    }

    @Test
    void ddlWaitsForAnOperatorWhereChangesAreInQuarantine(@TempDir Path folder) throws Exception {
        TableStructure table = create("blocked", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        TableStructure bare = create("bareheld", "", new String[][] {{"a", "int"}, {"b", "int"}});
        sql("ALTER TABLE " + schema + ".bareheld MODIFY b TINYINT");
        sql("INSERT INTO " + schema + ".blocked VALUES (9, 9)");
        topic.insert(table, 1, 1);
        topic.insert(table, 9, 1);
        topic.insert(bare, 1, 1);
        topic.insert(bare, 1, 1000);
        topic.commit();
        topic.insert(bare, 2, 2);
        topic.commit();
        topic.ddl(schema, "blocked", "ALTER TABLE blocked ADD COLUMN w INT");
        topic.commit();
        topic.flush();
        TaskConfig lenient =
                task(new TaskConfig.Apply(2, false, TaskConfig.OnMismatch.WARN, TaskConfig.OnDataError.QUARANTINE));
        assertThat(failureOf(start(lenient)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A026")
                .hasMessageContaining("id = 9");
        assertThat(query("SELECT id, v FROM " + schema + ".blocked ORDER BY id"))
                .containsExactly("1|1", "9|9");
        assertThat(query("SELECT a, b FROM " + schema + ".bareheld")).containsExactly("1|1");
        Path taskFile = Command.task(folder, task, "s1", schema, "all", port());
        assertThat(Command.run("quarantine", "list", "--task", taskFile).out())
                .contains("2 in quarantine", "2 changes");
        assertThat(Command.run("quarantine", "discard", "--task", taskFile, "--all")
                        .out())
                .contains("discarded s1:1.2", "discarded s1:1.4  2 changes");
        start(lenient);
        awaitTxn(topic.txn());
        assertThat(query("SELECT id, v, w FROM " + schema + ".blocked ORDER BY id"))
                .containsExactly("1|1|null", "9|9|null");
    }

    @Test
    void missingTablesAndColumnsAreNamed() throws Exception {
        TableStructure table = create("col", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        sql("ALTER TABLE " + schema + ".col DROP COLUMN v");
        topic.insert(table, 1, 1);
        topic.commit();
        topic.flush();
        assertThat(failureOf(start(2, false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A020")
                .hasMessageContaining("'v'");
        sql("DROP TABLE " + schema + ".col");
        assertThat(failureOf(start(2, false))).isInstanceOf(DataException.class).hasMessageContaining("TR-A021");
    }
}
