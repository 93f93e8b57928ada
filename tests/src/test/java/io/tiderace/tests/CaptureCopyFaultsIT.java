package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.CopyLimits;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException.SourceException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: the first copy and the stream behind it give the source, each row once, whatever the account may do and whatever happens meanwhile. Method:
 * tables of all kinds of key change while they are copied; capture is killed, the account may lock more or less, tables are altered, the source has
 * to keep too much history. The relay topic is applied by the reader's rule and compared with the source.
 */
class CaptureCopyFaultsIT {
    private static final String[] KEYED = {"numbers", "words", "pairs", "uniques"};

    @TempDir
    Path folder;

    @Test
    void killedAtAnyMomentItGoesOnWithWhatIsMissing() throws Exception {
        String schema = Servers.freshName("killed");
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        AtomicBoolean isOver = new AtomicBoolean();
        JavaProcess process = null;
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 40_000);
            Thread changes = changing(source, schema, isOver);
            process = source.process(folder.resolve("output"));
            for (int kill = 0; kill < 3; kill++) {
                int chunks = 2 + 3 * kill;
                source.readUntil(new After(Progress.CHUNK_DONE, chunks)::isReached);
                Thread.sleep(random.nextInt(300));
                process.kill();
                process.start();
            }
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            isOver.set(true);
            changes.join();
            requireEqual(source, schema, finished(source));
        } finally {
            isOver.set(true);
            if (process != null) {
                process.kill();
            }
        }
    }

    /** Which locks were tried is seen in the server's counters; that there was one moment in that the table without a key comes right. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BACKUP_ADMIN, RELOAD | true | 0",
                "RELOAD | true | 0",
                "LOCK TABLES | true | 1",
                "BACKUP_ADMIN | false | 1",
                "REPLICATION SLAVE | false | 1"
            })
    void withAnyPrivilegesItIsEqual(String privileges, boolean isExact, int tableLocks) throws Exception {
        String schema = Servers.freshName("locks");
        AtomicBoolean isOver = new AtomicBoolean();
        try (Captured source =
                new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null, "u_" + schema, "secret")) {
            prepare(source, schema, 3_000);
            if (!isExact) {
                source.execute("DROP TABLE bag");
            }
            source.execute(
                    "CREATE USER 'u_" + schema + "'@'%' IDENTIFIED BY 'secret'",
                    "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'u_" + schema + "'@'%'",
                    "GRANT " + privileges + " ON *.* TO 'u_" + schema + "'@'%'");
            Map<String, Long> before = locks(source);
            Thread changes = changing(source, schema, isOver);
            try (Connection busy = neverIdle(source)) {
                assertThat(busy.isClosed()).isFalse();
                source.begin();
                source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            }
            Thread.sleep(500);
            isOver.set(true);
            changes.join();
            List<ChangeEvent> events = finished(source);
            assertThat(locks(source))
                    .isEqualTo(Map.of(
                            "Com_lock_instance", before.get("Com_lock_instance") + 1,
                            "Com_lock_tables", before.get("Com_lock_tables") + tableLocks,
                            "Com_flush", before.get("Com_flush") + 1));
            requireEqual(source, schema, events);
        } finally {
            isOver.set(true);
        }
    }

    /** Without a lock, and with the log moving all the time, a table whose rows cannot be told apart is refused. */
    @Test
    void aKeylessTableNeedsAMoment() throws Exception {
        String schema = Servers.freshName("moment");
        AtomicBoolean isOver = new AtomicBoolean();
        try (Captured source =
                new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null, "u_" + schema, "secret")) {
            prepare(source, schema, 100);
            source.execute(
                    "CREATE USER 'u_" + schema + "'@'%' IDENTIFIED BY 'secret'",
                    "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'u_" + schema + "'@'%'");
            Thread changes = changing(source, schema, isOver);
            try (Connection busy = neverIdle(source)) {
                assertThat(busy.isClosed()).isFalse();
                source.begin();
                assertThat(source.failure()).isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.code())
                        .isEqualTo("TR-C042"));
            }
            isOver.set(true);
            changes.join();
        } finally {
            isOver.set(true);
        }
    }

    /** A session that is about to commit as far as the server knows: there is no moment without one while it is open. */
    private static Connection neverIdle(Captured source) throws SQLException {
        Connection connection = source.connect();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION gtid_next = '" + UUID.randomUUID() + ":1'");
            return connection;
        }
    }

    /** Of the statements only the first makes the server complain; all must be noticed. A part of the table is copied by then. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE words ADD COLUMN z INT DEFAULT 7 FIRST, ALGORITHM=COPY | words | false",
                "ALTER TABLE words ADD COLUMN z INT DEFAULT 7, ALGORITHM=INSTANT | words | true",
                "ALTER TABLE words RENAME COLUMN v TO w | words | false",
                "RENAME TABLE words TO gone | gone | true",
                "TRUNCATE TABLE words | words | false",
                "DROP TABLE words | words | true",
                "DROP TABLE words | | false"
            })
    void aTableThatIsAlteredIsCopiedBesideTheStream(String ddl, String after, boolean isRestarted) throws Exception {
        String schema = Servers.freshName("altered");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 8_000);
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                alterInTheMiddle(source, statement, schema, ddl, 5);
                if (after != null && ddl.startsWith("DROP")) {
                    statement.execute("CREATE TABLE words (id INT PRIMARY KEY, v VARCHAR(20), n INT)");
                    statement.execute("INSERT INTO words SELECT i, v, i FROM words_before LIMIT 9");
                } else if (after != null) {
                    statement.execute("DELETE FROM " + after + " WHERE id < '4'");
                    statement.execute("UPDATE " + after + " SET n = 'changed' WHERE id > 'c'");
                }
            }
            List<ChangeEvent> first = source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            int copied = CopiedRows.read(first, "words", 1).size();
            assertThat(copied).as("a part of the table").isBetween(1, 7_999);
            if (isRestarted) {
                source.end();
                source.begin();
            }
            if (after != null && !ddl.startsWith("DROP")) {
                source.readUntil(new After(Progress.COPY_END, 2)::isReached);
            }
            List<ChangeEvent> events = finished(source);
            requireEqual(source, schema, events, "numbers", "pairs", "uniques");
            if (after == null) {
                assertThat(StatementsApplied.of(events)).doesNotContainKey("words");
            } else {
                assertThat(StatementsApplied.of(events).getOrDefault(after, Map.of()))
                        .isEqualTo(StatementsApplied.source(source, schema, after));
            }
            awaitReportOfNoCopy(source);
        }
    }

    private static void awaitReportOfNoCopy(Captured source) throws InterruptedException {
        long until = System.nanoTime() + 10_000_000_000L;
        while (source.report() == null || source.report().copy() != null) {
            assertThat(System.nanoTime()).as("%s", source.report()).isLessThan(until);
            Thread.sleep(50);
        }
    }

    /** A lock holds the copy up in the middle of the table, before its second or third page. */
    private static void alterInTheMiddle(Captured source, Statement statement, String schema, String ddl, int others)
            throws SQLException {
        statement.execute("USE " + schema);
        statement.execute("CREATE TABLE words_before (i INT, v VARCHAR(20))");
        statement.execute("INSERT INTO words_before SELECT n, 'new' FROM numbers LIMIT 100");
        String lock = ddl.contains("twin") ? "LOCK TABLES words WRITE, twin WRITE" : "LOCK TABLES words WRITE";
        statement.execute("LOCK TABLES words WRITE");
        source.begin();
        source.readUntil(new After(Progress.TABLE_DONE, others)::isReached);
        statement.execute("UNLOCK TABLES");
        statement.execute(lock);
        statement.execute(ddl);
        statement.execute("UNLOCK TABLES");
    }

    /** The server tells tables of one second apart only by InnoDB's numbers for them. */
    @Test
    @Timeout(90)
    void aTableThatIsExchangedForOneOfTheSameSecondIsCopiedBesideTheStream() throws Exception {
        String schema = Servers.freshName("twins");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 8_000);
            makeTwins(source, schema);
            source.execute("INSERT INTO twin SELECT id, 'twin', n FROM words", "ANALYZE TABLE twin");
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                alterInTheMiddle(source, statement, schema, "RENAME TABLE words TO tmp, twin TO words, tmp TO twin", 6);
                statement.execute("UPDATE words SET n = 'w' WHERE id < '3'");
                statement.execute("UPDATE twin SET n = 't' WHERE id > 'd'");
            }
            source.readUntil(new After(Progress.COPY_END, 2)::isReached);
            Map<String, Map<String, String>> applied = StatementsApplied.of(finished(source));
            for (String table : List.of("words", "twin")) {
                assertThat(applied.get(table)).isEqualTo(StatementsApplied.source(source, schema, table));
            }
        }
    }

    private static void makeTwins(Captured source, String schema) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("USE " + schema);
            statement.execute("RENAME TABLE words TO words_old");
            int seconds = 2;
            while (seconds != 1) {
                statement.execute("DROP TABLE IF EXISTS words, twin");
                statement.execute("CREATE TABLE words LIKE words_old");
                statement.execute("CREATE TABLE twin LIKE words_old");
                try (ResultSet count = statement.executeQuery(
                        "SELECT COUNT(DISTINCT create_time) FROM information_schema.tables WHERE table_schema = '"
                                + schema + "' AND table_name IN ('words', 'twin')")) {
                    count.next();
                    seconds = count.getInt(1);
                }
            }
            statement.execute("INSERT INTO words SELECT * FROM words_old");
            statement.execute("DROP TABLE words_old");
            statement.execute("ANALYZE TABLE words");
        }
    }

    /** Tables that come and go elsewhere are none of the copy's business. */
    @Test
    @Timeout(90)
    void otherSchemasDoNotHoldTheCopyUp() throws Exception {
        String schema = Servers.freshName("calm");
        AtomicBoolean isOver = new AtomicBoolean();
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 100);
            source.execute("CREATE DATABASE " + schema + "_busy");
            Thread churn = new Thread(() -> {
                try (Connection connection = source.connect();
                        Statement statement = connection.createStatement()) {
                    statement.execute("USE " + schema + "_busy");
                    for (int i = 0; !isOver.get(); i++) {
                        statement.execute("CREATE TABLE t" + i + " (id INT)");
                        statement.execute("DROP TABLE IF EXISTS `t" + (i - 3) + "`");
                        Thread.sleep(100);
                    }
                } catch (SQLException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            churn.start();
            source.begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            isOver.set(true);
            churn.join();
        } finally {
            isOver.set(true);
        }
    }

    /** An idle source needs no lock where GTIDs prove it to be idle; where they do not, the lock that the account may take is taken. */
    @Test
    void aSourceThatOnlySeemsIdleIsLocked() throws Exception {
        String schema = Servers.freshName("seems");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 100);
            long before = locks(source).get("Com_flush");
            source.begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            assertThat(locks(source).get("Com_flush")).isEqualTo(before);
            source.end();
        }
        String owned = Servers.freshName("owned");
        try (Captured source = new Captured(Servers.source(), owned, TaskConfig.Mode.ALL, null)) {
            prepare(source, owned, 100);
            long before = locks(source).get("Com_flush");
            try (Connection busy = neverIdle(source)) {
                assertThat(busy.isClosed()).isFalse();
                source.begin();
                source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            }
            assertThat(locks(source).get("Com_flush")).isEqualTo(before + 1);
        }
        String nogtid = Servers.freshName("nogtid");
        try (MySqlServer server = MySqlServer.start("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF");
                Captured source = new Captured(server, nogtid, TaskConfig.Mode.ALL, null)) {
            prepare(source, nogtid, 100);
            long before = locks(source).get("Com_flush");
            source.begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            assertThat(locks(source).get("Com_flush")).isEqualTo(before + 1);
        }
    }

    /** As with DM: the copy's rows are no more secret than the log's, and encrypting them takes a third of the copy's CPU. */
    @Test
    void withoutSecuritySettingsNothingIsEncrypted() throws Exception {
        String schema = Servers.freshName("plain");
        try (Captured source =
                new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null, "u_" + schema, "secret")) {
            prepare(source, schema, 100);
            source.execute(
                    "CREATE USER 'u_" + schema + "'@'%' IDENTIFIED WITH caching_sha2_password BY 'secret'",
                    "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT, RELOAD ON *.* TO 'u_" + schema + "'@'%'");
            long before = encrypted(source);
            source.begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            requireEqual(source, schema, finished(source));
            assertThat(encrypted(source)).isEqualTo(before);
        }
    }

    private static long encrypted(Captured source) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW GLOBAL STATUS LIKE 'Ssl_accepts'")) {
            rows.next();
            return rows.getLong(2);
        }
    }

    /** What the broker would abort is an error that names the table; a longer limit lets it go on. */
    @Test
    @Timeout(90)
    void aTableThatTakesLongerThanATransactionMayIsNamed() throws Exception {
        String schema = Servers.freshName("slow");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 4_000);
            source.execute("INSERT INTO bag SELECT v, REPEAT('w', 20) FROM bag");
            for (int i = 0; i < 7; i++) {
                source.execute("INSERT INTO bag SELECT * FROM bag");
            }
            source.kafka("transaction.timeout.ms", "2000").begin();
            assertThat(source.failure()).isInstanceOfSatisfying(SourceException.class, e -> {
                assertThat(e.code()).isEqualTo("TR-C049");
                assertThat(e.problem()).contains(schema + ".bag");
            });
            source.execute("DELETE FROM bag WHERE v > 2");
            source.kafka("transaction.timeout.ms", "600000").begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            List<ChangeEvent> events = finished(source);
            assertThat(CopiedRows.counted(events, "bag")).isEqualTo(CopiedRows.sourceCounted(source, schema, "bag"));
        }
    }

    /** Rows that no key tells apart cannot be copied again over a part of them. */
    @Test
    void aTableWithoutPrimaryKeyThatIsAlteredInTheMiddleIsRefused() throws Exception {
        String schema = Servers.freshName("refused");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 8_000);
            source.execute(
                    "DROP TABLE words",
                    "CREATE TABLE words (id BIGINT NOT NULL, v VARCHAR(20), UNIQUE KEY (id))",
                    "INSERT INTO words SELECT id, 'x' FROM numbers",
                    "ANALYZE TABLE words");
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                alterInTheMiddle(source, statement, schema, "ALTER TABLE words ADD COLUMN z INT", 5);
            }
            assertThat(source.failure()).isInstanceOfSatisfying(SourceException.class, e -> {
                assertThat(e.code()).isEqualTo("TR-C018");
                assertThat(e.problem()).contains("words").doesNotContain("numbers");
            });
            // the cure that it names
            source.leavesOut("words").begin();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            source.end();
            source.leavesOut("none").begin();
            source.readUntil(new After(Progress.COPY_END, 2)::isReached);
            List<ChangeEvent> events = finished(source);
            requireEqual(source, schema, events, "numbers", "pairs", "uniques");
        }
    }

    /** What was altered while capture was down is not taken for what the copy began with, though its columns are the same. */
    @Test
    void aTableThatIsExchangedBetweenTwoRunsIsCopiedBesideTheStream() throws Exception {
        String schema = Servers.freshName("between");
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 8_000);
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("USE " + schema);
                statement.execute("LOCK TABLES words WRITE");
                source.begin();
                source.readUntil(new After(Progress.TABLE_DONE, 4)::isReached);
                statement.execute("UNLOCK TABLES");
                statement.execute("LOCK TABLES words WRITE");
                source.end();
                statement.execute("DELETE FROM words WHERE id < '4'");
                statement.execute("ALTER TABLE words ADD INDEX (v)");
                statement.execute("UNLOCK TABLES");
            }
            source.begin();
            source.readUntil(new After(Progress.COPY_END, 2)::isReached);
            List<ChangeEvent> events = finished(source);
            requireEqual(source, schema, events, "numbers", "pairs", "uniques");
            assertThat(StatementsApplied.of(events).get("words"))
                    .isEqualTo(StatementsApplied.source(source, schema, "words"));
        }
    }

    /** With a limit that every change passes, the copy lets go of its view again and again, and comes to its end. */
    @Test
    void aHistoryThatGrowsTooLongIsLetGo() throws Exception {
        String schema = Servers.freshName("history");
        AtomicBoolean isOver = new AtomicBoolean();
        try (Captured source = new Captured(Servers.source(), schema, TaskConfig.Mode.ALL, null)) {
            prepare(source, schema, 60_000); // seconds, so that there is time to look
            Thread changes = changing(source, schema, isOver);
            source.limits(new CopyLimits(30, 0, List.of())).begin();
            List<String> reasons = new ArrayList<>();
            Thread watch = new Thread(() -> {
                while (!isOver.get()) {
                    StatusReport report = source.report();
                    if (report != null && report.waitingFor() != null) {
                        reasons.add(report.waitingFor());
                    }
                    try {
                        Thread.sleep(50);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            watch.start();
            source.readUntil(new After(Progress.COPY_END, 1)::isReached);
            isOver.set(true);
            watch.join();
            changes.join();
            assertThat(reasons).anyMatch(reason -> reason.matches("the source's history list is \\d+ long, .*"));
            requireEqual(source, schema, finished(source));
        } finally {
            isOver.set(true);
        }
    }

    /** True from the n-th progress record of a kind on. */
    private static final class After {
        private final Progress kind;
        private int left;

        After(Progress kind, int count) {
            this.kind = kind;
            left = count;
        }

        boolean isReached(ChangeEvent event) {
            return event instanceof SnapshotProgress progress && progress.progress() == kind && --left == 0;
        }
    }

    private static List<ChangeEvent> finished(Captured source) throws SQLException {
        source.execute("CREATE TABLE done (id int)");
        return source.readUntil(event ->
                event instanceof SchemaChange change && change.statement().contains("TABLE done"));
    }

    private static void requireEqual(Captured source, String schema, List<ChangeEvent> events) throws SQLException {
        requireEqual(source, schema, events, KEYED);
    }

    private static void requireEqual(Captured source, String schema, List<ChangeEvent> events, String... keyed)
            throws SQLException {
        for (String table : keyed) {
            int keyColumns = table.equals("pairs") ? 2 : 1;
            assertThat(CopiedRows.read(events, table, keyColumns))
                    .as("rows of %s that the copy read", table)
                    .doesNotHaveDuplicates();
            assertThat(CopiedRows.applied(events, table, keyColumns))
                    .as(table)
                    .isEqualTo(CopiedRows.source(source, schema, table, keyColumns));
        }
        if (events.stream()
                .anyMatch(event -> event instanceof SnapshotProgress progress
                        && progress.table() != null
                        && progress.table().table().equals("bag"))) {
            assertThat(CopiedRows.counted(events, "bag")).isEqualTo(CopiedRows.sourceCounted(source, schema, "bag"));
        }
    }

    private static Map<String, Long> locks(Captured source) throws SQLException {
        Map<String, Long> result = new java.util.HashMap<>();
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SHOW GLOBAL STATUS WHERE variable_name IN ('Com_lock_instance', 'Com_lock_tables', 'Com_flush')")) {
            while (rows.next()) {
                result.put(rows.getString(1), rows.getLong(2));
            }
        }
        return result;
    }

    private static void prepare(Captured source, String schema, int rows) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
        }
        source.execute(
                "SET SESSION cte_max_recursion_depth = 1000000",
                "CREATE TABLE numbers (id BIGINT PRIMARY KEY, v VARCHAR(200), n INT)",
                // most keys close together, the rest far apart
                "INSERT INTO numbers WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < " + rows
                        + ") SELECT IF(i % 10, i, -i * i), repeat('x', i % 150), i FROM s",
                "CREATE TABLE words (id VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY, v VARCHAR(200), n VARCHAR(200))",
                "INSERT INTO words SELECT CONCAT(MD5(n), IF(n % 2, 'ü', 'U')), v, v FROM numbers",
                "CREATE TABLE pairs (a VARCHAR(20), b DECIMAL(12,2), n INT, PRIMARY KEY (a, b DESC))",
                "INSERT INTO pairs SELECT CONCAT('é', n % 7), n / 4, n FROM numbers",
                "CREATE TABLE uniques (id BIGINT UNSIGNED NOT NULL, n INT, UNIQUE KEY (id))",
                "INSERT INTO uniques SELECT 18446744073709551615 - n * n, n FROM numbers",
                "CREATE TABLE bag (v INT, w VARCHAR(20))",
                "INSERT INTO bag SELECT n % 1000, 'w' FROM numbers LIMIT 3000",
                "ANALYZE TABLE numbers, words, pairs, uniques, bag");
    }

    private static Thread changing(Captured source, String schema, AtomicBoolean isOver) {
        Thread thread = new Thread(() -> {
            try (Connection connection = source.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("USE " + schema);
                boolean hasBag;
                try (ResultSet tables = statement.executeQuery("SHOW TABLES LIKE 'bag'")) {
                    hasBag = tables.next();
                }
                connection.setAutoCommit(false);
                for (int i = 0; !isOver.get(); i++) {
                    Thread.sleep(4);
                    int n = i * 7919 % 3000 + 1;
                    statement.execute("UPDATE numbers SET n = n + 1 WHERE id = " + n);
                    statement.execute("DELETE FROM numbers WHERE id = " + i * 104_729L % 3000);
                    statement.execute(
                            "INSERT IGNORE INTO numbers VALUES (" + (i * 31L % 50_000) + ", 'new', " + i + ")");
                    statement.execute("UPDATE words SET v = 'live' WHERE id = CONCAT(MD5(" + n + "), '"
                            + (n % 2 == 1 ? "ü" : "U") + "')");
                    statement.execute("UPDATE pairs SET n = n + 1 WHERE a = 'é" + i % 7 + "' LIMIT 2");
                    if (hasBag) {
                        statement.execute("INSERT INTO bag VALUES (" + i % 1000 + ", 'live')");
                        statement.execute("DELETE FROM bag WHERE v = " + i % 997 + " LIMIT 1");
                    }
                    connection.commit();
                }
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        thread.start();
        return thread;
    }
}
