package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Op;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: no transaction is too large, and no place in a file too far. Method: a reader that follows the reader's rule counts and adds up what comes; the
 * process has 1 GiB for capture, Kafka and itself.
 */
class CaptureLargeIT {
    private static final int ROWS = 1_000_000;
    /** Each update of them all logs 256 MiB, before and after images of 1 MiB each. */
    private static final int BLOBS = 128;

    private static final int UPDATES = 17;

    private static final Duration ENOUGH = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private long inserts;
    private long updates;
    private long deletes;
    private long idSum;
    private final List<Commit> commits = new ArrayList<>();

    private void count(ChangeEvent event) {
        if (event instanceof Commit commit) {
            commits.add(commit);
        } else if (event instanceof RowChange row) {
            Object[] image = row.op() == Op.DELETE ? row.before() : row.after();
            idSum += (Integer) image[0];
            inserts += row.op() == Op.INSERT ? 1 : 0;
            updates += row.op() == Op.UPDATE ? 1 : 0;
            deletes += row.op() == Op.DELETE ? 1 : 0;
        }
    }

    @Test
    void aMillionRowsPlainAndCompressed() throws Exception {
        try (MySqlServer server = MySqlServer.start("--max-allowed-packet=1G");
                CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.reader().listen(this::count);
            stand.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT, pad VARCHAR(100))");
            stand.start();
            stand.execute(
                    "SET SESSION cte_max_recursion_depth = 1000000",
                    "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                            + ") SELECT i, i, REPEAT('z', 20) FROM n",
                    "SET SESSION binlog_transaction_compression = ON",
                    "DELETE FROM t");
            long payloads = stand.query("SHOW BINLOG EVENTS").stream()
                    .filter(event -> event.get(2).equals("Transaction_payload"))
                    .count();
            assertThat(payloads).as("compressed transactions").isEqualTo(1);
            stand.readAll(ENOUGH);
            assertThat(inserts).isEqualTo(ROWS);
            assertThat(deletes).isEqualTo(ROWS);
            assertThat(idSum).isEqualTo((long) ROWS * (ROWS + 1));
            assertThat(commits).extracting(Commit::rows).contains((long) ROWS);
        }
    }

    /** Writes 9 GiB to the disk and takes them away again. */
    @Test
    @Tag("long")
    void aTransactionAndAFileBeyondFourGibibytes() throws Exception {
        try (MySqlServer server = MySqlServer.start(
                        "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--max-allowed-packet=64M");
                CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port());
                CaptureStand later = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.reader().listen(this::count);
            stand.execute(
                    "CREATE TABLE b (id INT PRIMARY KEY, v INT, doc LONGBLOB)",
                    "SET SESSION cte_max_recursion_depth = 1000000",
                    "INSERT INTO b WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + BLOBS
                            + ") SELECT i, 0, REPEAT('z', 1048576) FROM n");
            later.execute("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)");
            stand.start();
            stand.execute("BEGIN");
            for (int i = 0; i < UPDATES; i++) {
                stand.execute("UPDATE b SET v = v + 1");
            }
            stand.execute("COMMIT");
            later.execute("INSERT INTO t VALUES (2)");
            stand.readAll(ENOUGH);
            assertThat(updates).isEqualTo(BLOBS * UPDATES);
            Commit huge = commits.stream()
                    .filter(commit -> commit.rows() == BLOBS * UPDATES)
                    .findFirst()
                    .orElseThrow();
            assertThat(huge.pos()).isGreaterThan(1L << 32);
            long size = stand.query("SHOW BINARY LOGS").stream()
                    .filter(file -> file.get(0).equals(huge.file()))
                    .mapToLong(file -> Long.parseLong(file.get(1)))
                    .sum();
            assertThat(size - huge.pos())
                    .as("after it there is only the next file's name")
                    .isBetween(0L, 100L);

            later.start(later.source().from(new TaskConfig.Start(huge.file(), huge.pos(), null)));
            RelayReader relay = later.readAll(ENOUGH);
            assertThat(relay.rows("t")).extracting(row -> row.after()[0]).containsExactly(2);
        }
    }
}
