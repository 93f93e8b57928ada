package io.tiderace.tests;

import io.tiderace.applier.AppliedPosition;
import io.tiderace.applier.CheckpointReader;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.TargetException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: the applier brings an apply topic into a real target, whole and once, through everything that may happen on the way. Method: the test
 * writes the topic and keeps a model of the source; at the end the target's tables equal the model.
 */
abstract class ApplierContract extends ApplierStand {
    ApplierContract(boolean tiDb) {
        super(tiDb);
    }

    @Test
    void everyTypeArrivesAsItWas() throws Exception {
        String[][] columns = {
            {"id", "bigint unsigned"},
            {"ti", "tinyint"},
            {"d", "decimal(30,10)"},
            {"f", "float"},
            {"g", "double"},
            {"b", "bit(64)"},
            {"c", "char(10)"},
            {"t", "text"},
            {"bin", "binary(4)"},
            {"vb", "varbinary(20)"},
            {"bl", "blob"},
            {"da", "date"},
            {"dt", "datetime(6)"},
            {"ts", "timestamp(3)"},
            {"ti2", "time(2)"},
            {"y", "year"},
            {"e", "enum('a','b,c','it''s')"},
            {"s", "set('x','y','z')"},
            {"j", "json"}
        };
        TableStructure table = create("types", "PRIMARY KEY (id)", columns);
        Object[] row = {
            "18446744073709551615",
            -128,
            "-12345678901234567890.0123456789",
            1.1f,
            0.1,
            new byte[] {1, 2, 3, 4, 5, 6, 7, 8},
            "a'\\\0é😀",
            "x\n\"%_",
            new byte[] {1, 0, 0, 0},
            new byte[] {0, -1, 39, 92},
            new byte[0],
            "0000-00-00",
            "2024-02-30 01:02:03.000004",
            "1970-01-01 00:00:01.500",
            "-838:59:59.00",
            0,
            "it's",
            "x,z",
            "{\"a\": [1, 2.5, \"q\\\"\\\\\"], \"b\": null}"
        };
        Object[] nulls = new Object[row.length];
        nulls[0] = "0";
        topic.insert(table, row);
        topic.insert(table, nulls);
        Object[] noMember = nulls.clone(); // ENUM's error value, which a strict session refuses
        noMember[0] = "7";
        noMember[16] = "";
        topic.insert(table, noMember);
        topic.commit();
        Object[] changed = row.clone();
        changed[6] = "b";
        topic.update(table, row, changed);
        topic.commit();
        applyAll(4);
        assertThat(query(
                        "SELECT id, ti, d, f, g, b+0, c, t, HEX(bin), HEX(vb), HEX(bl), CAST(da AS CHAR), CAST(dt AS CHAR), "
                                + "CAST(ts AS CHAR), ti2+0, y+0, e, s, CAST(j AS CHAR) FROM " + schema
                                + ".types WHERE id > 7"))
                .containsExactly(
                        "18446744073709551615|-128|-12345678901234567890.0123456789|1.1|0.1|72623859790382856|b|x\n\"%_|01000000|00FF275C||0000-00-00|"
                                + "2024-02-30 01:02:03.000004|1970-01-01 00:00:01.500|-8385959.00|0|it's|x,z|"
                                + "{\"a\": [1, 2.5, \"q\\\"\\\\\"], \"b\": null}");
        assertThat(query("SELECT CONCAT(e, '|', e + 0) FROM " + schema + ".types WHERE id = 7"))
                .containsExactly("|0");
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".types WHERE id = 0 AND j IS NULL AND da IS NULL"))
                .containsExactly("1");
    }

    /** A DDL statement may take hours, so that no time-out ends the wait for an answer that was lost. */
    @Test
    void aDdlStatementWhoseConnectionDiesUnheardGoesOn() throws Exception {
        TableStructure table = create("dead", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(table, 1);
        topic.commit();
        topic.flush();
        try (FaultProxy proxy = new FaultProxy(port());
                Connection reader = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement reading = reader.createStatement()) {
            reader.setAutoCommit(false);
            start(task(
                    2, false, new DatabaseConfig("127.0.0.1", proxy.port(), "root", new Secret(""), Map.of(), null)));
            awaitTxn(topic.txn());
            reading.executeQuery("SELECT * FROM " + schema + ".dead")
                    .close(); // so that DDL has to wait for its metadata lock
            topic.ddl(schema, "dead", "ALTER TABLE dead ADD COLUMN v INT");
            topic.commit();
            topic.insert(table, 2);
            topic.commit();
            topic.flush();
            awaitRunning("ALTER TABLE dead ADD COLUMN v INT");
            proxy.halfOpen();
            reader.rollback();
            awaitTxn(topic.txn());
        }
        assertThat(query("SELECT id, v FROM " + schema + ".dead ORDER BY id")).containsExactly("1|null", "2|null");
    }

    /** How long a statement may wait for locks is the target's affair, so that no short time-out ends the wait for an answer that was lost. */
    @Test
    void rowsWhoseConnectionDiesUnheardAreAskedFor() throws Exception {
        TableStructure table = create("unheard", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        for (int id = 0; id < 20; id++) {
            topic.insert(table, id, 0);
        }
        topic.commit();
        topic.flush();
        try (FaultProxy proxy = new FaultProxy(port());
                Connection other = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement locking = other.createStatement()) {
            other.setAutoCommit(false);
            start(task(
                    4, false, new DatabaseConfig("127.0.0.1", proxy.port(), "root", new Secret(""), Map.of(), null)));
            awaitTxn(topic.txn());
            locking.executeQuery("SELECT * FROM " + schema + ".unheard WHERE id < 2 FOR UPDATE")
                    .close();
            for (int id = 0; id < 20; id++) {
                topic.update(table, new Object[] {id, 0}, new Object[] {id, 1});
                topic.commit();
            }
            topic.flush();
            TimeUnit.SECONDS.sleep(1); // so that some wait for the lock; those that do not yet find a dead connection
            proxy.halfOpen();
            other.rollback();
            awaitTxn(topic.txn());
        }
        assertThat(query("SELECT COUNT(*), SUM(v) FROM " + schema + ".unheard")).containsExactly("20|20");
    }

    @Test
    void aRandomHistoryEndsEqualThroughRestartsAndOtherNumbersOfLanes() throws Exception {
        TableStructure table = create(
                "h", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {{"k", "varchar(20)"}, {"u", "int"}, {"v", "int"}
                });
        TableStructure bare = create("bare", "", new String[][] {{"a", "int"}, {"f", "float"}, {"c", "varchar(20)"}});
        History history = new History(table, bare, 7);
        int[] lanes = {1, 16, 3};
        for (int round = 0; round < lanes.length; round++) {
            Running applier = start(lanes[round], false);
            for (int i = 0; i < 300; i++) {
                history.transaction();
                if (i % 20 == 0) {
                    topic.flush();
                }
            }
            topic.flush();
            if (round < 2) {
                TimeUnit.MILLISECONDS.sleep(150L + round * 100);
                applier.stop();
            } else {
                awaitTxn(topic.txn());
                applier.stop();
            }
        }
        history.assertEqual();
        assertThat(query("SELECT binlog_name, binlog_pos, gtid_set FROM tiderace_meta.checkpoint WHERE task = "
                        + quoted(task) + " ORDER BY low_txn DESC LIMIT 1"))
                .containsExactly(
                        "bin.000001|" + (1000 + topic.txn()) + "|" + ApplyTopic.UUID + ":101-" + (100 + topic.txn()));
    }

    /** {@code -Dtiderace.seed=N} replays one run, {@code -Dtiderace.tables=N} makes it of so many tables. */
    @Test
    void randomTablesEndEqual() throws Exception {
        Long replayed = Long.getLong("tiderace.seed");
        long seed = replayed != null ? replayed : System.nanoTime();
        System.err.println("seed " + seed);
        sql("CREATE TABLE " + schema + ".parent (id INT PRIMARY KEY)");
        try (RandomTables tables = new RandomTables(
                seed, Servers.mysqlTarget().jdbcUrl(), schema, Integer.getInteger("tiderace.tables", 20))) {
            for (String create : tables.createTarget()) {
                sql(create);
            }
            tables.transactions(topic, 1_000);
            applyAll(3);
            tables.transactions(topic, 1_000);
            topic.flush();
            start(task(new TaskConfig.Apply(5, false, TaskConfig.OnMismatch.STOP, TaskConfig.OnDataError.STOP)));
            awaitTxn(topic.txn());
            assertThat(tables.differences(jdbcUrl())).as("seed " + seed).isEmpty();
        }
    }

    @Test
    void whoeverClaimsLastOwnsTheSource() throws Exception {
        TableStructure table = create("own", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {
            {"k", "varchar(20)"}, {"u", "int"}, {"v", "int"}
        });
        TableStructure bare = create("bare", "", new String[][] {{"a", "int"}, {"f", "float"}, {"c", "varchar(20)"}});
        History history = new History(table, bare, 8);
        start(4, false);
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 100; i++) {
                history.transaction();
            }
            topic.flush();
            TimeUnit.MILLISECONDS.sleep(300);
            // what another applier's claim does: the running one must notice before its next commit, and claim again
            sql("UPDATE tiderace_meta.checkpoint SET epoch = epoch + 1 WHERE task = " + quoted(task));
        }
        awaitTxn(topic.txn());
        history.assertEqual();
    }

    @Test
    void anotherApplierOfTheGroupGoesOn() throws Exception {
        TableStructure table = create("over", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {
            {"k", "varchar(20)"}, {"u", "int"}, {"v", "int"}
        });
        TableStructure bare = create("bare", "", new String[][] {{"a", "int"}, {"f", "float"}, {"c", "varchar(20)"}});
        History history = new History(table, bare, 10);
        Running applier = start(4, false);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 100; i++) {
                history.transaction();
            }
            topic.flush();
            Running next = start(3, false);
            TimeUnit.MILLISECONDS.sleep(500);
            applier.stop();
            applier = next;
        }
        awaitTxn(topic.txn());
        history.assertEqual();
    }

    @Test
    void ddlIsExecutedOnceAndBetweenItsNeighbours() throws Exception {
        TableStructure before = create("d", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        TableStructure after = structure("d", "id", new String[][] {{"id", "int"}, {"v", "int"}, {"w", "int"}});
        start(4, false);
        for (int i = 0; i < 100; i++) {
            topic.insert(before, i, i);
            topic.commit();
        }
        topic.ddl(schema, "d", "ALTER TABLE d ADD COLUMN w INT DEFAULT 5");
        topic.commit();
        for (int i = 100; i < 200; i++) {
            topic.insert(after, i, i, i);
            topic.commit();
        }
        topic.ddl(schema, "d", "ALTER TABLE d DROP COLUMN v");
        topic.commit();
        topic.flush();
        awaitTxn(topic.txn());
        assertThat(query("SELECT COUNT(*), SUM(w) FROM " + schema + ".d")).containsExactly("200|15450");
        assertThat(query("SELECT state FROM tiderace_meta.ddl_journal WHERE task = " + quoted(task) + " ORDER BY txn"))
                .containsExactly("done", "done");
    }

    @Test
    void interruptedDdlIsDecidedByTheTargetsStructure() throws Exception {
        TableStructure table = create("i", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(table, 1);
        topic.commit();
        topic.ddl(schema, "i", "ALTER TABLE i ADD COLUMN w INT");
        topic.commit();
        topic.ddl(schema, "i", "ALTER TABLE i ADD COLUMN x INT");
        topic.commit();
        applyAll(2);
        // as after a crash between the statement and the note that it is done, and one before the statement
        sql("UPDATE tiderace_meta.ddl_journal SET state = 'started' WHERE task = " + quoted(task));
        sql("ALTER TABLE " + schema + ".i DROP COLUMN x");
        sql("UPDATE tiderace_meta.ddl_journal SET error = 'before 0' WHERE task = " + quoted(task) + " AND txn = 2");
        sql("DELETE FROM tiderace_meta.ddl_journal WHERE task = " + quoted(task) + " AND txn = 3");
        sql("UPDATE tiderace_meta.checkpoint SET low_txn = 0, low_offset = 0, applied_ranges = '1' WHERE task = "
                + quoted(task));
        applyAll(2);
        assertThat(query("SELECT column_name FROM information_schema.columns WHERE table_schema = '" + schema
                        + "' AND table_name = 'i' " + "ORDER BY ordinal_position"))
                .containsExactly("id", "w", "x");
    }

    @Test
    void replayedRowsMayBeThereAlready() throws Exception {
        TableStructure table =
                create("r", "PRIMARY KEY (k), UNIQUE KEY (u)", new String[][] {{"k", "int"}, {"u", "int"}});
        sql("INSERT INTO " + schema + ".r VALUES (1, 7), (3, 1)");
        topic.insert(table, 1, 1);
        topic.insert(table, 2, 2);
        topic.commit(false, true);
        topic.delete(table, 2, 2);
        topic.update(table, new Object[] {1, 1}, new Object[] {1, 7});
        topic.insert(table, 3, 1);
        topic.commit(false, true);
        applyAll(4);
        assertThat(query("SELECT k, u FROM " + schema + ".r ORDER BY k")).containsExactly("1|7", "3|1");
    }

    @Test
    void aTaskThatOnlyCopiesEndsByItself() throws Exception {
        TableStructure table = create("copy", "PRIMARY KEY (id)", new String[][] {{"id", "int"}, {"v", "int"}});
        for (int i = 0; i < 1000; i++) {
            topic.copied(table, i, i);
        }
        topic.commit(true, false);
        topic.copyEnd();
        topic.commit(true, false);
        topic.flush();
        for (int attempt = 0; attempt < 2; attempt++) {
            Running applier = start(4, true);
            applier.thread.join(WAIT_MS);
            assertThat(applier.failure.get()).isNull();
            assertThat(applier.thread.isAlive()).isFalse();
        }
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".copy")).containsExactly("1000");
        assertThat(reports).anyMatch(report -> report.phase().equals("finished"));
    }

    @Test
    void anIdleTaskNotesHowFarItIs() throws Exception {
        TableStructure table = create("idle", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(table, 1);
        topic.commit();
        topic.empty(50);
        topic.flush();
        TaskConfig idle = task(2, false, new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of(), null));
        start(idle);
        awaitTxn(51);
        try (CheckpointReader reader = CheckpointReader.open(idle)) {
            AppliedPosition low = reader.read("s1").orElseThrow().low();
            assertThat(low.txn()).isEqualTo(51);
            assertThat(low.position()).isEqualTo(new SourcePosition("bin.000001", 1051, ApplyTopic.UUID + ":1-151"));
            assertThat(reader.read("another")).isEmpty();
        }
    }

    @Test
    void aGapStopsTheTask() throws Exception {
        TableStructure table = create("gap", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.insert(table, 1);
        topic.commit();
        topic.skipNumber();
        topic.insert(table, 2);
        topic.commit();
        topic.flush();
        assertThat(failureOf(start(2, false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A001")
                .hasMessageContaining("apply.");
        assertThat(query("SELECT COUNT(*) FROM " + schema + ".gap WHERE id = 2"))
                .containsExactly("0");
    }

    @Test
    void ddlTheTargetRefusesStopsUntilItIsPassedOver() throws Exception {
        TableStructure table = create("ref", "PRIMARY KEY (id)", new String[][] {{"id", "int"}});
        topic.ddl(schema, "ref", "ALTER TABLE ref MODIFY nothing INT");
        topic.commit();
        topic.insert(table, 1);
        topic.commit();
        topic.flush();
        Throwable failure = failureOf(start(2, false));
        assertThat(failure).isInstanceOf(TargetException.class).hasMessageContaining("TR-A030");
        String cure = ((TideraceException) failure).cure();
        sql(cure.substring(cure.indexOf("UPDATE"), cure.lastIndexOf(';')));
        applyAll(2);
        assertThat(query("SELECT id FROM " + schema + ".ref")).containsExactly("1");
    }

    @Test
    void aWrongPasswordIsSaidAtOnce() throws Exception {
        long startedAt = System.nanoTime();
        Running applier = start(
                task(2, false, new DatabaseConfig(host(), port(), "nobody", new Secret("wrong"), Map.of(), null)));
        assertThat(failureOf(applier)).isInstanceOf(TargetException.class).hasMessageContaining("TR-A011");
        assertThat(System.nanoTime() - startedAt).isLessThan(TimeUnit.SECONDS.toNanos(15));
    }
}
