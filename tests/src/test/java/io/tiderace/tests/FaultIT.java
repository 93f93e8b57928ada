package io.tiderace.tests;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static io.tiderace.tests.FaultKind.CLOCK;
import static io.tiderace.tests.FaultKind.CRASH;
import static io.tiderace.tests.FaultKind.CUT;
import static io.tiderace.tests.FaultKind.DDL;
import static io.tiderace.tests.FaultKind.DISK;
import static io.tiderace.tests.FaultKind.HALF_OPEN;
import static io.tiderace.tests.FaultKind.OWNERS;
import static io.tiderace.tests.FaultKind.STORM;
import static io.tiderace.tests.FaultKind.ZOMBIE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing is lost, nothing comes twice, nothing gets stuck: the short form of {@code tests/faults}. Each target sees another half of the faults, and with
 * another seed each time other places; both have processes of all three services killed under load.
 */
class FaultIT {
    @TempDir
    Path folder;

    @Test
    void faultsDoNoHarmOnTheWayToMySql() throws Exception {
        run("mysql", Map.of(STORM, 1, OWNERS, 1, DDL, 1, CUT, 1, HALF_OPEN, 1, CLOCK, 1));
    }

    /** All three servers are killed. */
    @Test
    void faultsDoNoHarmOnTheWayToTiDb() throws Exception {
        run("tidb", Map.of(STORM, 1, CRASH, 3, ZOMBIE, 1, DISK, 1));
    }

    private void run(String target, Map<FaultKind, Integer> times) throws Exception {
        long seed = Long.getLong("tiderace.seed", System.nanoTime());
        FaultSuite suite = FaultSuite.once(target, seed, times);
        assertThat(suite.run(folder)).as("seed %d", seed).isEmpty();
        System.err.println(suite.report().table());
    }
}
