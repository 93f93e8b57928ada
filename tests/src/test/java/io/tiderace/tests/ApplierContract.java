package io.tiderace.tests;

import io.tiderace.applier.AppliedPosition;
import io.tiderace.applier.ApplierService;
import io.tiderace.applier.CheckpointReader;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.TargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: the applier brings an apply topic into a real target, whole and once, through everything that may happen on the way. Method: the test
 * writes the topic and keeps a model of the source; at the end the target's tables equal the model.
 */
abstract class ApplierContract {
    private static final long WAIT_MS = 60_000;

    String task;
    String schema;
    private ServiceConfig config;
    ApplyTopic topic;
    private final List<Running> running = new ArrayList<>();
    private final ConcurrentLinkedQueue<StatusReport> reports = new ConcurrentLinkedQueue<>();

    abstract String jdbcUrl();

    abstract String host();

    abstract int port();

    @BeforeEach
    void prepare() throws Exception {
        task = Servers.freshName("apply'Task");
        schema = Servers.freshName("apply_");
        config = new ServiceConfig(
                "tiderace.",
                Servers.kafkaProperties(),
                Servers.registryProperties(),
                1,
                ServiceConfig.DEFAULT_RELAY_RETENTION_MS,
                ServiceConfig.DEFAULT_MAX_MESSAGE_BYTES,
                "test",
                Path.of("unused"),
                CopyLimits.DEFAULT);
        topic = new ApplyTopic(config, task, "s1");
        sql("CREATE DATABASE " + schema);
    }

    @AfterEach
    void tidy() throws Exception {
        for (Running service : running) {
            service.service.stop();
            service.thread.join(10_000);
        }
        topic.close();
        sql("DROP DATABASE " + schema);
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
    void aTransactionAboveTheLimitComesInPieces() throws Exception {
        TableStructure bare = create("huge", "", new String[][] {{"a", "int"}, {"c", "varchar(20)"}});
        int rows = 120_000;
        for (int i = 0; i < rows; i++) {
            topic.insert(bare, i, "row");
        }
        topic.commit();
        topic.insert(bare, -1, "after");
        topic.commit();
        topic.flush();
        Running applier = start(4, false);
        while (!metaExists()
                || query("SELECT 1 FROM tiderace_meta.checkpoint WHERE task = " + quoted(task)
                                + " AND applied_ranges LIKE '1#%'")
                        .isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        applier.stop();
        applyAll(2);
        assertThat(query("SELECT COUNT(*), SUM(a) FROM " + schema + ".huge"))
                .containsExactly((rows + 1) + "|" + ((long) rows * (rows - 1) / 2 - 1));
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

    // ------------------------------------------------------------------------------------------------ the test's own
    // tools

    /** What the source did, random and valid, and what its tables hold. */
    final class History {
        private final TableStructure keyed;
        private final TableStructure bare;
        private final Random random;
        private final Map<String, Object[]> rows = new TreeMap<>();
        private final List<Object[]> bareRows = new ArrayList<>();

        History(TableStructure keyed, TableStructure bare, long seed) {
            this.keyed = keyed;
            this.bare = bare;
            this.random = new Random(seed);
            System.err.println("seed " + seed);
        }

        void transaction() {
            for (int i = random.nextInt(6); i >= 0; i--) {
                change();
            }
            topic.commit();
        }

        private void change() {
            int kind = random.nextInt(12);
            if (kind == 0) {
                Object[] row = {random.nextInt(3), random.nextInt(3) / 10f, random.nextBoolean() ? "a" : "A"};
                bareRows.add(row);
                topic.insert(bare, row);
            } else if (kind == 1 && !bareRows.isEmpty()) {
                topic.delete(bare, bareRows.remove(random.nextInt(bareRows.size())));
            } else if (kind == 2 && !bareRows.isEmpty()) {
                int index = random.nextInt(bareRows.size());
                Object[] after = {random.nextInt(3), null, "b"};
                topic.update(bare, bareRows.set(index, after), after);
            } else {
                keyed(kind);
            }
        }

        private void keyed(int kind) {
            String key = "key" + random.nextInt(60);
            key = random.nextInt(4) == 0 ? key.toUpperCase(java.util.Locale.ROOT) : key;
            Integer unique = random.nextInt(5) == 0 ? null : random.nextInt(80);
            Object[] after = {key, unique, random.nextInt()};
            String folded = key.toLowerCase(java.util.Locale.ROOT);
            if (kind < 8 || rows.isEmpty()) {
                if (!rows.containsKey(folded) && !isTaken(unique, null)) {
                    rows.put(folded, after);
                    topic.insert(keyed, after);
                }
                return;
            }
            String some = new ArrayList<>(rows.keySet()).get(random.nextInt(rows.size()));
            Object[] before = rows.get(some);
            if (kind == 8) {
                rows.remove(some);
                topic.delete(keyed, before);
            } else if ((folded.equals(some) || !rows.containsKey(folded)) && !isTaken(unique, some)) {
                rows.remove(some);
                rows.put(folded, after);
                topic.update(keyed, before, after);
            }
        }

        private boolean isTaken(Integer unique, String exceptKey) {
            return unique != null
                    && rows.entrySet().stream()
                            .anyMatch(row -> unique.equals(row.getValue()[1])
                                    && !row.getKey().equals(exceptKey));
        }

        void assertEqual() throws SQLException {
            assertThat(query("SELECT k, u, v FROM " + keyed.name().quoted()))
                    .containsExactlyInAnyOrderElementsOf(
                            rows.values().stream().map(ApplierContract::text).toList());
            assertThat(query("SELECT a, f, c FROM " + bare.name().quoted()))
                    .containsExactlyInAnyOrderElementsOf(
                            bareRows.stream().map(ApplierContract::text).toList());
        }
    }

    private static String text(Object[] row) {
        return String.join("|", Arrays.stream(row).map(String::valueOf).toList());
    }

    TableStructure create(String name, String keys, String[][] columns) throws SQLException {
        StringBuilder sql = new StringBuilder("CREATE TABLE " + schema + "." + name + " (");
        for (int i = 0; i < columns.length; i++) {
            sql.append(i == 0 ? "" : ", ").append(columns[i][0]).append(' ').append(columns[i][1]);
            sql.append(i == 0 && !keys.isEmpty() ? " NOT NULL" : " NULL");
        }
        sql.append(keys.isEmpty() ? "" : ", " + keys);
        sql(sql + ") DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci");
        return structure(name, keys.isEmpty() ? null : columns[0][0], columns);
    }

    TableStructure structure(String name, String key, String[][] columns) {
        List<Column> list = new ArrayList<>();
        for (String[] column : columns) {
            list.add(new Column(column[0], MySqlType.parse(column[1]), null, null, !column[0].equals(key), false));
        }
        return new TableStructure(new TableName(schema, name), list, key == null ? List.of() : List.of(key));
    }

    TaskConfig task(TaskConfig.Apply apply) {
        return task(apply, false, new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of(), null));
    }

    TaskConfig task(int lanes, boolean full, DatabaseConfig target) {
        return task(new TaskConfig.Apply(lanes, false), full, target);
    }

    private TaskConfig task(TaskConfig.Apply apply, boolean full, DatabaseConfig target) {
        TaskConfig.Instance instance = new TaskConfig.Instance("s1", null, null, null, new TaskConfig.Copy(1), apply);
        return new TaskConfig(
                task,
                full ? TaskConfig.Mode.FULL : TaskConfig.Mode.ALL,
                "tiderace_meta",
                target,
                List.of(),
                List.of(instance));
    }

    Running start(int lanes, boolean full) {
        return start(task(lanes, full, new DatabaseConfig(host(), port(), "root", new Secret(""), Map.of(), null)));
    }

    Running start(TaskConfig taskConfig) {
        SourceConfig source = new SourceConfig("s1", SourceConfig.Flavor.MYSQL, 0, true, false, taskConfig.target());
        Running started = new Running(new ApplierService(config, List.of(source), taskConfig, reports::add));
        running.add(started);
        started.thread.start();
        return started;
    }

    static final class Running {
        private final ApplierService service;
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread thread;

        Running(ApplierService service) {
            this.service = service;
            this.thread = new Thread(() -> {
                try {
                    service.run();
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
        }

        void stop() throws InterruptedException {
            long startedAt = System.nanoTime();
            service.stop();
            thread.join(20_000);
            assertThat(thread.isAlive()).isFalse();
            assertThat(failure.get()).isNull();
            assertThat(System.nanoTime() - startedAt).isLessThan(TimeUnit.SECONDS.toNanos(6));
        }
    }

    /** Applies all that was written, then stops. */
    void applyAll(int lanes) throws Exception {
        topic.flush();
        Running applier = start(lanes, false);
        awaitTxn(topic.txn());
        applier.stop();
    }

    static Throwable failureOf(Running applier) throws InterruptedException {
        applier.thread.join(WAIT_MS);
        return applier.failure.get();
    }

    void awaitTxn(long txn) throws Exception {
        long deadline = System.currentTimeMillis() + WAIT_MS;
        String query = "SELECT COALESCE(MAX(low_txn), 0) FROM tiderace_meta.checkpoint WHERE task = " + quoted(task);
        while (System.currentTimeMillis() < deadline) {
            for (Running service : running) {
                if (service.thread.isAlive() && service.failure.get() != null) {
                    throw new AssertionError("applier failed", service.failure.get());
                }
            }
            if (metaExists() && Long.parseLong(query(query).get(0)) >= txn) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        Throwable last = running.get(running.size() - 1).failure.get();
        throw new AssertionError("not applied in time: " + query("SELECT * FROM tiderace_meta.checkpoint"), last);
    }

    private boolean metaExists() throws SQLException {
        return !query(
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'tiderace_meta' AND table_name = 'checkpoint'")
                .isEmpty();
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    List<String> query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SET time_zone = '+00:00'");
            List<String> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(sql)) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        row.add(String.valueOf(rows.getString(i)));
                    }
                    result.add(String.join("|", row));
                }
            }
            return result;
        }
    }
}
