package io.tiderace.tests;

import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing is lost, nothing comes twice, nothing gets stuck: the short form of {@code tests/faults}. Each target sees another half of the faults, and with
 * another seed each time other places; both have processes of all three services killed under load.
 */
@Tag("long")
class FaultIT {
    private static final double MINUTES = 1;
    private static final EnumSet<FaultKind> ON_MYSQL = EnumSet.of(
            FaultKind.KILL,
            FaultKind.STORM,
            FaultKind.OWNERS,
            FaultKind.DDL,
            FaultKind.LANES,
            FaultKind.CRASH,
            FaultKind.CUT,
            FaultKind.SILENCE,
            FaultKind.CLOCK);

    @TempDir
    Path folder;

    @Test
    void faultsDoNoHarmOnTheWayToMySql() throws Exception {
        run("mysql", ON_MYSQL);
    }

    @Test
    void faultsDoNoHarmOnTheWayToTiDb() throws Exception {
        EnumSet<FaultKind> others = EnumSet.complementOf(ON_MYSQL);
        others.addAll(EnumSet.of(FaultKind.STORM, FaultKind.CRASH));
        run("tidb", others);
    }

    private void run(String target, EnumSet<FaultKind> kinds) throws Exception {
        long seed = Long.getLong("tiderace.seed", System.nanoTime());
        FaultSuite suite = new FaultSuite(target, MINUTES, seed, kinds);
        assertThat(suite.run(folder)).as("seed %d", seed).isEmpty();
        System.err.println(suite.report().table());
    }
}
